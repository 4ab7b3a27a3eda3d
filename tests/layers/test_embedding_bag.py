import keras
import numpy as np
from kerasdl.layers import EmbeddingBag


def test_mean_of_the_numbers_that_are_not_zero():
    bag = EmbeddingBag(4, 2)
    bag.build(None)
    bag.set_weights([np.array([[9, 9], [1, 2], [3, 4], [5, 0]])])
    means = bag(np.array([[1, 0, 3], [2, 0, 0], [0, 0, 0]]))
    assert means.numpy().tolist() == [[3, 1], [3, 4], [0, 0]]


def test_means_of_many_numbers_do_not_overflow_half_precision():
    bag = EmbeddingBag(2, 1, embeddings_initializer=keras.initializers.Constant(100.0), dtype="mixed_float16")
    means = bag(np.ones((1, 5000), "int32"))
    assert (means.dtype.name, means.numpy().tolist()) == ("float16", [[100.0]])
