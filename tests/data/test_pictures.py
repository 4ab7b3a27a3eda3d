import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.decode import decode
from kerasdl.data.pictures import ArrayStore, EncodedStore, Pictures, kept_in_memory, kept_on_disk
from kerasdl.errors import BadInput
from kerasdl.layers import FitImage

from tests.data.pictures import encoded, turned

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 30, 47, 3), dtype=np.uint8)


@pytest.fixture
def files(tmp_path):
    paths = [str(tmp_path / f"{index}.png") for index in range(4)]
    for path, pixels in zip(paths, PIXELS, strict=True):
        (tmp_path / path).write_bytes(encoded(pixels))
    return paths


def store(files):
    return EncodedStore(files, files, channels=3, background=255, are_files=True)


def rows(*indices):
    return tf.constant(indices, tf.int64)


def test_fitted_pictures_are_those_of_the_layer_that_an_exported_model_has(files):
    expected = FitImage(16, 24)(PIXELS[[2, 0]])
    assert np.array_equal(store(files).fitted(rows(2, 0), (16, 24)), expected)
    assert np.array_equal(ArrayStore(PIXELS).fitted(rows(2, 0), (16, 24)), expected)


def test_fitted_pictures_are_upright():
    file = turned(PIXELS[0], 6, quality=95)
    fitted = EncodedStore([file], ["it"], channels=3, background=255, are_files=False).fitted(rows(0), (47, 30))
    assert np.array_equal(fitted[0], decode(file, channels=3))


def test_the_first_shape_is_that_of_the_first_picture_with_one(files, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    assert store([str(tmp_path / "bad.png"), *files]).first_shape == (30, 47)
    assert store([str(tmp_path / "bad.png")]).first_shape == (128, 128)


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_kept_pictures_are_the_same_and_read_once(where, files, tmp_path, monkeypatch):
    def keep():
        if where == "memory":
            return kept_in_memory(store(files), 4, (16, 24))
        return kept_on_disk(store(files), files, (16, 24), tmp_path / "cache", 255)

    kept, transforms = keep(), tf.eye(3, batch_shape=[2])
    expected = store(files).fitted(rows(3, 1), (16, 24))
    other = store(files).fitted(rows(3, 1), (8, 8))
    if where == "disk":
        monkeypatch.setattr(EncodedStore, "fitted", lambda *_: pytest.fail("read again"))
        kept = keep()
        monkeypatch.undo()
    assert np.array_equal(kept.fitted(rows(3, 1), (16, 24)), expected)
    assert np.array_equal(kept.seen(rows(3, 1), transforms, (16, 24)), expected)
    # At another size they come from the files.
    assert np.array_equal(kept.fitted(rows(3, 1), (8, 8)), other)
    assert kept.seen(rows(3, 1), transforms, (8, 8)).shape == (2, 8, 8, 3)
    assert (kept.can_fail((16, 24)), kept.can_fail((8, 8))) == (False, True)


def test_a_cache_on_disk_is_not_used_for_files_that_changed(files, tmp_path):
    first = kept_on_disk(store(files), files, (16, 24), tmp_path / "cache", 255)
    (tmp_path / files[0]).write_bytes(encoded(255 - PIXELS[0]))
    second = kept_on_disk(store(files), files, (16, 24), tmp_path / "cache", 255)
    assert len(list((tmp_path / "cache").iterdir())) == 2
    difference = first.fitted(rows(0, 1), (16, 24)).numpy() != second.fitted(rows(0, 1), (16, 24)).numpy()
    assert (difference[0].any(), difference[1].any()) == (True, False)


def test_a_file_that_does_not_decode_is_named_while_keeping_and_leaves_no_cache(files, tmp_path):
    (tmp_path / files[2]).write_bytes(encoded(PIXELS[2])[:-40])
    with pytest.raises(BadInput, match=f"Cannot be read or decoded: {files[2]}: Damaged or cut short"):
        kept_on_disk(store(files), files, (16, 24), tmp_path / "cache", 255)
    assert list((tmp_path / "cache").iterdir()) == []


def test_taken_pictures_are_loaded_by_their_new_index():
    pictures = Pictures(list("abcd"), np.arange(4), ArrayStore(PIXELS), np.arange(4)).take(np.array([3, 1]))
    source = pictures.source((30, 47))
    assert (source.names, source.labels.tolist()) == (["d", "b"], [3, 1])
    assert np.array_equal(source.load(rows(1, 0)), PIXELS[[1, 3]])
    assert np.array_equal(source.view(rows(1), tf.eye(3)[None]), PIXELS[[1]])
