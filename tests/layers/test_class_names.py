import keras
import numpy as np
import pytest
from kerasdl.layers import ClassNames


def test_inputs_pass_unchanged_and_names_are_kept():
    layer = ClassNames(["a", "b"])
    assert np.array_equal(layer(np.array([[0.25, 0.75]])), [[0.25, 0.75]])
    assert keras.layers.deserialize(keras.layers.serialize(layer)).names == ("a", "b")


def test_a_wrong_number_of_names():
    with pytest.raises(ValueError, match=r"Received: 2 names for inputs of \(1, 3\)"):
        ClassNames(["a", "b"])(np.zeros((1, 3)))
