import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.images.decoding.decode import decode
from kerasdl.data.images.stores import ArrayStore, EncodedStore
from kerasdl.errors import BadInput
from kerasdl.layers import FitImage

from tests.data.images.pictures import PIXELS, turned


def store(files):
    return EncodedStore(files, files, channels=3, background=255, are_files=True)


def rows(*indices):
    return tf.constant(indices, tf.int64)


def test_fitted_images_equal_the_layer_of_exported_models(files):
    expected = FitImage(16, 24)(PIXELS[[2, 0]])
    assert np.array_equal(store(files).fitted(rows(2, 0), (16, 24)), expected)
    assert np.array_equal(ArrayStore(PIXELS).fitted(rows(2, 0), (16, 24)), expected)


def test_fitted_images_are_upright():
    file = turned(PIXELS[0], 6, quality=95)
    fitted = EncodedStore([file], ["it"], channels=3, background=255, are_files=False).fitted(rows(0), (47, 30))
    assert np.array_equal(fitted[0], decode(file, channels=3))


def test_the_first_shape_skips_files_without_a_valid_header(files, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    assert store([str(tmp_path / "bad.png"), *files]).first_shape == (30, 47)
    assert store([str(tmp_path / "bad.png")]).first_shape == (128, 128)


def test_the_key_of_files_depends_on_rows_size_channels_and_background(files):
    def key(channels=3, background=255, size=(8, 8), which=(0, 1)):
        made = EncodedStore(files, files, channels=channels, background=background, are_files=True)
        return made.identity(np.array(which), size)

    changes = [{}, {"channels": 1}, {"background": 0}, {"size": (8, 9)}, {"which": (1, 0)}, {"which": (0,)}]
    assert len({key(**change) for change in changes}) == len(changes)
    assert key() == key()


def test_the_key_of_arrays_depends_on_shape_and_pixels():
    pixels = np.zeros((2, 4, 6, 3), np.uint8)
    keys = {
        ArrayStore(each).identity(np.array([0]), (4, 6)) for each in (pixels, pixels + 1, pixels.reshape(2, 6, 4, 3))
    }
    assert len(keys) == 3


def test_a_missing_file_is_named(files):
    with pytest.raises(BadInput, match=r"gone.png cannot be read: No such file.*Received: 'gone.png'"):
        EncodedStore(["gone.png"], ["gone.png"], channels=3, background=0, are_files=True).identity(
            np.array([0]), (8, 8)
        )
