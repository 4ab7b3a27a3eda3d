import keras
import numpy as np
import pytest
from kerasdl import models
from keras import layers
from kerasdl.errors import BadInput
from kerasdl.interpret import first_filters

from tests.interpret import planted


def of_kernel(kernel):
    model = keras.Sequential([keras.Input((8, 8, kernel.shape[2])), layers.Conv2D(kernel.shape[3], kernel.shape[:2])])
    model.layers[0].set_weights([kernel, np.zeros(kernel.shape[3])])
    return first_filters(model)


def test_gray_is_0_and_each_filter_is_scaled_by_its_largest_weight():
    kernel = np.zeros((1, 2, 1, 3))
    kernel[0, :, 0, 0], kernel[0, :, 0, 1] = (-4, 2), (0.1, 0)
    assert of_kernel(kernel).reshape(3, 2).tolist() == [[0, 191.25], [255, 127.5], [127.5, 127.5]]


def test_filters_of_three_channels_are_colors():
    filters = first_filters(planted.nested())
    assert filters.shape == (2, 3, 3, 3)
    assert filters[:, 1, 1].tolist() == [[63.75, 63.75, 255], [255, 63.75, 63.75]]
    assert np.all(filters[:, 0] == 127.5)


def test_of_other_channels_each_is_an_image():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 4, 2))
    filters = of_kernel(kernel)
    assert filters.shape == (8, 3, 3, 1)
    image = kernel[:, :, 1, 1]
    assert filters[5, ..., 0] == pytest.approx(127.5 + 127.5 * image / abs(image).max(), abs=1e-3)


def test_a_model_without_a_convolution_is_refused():
    with pytest.raises(BadInput, match="no convolution of images. Received: 'mlp'"):
        first_filters(models.mlp((8,), classes=2))
