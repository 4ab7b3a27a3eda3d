import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.layers import Conv2D

SINGLE = {
    "the middle alone": ((1, 1), {"padding": "same"}),
    "a corner": ((2, 2), {"padding": "same", "strides": 2}),
    "a part": ((1, 2), {"padding": "same", "strides": 2}),
    "more map than kernel": ((4, 4), {"strides": 2}),
    "1x1": ((2, 2), {"kernel_size": 1, "strides": 2, "padding": "same"}),
}
LEFT_TO_KERAS = {
    "several positions": ((2, 2), {"padding": "same"}),
    "groups": ((1, 1), {"padding": "same", "groups": 2}),
    "dilation": ((1, 1), {"padding": "same", "dilation_rate": 2}),
}


def gradients(layer, x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x)
        squares = outputs**2
    return outputs, *tape.gradient(squares, [x, *(each.value for each in layer.trainable_variables)])


@pytest.fixture
def convolved(monkeypatch):
    """What Keras's own layer convolves."""
    seen = []
    monkeypatch.setattr(keras.layers.Conv2D, "convolution_op", lambda _, x, kernel: seen.append(x) or tf.zeros(1))
    return seen


@pytest.mark.parametrize(("size", "options"), SINGLE.values(), ids=SINGLE)
def test_a_single_position_is_a_product_with_the_numbers_of_keras(size, options):
    options = {"filters": 6, "kernel_size": 3, "activation": "relu"} | options
    ours, stock = Conv2D(**options), keras.layers.Conv2D(**options)
    x = np.random.default_rng(0).standard_normal((5, *size, 4)).astype("float32")
    stock.build(x.shape)
    ours.build(x.shape)
    ours.set_weights([stock.get_weights()[0], np.arange(6.0)])
    stock.set_weights(ours.get_weights())
    for found, expected in zip(gradients(ours, x), gradients(stock, x), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(("size", "options"), LEFT_TO_KERAS.values(), ids=LEFT_TO_KERAS)
def test_what_is_left_to_keras(size, options, convolved):
    layer = Conv2D(**{"filters": 6, "kernel_size": 3} | options)
    layer.build((None, *size, 4))
    layer.convolution_op(np.ones((1, *size, 4), "float32"), layer.kernel)
    assert len(convolved) == 1


@pytest.mark.parametrize("gpus", [[], ["gpu:0"]])
def test_a_gpu_keeps_cudnn(gpus, convolved, monkeypatch):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda kind: gpus)
    layer = Conv2D(6, 3, padding="same")
    layer.build((None, 1, 1, 4))
    layer.convolution_op(np.ones((1, 1, 1, 4), "float32"), layer.kernel)
    assert len(convolved) == len(gpus)
