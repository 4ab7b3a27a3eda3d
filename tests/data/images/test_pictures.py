import numpy as np
import tensorflow as tf
from kerasdl.data.images.pictures import Pictures
from kerasdl.data.images.stores import ArrayStore

from tests.data.images.pictures import PIXELS
from tests.data.images.test_stores import rows


def test_taken_pictures_are_loaded_by_their_new_index():
    pictures = Pictures(list("abcd"), np.arange(4), ArrayStore(PIXELS), np.arange(4)).take(np.array([3, 1]))
    source = pictures.source((30, 47))
    assert (source.names, source.labels.tolist()) == (["d", "b"], [3, 1])
    assert np.array_equal(source.load(rows(1, 0)), PIXELS[[1, 3]])
    assert np.array_equal(source.load(rows(1), lambda size: tf.eye(3)[None]), PIXELS[[1]])
