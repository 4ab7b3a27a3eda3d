import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from kerasdl.layers import MaskNaN

NAN = np.nan


def mask_of(outputs):
    return outputs._keras_mask.numpy()


def test_padding_is_masked_and_zeros_are_data():
    outputs = MaskNaN()(np.array([[[1.0, 0.0], [0.0, 0.0], [NAN, NAN]]], "float32"))
    assert outputs.numpy().tolist() == [[[1, 0], [0, 0], [0, 0]]]
    assert mask_of(outputs).tolist() == [[True, True, False]]


def test_a_step_with_one_number_is_not_padding():
    outputs = MaskNaN()(np.array([[[NAN, 2.0], [NAN, NAN]]], "float32"))
    assert (outputs.numpy().tolist(), mask_of(outputs).tolist()) == ([[[0, 2], [0, 0]]], [[True, False]])


@settings(max_examples=25)
@given(arrays.arrays(np.float32, (2, 5, 3), elements=st.sampled_from([NAN, 0.0, 1.5, -2.0])))
def test_mask_agrees_with_numpy(sequences):
    outputs = MaskNaN()(sequences)
    assert np.array_equal(outputs, np.nan_to_num(sequences))
    assert np.array_equal(mask_of(outputs), ~np.isnan(sequences).all(axis=2))


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_later_layers_get_the_mask_and_the_model_no_extra_layer(policy):
    keras.mixed_precision.set_dtype_policy(policy)
    inputs = keras.Input((None, 1))
    masked = keras.layers.Dropout(0.5)(MaskNaN(dtype="float32")(inputs))
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(masked))
    assert len(model.layers) == 4
    assert model.predict(np.array([[[2.0], [4.0], [NAN], [NAN]]]), verbose=0).tolist() == [[3.0]]


def test_serialization():
    layer = MaskNaN(name="mask")
    assert keras.layers.deserialize(keras.layers.serialize(layer)).get_config() == layer.get_config()
