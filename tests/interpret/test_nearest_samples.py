import keras
import numpy as np
import pytest
from keras import layers
from kerasdl.errors import BadInput
from kerasdl.interpret import embeddings, nearest_samples

from tests.interpret import planted


def test_embeddings_are_what_enters_the_last_layer_with_weights():
    model, images = planted.nested(), planted.images()
    found = embeddings(model, [(images[:3], None), (images[3:], None)])
    assert found.shape == (4, 2)
    assert found == pytest.approx(model(images).numpy() / 20, abs=1e-6)


def test_the_outputs_of_a_layer_are_averaged_over_positions():
    model, images = planted.sequential(), planted.images()
    maps = embeddings(model, [(images, None)], "colors")
    assert maps == pytest.approx(embeddings(model, iter([(images, None)])), abs=1e-6)


def test_samples_of_the_same_class_are_neighbours():
    found = nearest_samples(embeddings(planted.resnet(), [(planted.images(), None)]), [0, 1], count=1)
    assert found == {0: [(2, pytest.approx(1))], 1: [(3, pytest.approx(1))]}


def test_neighbours_by_hand():
    features = np.array([[1, 0], [4, 3], [0, 0], [-2, 0], [8, 6]])
    near = [(1, pytest.approx(0.8)), (4, pytest.approx(0.8)), (2, 0), (3, -1)]
    assert nearest_samples(features, np.array([0])) == {0: near}
    assert nearest_samples(features, [2], count=2) == {2: [(0, 0), (1, 0)]}


def test_bad_input():
    with pytest.raises(BadInput, match=r"There are 2 samples, from 0. Received: chosen=\[2, -1\]"):
        nearest_samples(np.ones((2, 3)), [0, 2, -1])
    with pytest.raises(BadInput, match="an empty dataset"):
        embeddings(planted.sequential(), [])
    with pytest.raises(BadInput, match="No layer of the model has weights: pass layer"):
        embeddings(keras.Sequential([keras.Input((3,)), layers.ReLU()]), [(np.ones((2, 3)), None)])
