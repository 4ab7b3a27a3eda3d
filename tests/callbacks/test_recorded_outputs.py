import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import layers
from kerasdl.callbacks.recorded_outputs import chosen_layers, is_at_hand, recorded_outputs

from tests.contracts import Mode, small_model


def nested():
    """A head on a body, and a layer made of layers."""

    class Block(keras.layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.first = keras.layers.Dense(3, activation="relu", name="first")

        def call(self, inputs):
            return self.first(inputs)

    body = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, activation="tanh", name="inner")], name="body")
    ends = Block(name="block"), keras.layers.Dense(2, name="head")
    return keras.Sequential([keras.Input((4,)), body, *ends])


def test_activations_and_the_last_layer_are_chosen_by_default():
    assert list(chosen_layers(small_model(Mode()))) == ["stem_relu", "stage1_dense", "head_logits"]
    assert list(chosen_layers(nested())) == ["body/inner", "block/first", "head"]
    # Its `activation` is a rate.
    regularized = keras.Sequential(
        [keras.Input((4,)), layers.ActivationRegularization(activation=0.1), keras.layers.Dense(2, name="head")]
    )
    assert list(chosen_layers(regularized)) == ["head"]


def test_layers_are_chosen_by_name_or_path_in_the_order_of_the_model():
    assert list(chosen_layers(nested(), ["head", "body/", "first"])) == ["body/inner", "block/first", "head"]
    with pytest.raises(ValueError, match=r"'stem' matches no layer of .*Received: layers=\['head', 'stem'\]"):
        chosen_layers(nested(), ["head", "stem"])
    with pytest.raises(ValueError, match="Not a valid regular expression"):
        chosen_layers(nested(), ["head("])


@pytest.mark.parametrize("traced", [False, True])
def test_outputs_inside_nested_models_and_layers_are_recorded(traced):
    model, x = nested(), np.ones((3, 4), "float32")
    chosen = chosen_layers(model)

    def outputs(x):
        with recorded_outputs(chosen) as found:
            found["model"] = [model(x)]
        assert all(is_at_hand(calls[0]) for calls in found.values())
        return {name: calls[0] for name, calls in found.items()}

    found = (tf.function(outputs) if traced else outputs)(x)
    inner, first, _ = chosen.values()
    np.testing.assert_allclose(found["body/inner"], np.tanh(x @ inner.kernel), rtol=1e-5)
    np.testing.assert_allclose(found["block/first"], np.maximum(found["body/inner"] @ first.kernel, 0), rtol=1e-5)
    np.testing.assert_allclose(found["head"], found["model"])
    assert not any("call" in vars(layer) for layer in chosen.values())


def test_layers_are_as_before_after_an_error():
    model = nested()
    with pytest.raises(RuntimeError), recorded_outputs(chosen_layers(model)):
        raise RuntimeError
    assert not any("call" in vars(layer) for layer in model._flatten_layers())
