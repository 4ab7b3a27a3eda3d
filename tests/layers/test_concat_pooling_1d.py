import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.layers import ConcatPooling1D

STEPS = np.array([[[1.0, -1.0], [6.0, -3.0], [2.0, -2.0]]], "float32")


def test_last_maximum_and_mean_in_this_order():
    assert ConcatPooling1D()(STEPS).numpy().tolist() == [[2, -2, 6, -1, 3, -2]]


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ([True, False, False], [1, -1, 1, -1, 1, -1]),
        ([True, True, False], [6, -3, 6, -1, 3.5, -2]),
        ([False, True, True], [2, -2, 6, -2, 4, -2.5]),
        ([True, False, True], [2, -2, 2, -1, 1.5, -1.5]),
        ([False, False, False], [0, 0, 0, 0, 0, 0]),
    ],
)
def test_masked_steps_are_ignored(mask, expected):
    assert ConcatPooling1D()(STEPS, mask=np.array([mask])).numpy().tolist() == [expected]


@settings(max_examples=25)
@given(st.integers(1, 6), st.integers(0, 4), st.integers(0, 99))
def test_padding_changes_nothing(length, padding, seed):
    steps = np.random.default_rng(seed).standard_normal((3, length, 2)).astype("float32")
    padded = np.pad(steps, ((0, 0), (0, padding), (0, 0)), constant_values=9.0)
    mask = np.tile(np.arange(length + padding) < length, (3, 1))
    np.testing.assert_allclose(ConcatPooling1D()(padded, mask=mask), ConcatPooling1D()(steps), rtol=1e-6, atol=1e-6)


def test_mean_of_a_long_sequence_in_half_precision():
    steps = np.full((1, 3000, 1), 100.0)
    outputs = ConcatPooling1D(dtype="mixed_float16")(steps)
    assert (outputs.dtype, outputs.numpy().tolist()) == (tf.float16, [[100, 100, 100]])


def test_xla_with_unknown_length_and_no_mask_on_the_output():
    inputs = keras.Input((None, 2))
    model = keras.Model(inputs, ConcatPooling1D()(keras.layers.Masking()(inputs)))
    model.compile(jit_compile=True)
    assert model.output_shape == (None, 6)
    assert model.predict(np.pad(STEPS, ((0, 0), (0, 2), (0, 0))), verbose=0).tolist() == [[2, -2, 6, -1, 3, -2]]
    assert not hasattr(ConcatPooling1D()(keras.layers.Masking()(STEPS)), "_keras_mask")


def test_gradients_are_finite_under_a_mask():
    steps = tf.Variable(STEPS)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(ConcatPooling1D()(steps, mask=np.array([[True, True, False]])))
    # Each unmasked step gets half of the mean's gradient; the last and the highest step get 1 more.
    assert tape.gradient(total, steps).numpy().tolist() == [[[0.5, 1.5], [2.5, 1.5], [0, 0]]]


def test_serialization():
    layer = ConcatPooling1D(name="pool")
    assert keras.layers.deserialize(keras.layers.serialize(layer)).get_config() == layer.get_config()
