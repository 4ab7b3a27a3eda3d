import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.images.cached import cached_in_memory, cached_on_disk
from kerasdl.data.images.stores import EncodedStore
from kerasdl.errors import BadInput

from tests.data.images.pictures import PIXELS, encoded
from tests.data.images.test_stores import rows, store


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_cached_images_are_the_same_and_read_once(where, files, tmp_path, monkeypatch):
    def make():
        if where == "memory":
            return cached_in_memory(store(files), 4, (16, 24))
        return cached_on_disk(store(files), 4, (16, 24), tmp_path / "cache")

    cached, transforms = make(), tf.eye(3, batch_shape=[2])
    expected = store(files).fitted(rows(3, 1), (16, 24))
    other = store(files).fitted(rows(3, 1), (8, 8))
    if where == "disk":
        monkeypatch.setattr(EncodedStore, "fitted", lambda *_: pytest.fail("read again"))
        cached = make()
        monkeypatch.undo()
    assert np.array_equal(cached.fitted(rows(3, 1), (16, 24)), expected)
    assert np.array_equal(cached.resampled(rows(3, 1), transforms, (16, 24)), expected)
    # Other sizes are read from the files.
    assert np.array_equal(cached.fitted(rows(3, 1), (8, 8)), other)
    assert cached.resampled(rows(3, 1), transforms, (8, 8)).shape == (2, 8, 8, 3)
    assert (cached.can_fail((16, 24)), cached.can_fail((8, 8))) == (False, True)


def test_a_cache_on_disk_is_not_used_after_files_changed(files, tmp_path):
    first = cached_on_disk(store(files), 4, (16, 24), tmp_path / "cache")
    (tmp_path / files[0]).write_bytes(encoded(255 - PIXELS[0]))
    second = cached_on_disk(store(files), 4, (16, 24), tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 2
    difference = first.fitted(rows(0, 1), (16, 24)).numpy() != second.fitted(rows(0, 1), (16, 24)).numpy()
    assert (difference[0].any(), difference[1].any()) == (True, False)


def test_a_file_that_does_not_decode_is_named_and_leaves_no_cache(files, tmp_path):
    (tmp_path / files[2]).write_bytes(encoded(PIXELS[2])[:-40])
    with pytest.raises(BadInput, match=f"Cannot be read or decoded: {files[2]}: Damaged or cut short"):
        cached_on_disk(store(files), 4, (16, 24), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
