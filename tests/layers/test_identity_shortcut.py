import keras
import numpy as np
import pytest
from kerasdl.layers import IdentityShortcut


def test_stride_and_zero_padded_channels():
    x = np.arange(2 * 3 * 5 * 2.0).reshape(2, 3, 5, 2)
    outputs = np.asarray(IdentityShortcut(5, strides=2)(x))
    assert outputs.shape == (2, 2, 3, 5)
    # Three new channels: one before the input's, two after.
    np.testing.assert_array_equal(outputs[..., 1:3], x[:, ::2, ::2])
    assert not outputs[..., [0, 3, 4]].any()


@pytest.mark.parametrize("size", [(7, 8), (None, None)])
def test_shapes_and_serialization(size):
    layer = IdentityShortcut(6, strides=2)
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again(keras.Input((*size, 4))).shape == (None, *(size[0] and 4, size[1] and 4), 6)


def test_fewer_filters_than_channels():
    with pytest.raises(ValueError, match=r"Received: filters=2 for inputs of 4 channels"):
        IdentityShortcut(2)(np.zeros((1, 4, 4, 4)))
