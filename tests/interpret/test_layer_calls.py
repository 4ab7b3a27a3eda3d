import keras
import numpy as np
import pytest
from keras import layers
from kerasdl.interpret import layer_outputs
from kerasdl.interpret.layer_calls import layer_calls, left_as_found, recorded_call, watched

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
