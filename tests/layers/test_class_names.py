import keras
import numpy as np
import pytest
from kerasdl.layers import ClassNames


def test_identity_with_serialized_names():
    layer = ClassNames(["a", "b"])
    assert np.array_equal(layer(np.array([[0.25, 0.75]])), [[0.25, 0.75]])
    assert keras.layers.deserialize(keras.layers.serialize(layer)).names == ("a", "b")


def test_wrong_number_of_names():
    with pytest.raises(ValueError, match=r"one name per column.*Received: 2 names for inputs of \(1, 3\)"):
        ClassNames(["a", "b"])(np.zeros((1, 3)))
