import keras
import numpy as np
import pytest
from keras import layers
from kerasdl.interpret import layer_outputs
from kerasdl.interpret.layer_calls import inference, layer_calls, left_as_found, recorded_call, watched
from kerasdl.layers import CarriedState

from tests.interpret import planted
from tests.interpret.test_layer_outputs import X, doubling


def fail(*_):
    raise RuntimeError("no")


def test_calls_in_their_order_without_models_themselves():
    paths = [call.path for call in layer_calls(planted.nested(), planted.images()[:1])]
    assert paths[:3] == ["same", "backbone/stem_preprocess", "backbone/stem_conv"]
    assert paths[-1] == "logits"
    assert "backbone" not in paths


def test_what_a_layer_returns_can_be_changed():
    model = doubling()
    predicted, calls = recorded_call(model, X, {"twice": model.get_layer("twice")}, lambda outputs: 0 * outputs)
    assert np.array_equal(predicted, np.ones((4, 3)))
    assert np.array_equal(calls["twice"].inputs, X)


def test_calls_are_put_back_also_after_an_error():
    model = doubling()
    layer = model.get_layer("twice")

    with pytest.raises(RuntimeError, match="no"), watched({"twice": layer, "again": layer}, fail):
        model(X)
    assert "call" not in vars(layer)
    assert np.array_equal(model(X), 2 * X + 1)
    own = vars(layer)["call"] = lambda inputs: inputs
    with watched({"twice": layer}, lambda name, inputs, outputs: 5 * outputs):
        assert np.array_equal(model(X), 5 * X + 1)
    assert vars(layer)["call"] is own


def test_seeds_and_states_are_left_as_found_also_after_an_error():
    """Of a dropout that is always on, and of a recurrent layer that carries its state."""

    class AlwaysDropped(layers.Dropout):
        def call(self, inputs, training=None):
            return super().call(inputs, training=True)

    inputs = keras.Input(batch_shape=(2, 2, 3))
    recurrent = layers.GRU(4, stateful=True, name="gru")
    model = keras.Model(inputs, recurrent(AlwaysDropped(0.5)(inputs)))
    states = [*model.non_trainable_variables, *keras.tree.flatten(recurrent.states)]
    before = [np.array(each) for each in states]
    assert len(before) > 1
    layer_outputs(model, np.ones((2, 2, 3)), "gru")
    with left_as_found(model):
        model(np.ones((2, 2, 3)))
        assert not all(np.array_equal(each, old) for each, old in zip(states, before, strict=True))

    def call_and_fail():
        with left_as_found(model):
            fail(model(np.ones((2, 2, 3))))

    with pytest.raises(RuntimeError, match="no"):
        call_and_fail()
    assert all(np.array_equal(each, old) for each, old in zip(states, before, strict=True))


def test_recurrent_layers_are_graphs_meanwhile_also_inside_wrappers():
    """A graph calls the cell twice, when it is traced for a shape; loops without one would call it at all ten steps."""
    inputs = keras.Input((5, 3))
    one, two = (layers.SimpleRNN(4, return_sequences=True, name=name) for name in ("one", "two"))
    recurrent = layers.SimpleRNN(2, return_sequences=True, return_state=True)
    x = layers.Bidirectional(two)(one(inputs))
    model = keras.Model(inputs, CarriedState(recurrent, rows=2)(x))
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    outputs, calls = model(x), []
    for layer in (one, recurrent):
        call = layer.cell.call
        layer.cell.call = lambda *args, call=call, **kwargs: calls.append(0) or call(*args, **kwargs)
    with inference(model):
        assert np.allclose(model(x), outputs, atol=1e-6)
        graph = vars(one)["call"]
        with inference(model):
            assert vars(one)["call"] is graph
            assert np.allclose(model(x[:1]), outputs[:1], atol=1e-6)
    assert len(calls) <= 2 * 2 * 2 < 2 * 2 * 5
    assert not any("call" in vars(layer) for layer in (one, recurrent, *model.layers))
