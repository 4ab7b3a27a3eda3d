import numpy as np
import tensorflow as tf
from kerasdl.data.decode import decode
from kerasdl.data.stores import ArrayStore, EncodedStore
from kerasdl.layers import FitImage

from tests.data.pictures import PIXELS, turned


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
