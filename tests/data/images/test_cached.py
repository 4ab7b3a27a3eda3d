import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.images.cached import cached
from kerasdl.data.images.stores import EncodedStore
from kerasdl.errors import BadInput

from tests.data.images.pictures import PIXELS, encoded
from tests.data.images.test_stores import rows, store


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_cached_images_are_the_same_and_read_once(where, files, tmp_path, monkeypatch):
    place = "memory" if where == "memory" else tmp_path / "cache"

    def make():
        return cached(store(files), np.array([0, 3, 1]), (16, 24), place)

    made, transforms = make(), tf.eye(3, batch_shape=[2])
    expected = store(files).fitted(rows(3, 1), (16, 24))
    other = store(files).fitted(rows(3, 1), (8, 8))
    if where == "disk":
        monkeypatch.setattr(EncodedStore, "fitted", lambda *_: pytest.fail("read again"))
        made = make()
        monkeypatch.undo()
    assert np.array_equal(made.fitted(rows(1, 2), (16, 24)), expected)
    assert np.array_equal(made.resampled(rows(1, 2), transforms, (16, 24)), expected)
    # Other sizes are read from the files.
    assert np.array_equal(made.fitted(rows(1, 2), (8, 8)), other)
    assert made.resampled(rows(1, 2), transforms, (8, 8)).shape == (2, 8, 8, 3)
    assert (made.can_fail((16, 24)), made.can_fail((8, 8))) == (False, True)


def test_larger_cached_images_keep_what_a_zoom_shows(files):
    """Without a zoom they are sampled at 16 pixels of 20, zoomed in by 1.25 their own pixels are seen."""
    made = cached(store(files), np.array([2, 0]), (16, 24), "memory", margin=1.25)
    larger = store(files).fitted(rows(0), (20, 30))
    zoomed = tf.constant(np.diag([0.8, 0.8, 1.0])[None], tf.float32)
    assert np.array_equal(made.resampled(rows(1), zoomed, (16, 24))[0], larger[0, 2:18, 3:27])
    # Validation, and whatever is not augmented, is exact: read from the file.
    assert np.array_equal(made.fitted(rows(1), (16, 24)), store(files).fitted(rows(0), (16, 24)))
    assert made.can_fail((16, 24))


def test_a_cache_on_disk_is_not_used_after_files_changed(files, tmp_path):
    def make():
        return cached(store(files), np.arange(4), (16, 24), tmp_path / "cache")

    first = make()
    (tmp_path / files[0]).write_bytes(encoded(255 - PIXELS[0]))
    second = make()
    assert len(list((tmp_path / "cache").iterdir())) == 2
    difference = first.fitted(rows(0, 1), (16, 24)).numpy() != second.fitted(rows(0, 1), (16, 24)).numpy()
    assert (difference[0].any(), difference[1].any()) == (True, False)


def test_a_file_that_does_not_decode_is_named_and_leaves_no_cache(files, tmp_path):
    (tmp_path / files[2]).write_bytes(encoded(PIXELS[2])[:-40])
    with pytest.raises(BadInput, match=f"Cannot be read or decoded: {files[2]}: Damaged or cut short"):
        cached(store(files), np.array([3, 2]), (16, 24), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
