import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.layers import WeightDropLSTM
from kerasdl.layers.lstm_loop import lstm_loop

X = np.random.default_rng(0).standard_normal((4, 7, 3)).astype("float32")
H, C = np.random.default_rng(1).standard_normal((2, 4, 5)).astype("float32")


def pair():
    """Ours and stock Keras's layer with the same weights, none of them zero."""
    layers = [kind(5, return_sequences=True, return_state=True) for kind in (WeightDropLSTM, keras.layers.LSTM)]
    for layer in layers:
        layer.build(X.shape)
        layer.set_weights([np.random.default_rng(n).normal(0, 0.5, w.shape) for n, w in enumerate(layer.get_weights())])
    layers[0].weight_dropout = 0.0
    return layers


def results(layer):
    """Outputs, state, and the gradients of a function of all of them."""
    x, h, c = (tf.constant(each) for each in (X, H, C))
    with tf.GradientTape() as tape:
        tape.watch([x, h, c])
        outputs, last, cells = layer(x, initial_state=[h, c], training=True)
        loss = tf.reduce_sum(outputs**2 * np.arange(5.0)) + tf.reduce_sum(last**3) + tf.reduce_sum(cells**2)
    return outputs, last, cells, *tape.gradient(loss, [x, h, c, *(weight.value for weight in layer.weights)])


@pytest.mark.parametrize("mode", ["eager", "graph", "jit"])
def test_values_and_gradients_are_those_of_stock_keras(mode):
    ours, stock = pair()
    function = {"eager": results, "graph": tf.function(results), "jit": tf.function(results, jit_compile=True)}[mode]
    for found, expected in zip(function(ours), results(stock), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_gradients_equal_finite_differences():
    random = np.random.default_rng(0)
    values = [
        random.normal(0, 0.5, shape).astype("float32") for shape in ((2, 3, 2), (2, 3), (2, 3), (2, 12), (3, 12), (12,))
    ]
    weights = random.normal(size=(2, 3, 3))

    def loss(*tensors):
        outputs, _, cells = lstm_loop(*tensors)
        return tf.reduce_sum(tf.cast(outputs, tf.float64) * weights) + tf.reduce_sum(tf.cast(cells, tf.float64))

    tensors = [tf.constant(value) for value in values]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        total = loss(*tensors)
    found = tape.gradient(total, tensors)
    for number, value in enumerate(values):
        step = np.zeros_like(value)
        place = tuple(size // 2 for size in value.shape)
        step[place] = 0.01
        above, below = (
            loss(*(each + sign * step if n == number else each for n, each in enumerate(values))) for sign in (1, -1)
        )
        assert float(found[number][place]) == pytest.approx(float(above - below) / 0.02, abs=2e-3)


def test_the_number_of_steps_and_rows_may_be_unknown():
    ours, stock = pair()

    @tf.function(input_signature=[tf.TensorSpec((None, None, 3))])
    def gradients(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(ours(x)[0] ** 2)
        return tape.gradient(loss, [weight.value for weight in ours.weights])

    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(stock(X)[0] ** 2)
    for found, expected in zip(gradients(X), tape.gradient(loss, [w.value for w in stock.weights]), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [{"activation": "relu"}, {"use_bias": False}, {"go_backwards": True}, {"recurrent_dropout": 0.1}],
    ids=str,
)
def test_what_the_loop_does_not_compute_is_left_to_keras(options):
    ours, stock = (kind(5, return_sequences=True, **options) for kind in (WeightDropLSTM, keras.layers.LSTM))
    for layer in (ours, stock):
        layer.build(X.shape)
    stock.set_weights(ours.get_weights())
    assert np.array_equal(ours(X), stock(X))


def test_padding_is_masked_as_in_keras():
    ours, stock = pair()
    mask = np.arange(7) < np.array([7, 4, 2, 1])[:, None]
    assert np.array_equal(ours(X, mask=mask)[0], stock(X, mask=mask)[0])


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_is_of_the_products_only(policy):
    """Errors of products of half precision, not those of 60 rounded states."""
    keras.mixed_precision.set_dtype_policy(policy)
    long = np.random.default_rng(0).standard_normal((2, 60, 3)).astype("float32")
    ours, stock = pair()
    found, expected = (np.array(layer(long)[0], "float32") for layer in (ours, stock))
    keras.mixed_precision.set_dtype_policy("float32")
    exact = keras.layers.LSTM(5, return_sequences=True)
    exact.build(X.shape)
    exact.set_weights(stock.get_weights())
    errors = [np.abs(each - np.array(exact(long))).mean() for each in (found, expected)]
    assert errors[0] <= errors[1]
