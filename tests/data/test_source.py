import numpy as np
import tensorflow as tf
from kerasdl.data.source import array_source


def test_taken_samples_are_loaded_by_their_new_index():
    pictures = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1)
    taken = array_source(pictures, np.arange(6), list("abcdef")).take(np.array([4, 1]))
    assert (taken.names, taken.labels.tolist()) == (["e", "b"], [4, 1])
    assert taken.load(tf.constant([1, 0], tf.int64)).numpy().ravel().tolist() == [1, 4]
