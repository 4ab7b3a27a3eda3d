import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.models.normalization import normalization_layer

IMAGES = np.random.default_rng(0).normal(3.0, 2.0, (4, 5, 6, 8)).astype("float32")
VECTORS = np.random.default_rng(0).normal(3.0, 2.0, (7, 48)).astype("float32")

# The axes of (batch, height, width, groups, channels per group) that mean and variance are computed over.
AXES = {"batch": (0, 1, 2), "batch_renorm": (0, 1, 2), "layer": (3, 4), "instance": (1, 2, 4), "group": (1, 2, 4)}


@pytest.mark.parametrize("kind", AXES)
def test_each_kind_normalizes_over_its_own_axes(kind):
    layer = normalization_layer(kind, shape=IMAGES.shape, name="norm")
    grouped = IMAGES.reshape(4, 5, 6, 8, 1).astype("float64")
    mean, variance = grouped.mean(AXES[kind], keepdims=True), grouped.var(AXES[kind], keepdims=True)
    expected = ((grouped - mean) / np.sqrt(variance + 1e-5)).reshape(IMAGES.shape)
    np.testing.assert_allclose(layer(IMAGES, training=True), expected, atol=1e-5)
    assert layer.name == "norm"
    assert {weight.name for weight in layer.trainable_weights} == {"gamma", "beta"}


def test_momentum_and_epsilon_of_batch_normalization():
    layer = normalization_layer("batch", shape=(None, 4), name="norm")
    assert (layer.momentum, layer.epsilon) == (0.9, 1e-5)


@pytest.mark.parametrize("kind", AXES)
def test_zero_gain(kind):
    assert not np.any(normalization_layer(kind, shape=IMAGES.shape, name="norm", gamma_initializer="zeros")(IMAGES))


def test_none_is_the_identity():
    assert np.array_equal(normalization_layer("none", shape=VECTORS.shape, name="norm")(VECTORS), VECTORS)


@pytest.mark.parametrize(
    ("channels", "on_images", "on_vectors"),
    [(64, 32, 4), (48, 24, 3), (8, 8, 1), (40, 20, 2), (37, 1, 1), (1, 1, 1), (512, 32, 32), (96, 32, 6)],
)
def test_number_of_groups_on_images_and_vectors(channels, on_images, on_vectors):
    assert normalization_layer("group", shape=(None, 4, 4, channels), name="norm").groups == on_images
    assert normalization_layer("group", shape=(None, channels), name="norm").groups == on_vectors


@settings(max_examples=15)
@given(st.integers(2, 200), st.sampled_from(["batch", "batch_renorm", "layer", "group"]))
def test_vectors_of_any_length_keep_their_variance(channels, kind):
    x = np.random.default_rng(channels).normal(size=(6, channels)).astype("float32")
    outputs = normalization_layer(kind, shape=x.shape, name="norm")(x, training=True)
    # With one feature per group the standard deviation would be 0.
    assert np.std(outputs) > 0.9


@pytest.mark.parametrize("shape", [(None, 8), (None, 1, 1, 8)])
def test_instance_normalization_of_one_position(shape):
    with pytest.raises(ValueError, match="needs more than one position.*always 0.*Received: shape="):
        normalization_layer("instance", shape=shape, name="norm")


def test_instance_normalization_with_unknown_size():
    assert normalization_layer("instance", shape=(None, None, None, 8), name="norm")(IMAGES).shape == IMAGES.shape


def test_unknown_kind():
    with pytest.raises(
        ValueError, match=r"normalization must be one of \['none', 'batch', .*\]\. Received: normalization='weight'"
    ):
        normalization_layer("weight", shape=(None, 8), name="norm")


@pytest.mark.parametrize("kind", AXES)
def test_statistics_are_float32_in_mixed_precision(kind):
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    layer = normalization_layer(kind, shape=IMAGES.shape, name="norm")
    # Their squares exceed float16.
    outputs = layer((IMAGES * 400).astype("float16"), training=True)
    assert outputs.dtype == "float16"
    assert 0.9 < np.std(np.float32(outputs)) < 1.1
