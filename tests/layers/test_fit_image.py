import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.layers import FitImage

PIXELS = np.random.default_rng(0).integers(0, 256, (2, 30, 47, 3), dtype=np.uint8)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_eager_predict_and_tf_data_give_the_same_integers(policy):
    keras.mixed_precision.set_dtype_policy(policy)
    inputs = keras.Input((None, None, 3), dtype="uint8")
    model = keras.Model(inputs, FitImage(16, 24)(inputs))
    eager = FitImage(16, 24)(PIXELS).numpy()
    piped = next(iter(tf.data.Dataset.from_tensors(PIXELS).map(FitImage(16, 24)))).numpy()
    assert eager.dtype == piped.dtype == np.float32
    assert np.array_equal(eager, piped)
    assert np.array_equal(eager, model.predict(PIXELS, verbose=0))
    assert np.array_equal(eager, eager.round())


@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 20), st.integers(1, 20))
def test_any_size_is_resized_within_the_range_of_values(height, width, target_height, target_width):
    pixels = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), dtype=np.uint8)
    fitted = FitImage(target_height, target_width)(pixels).numpy()
    assert fitted.shape == (1, target_height, target_width, 3)
    assert pixels.min() <= fitted.min() <= fitted.max() <= pixels.max()


def test_matching_size_is_unchanged_and_crops_are_centered():
    assert np.array_equal(FitImage(30, 47)(PIXELS), PIXELS)
    assert np.array_equal(FitImage(30, 31)(PIXELS), PIXELS[:, :, 8:39])


def test_serialization():
    layer = FitImage(3, 4, name="fit")
    assert keras.layers.deserialize(keras.layers.serialize(layer)).get_config() == layer.get_config()
