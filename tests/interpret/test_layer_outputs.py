import keras
import numpy as np
import pytest
from keras import layers
from kerasdl.errors import BadInput
from kerasdl.interpret import layer_outputs

from tests.interpret import planted

X = np.arange(12, dtype="float32").reshape(4, 3)


def doubling():
    return keras.Sequential([keras.Input((3,)), layers.Rescaling(2, name="twice"), layers.Rescaling(1, 1, name="more")])


def test_the_output_of_a_layer_whatever_the_batches():
    found = layer_outputs(doubling(), X, ["twice", "more"], batch_size=3)
    assert list(found) == ["twice", "more"]
    assert np.array_equal(found["twice"], 2 * X)
    assert np.array_equal(found["more"], 2 * X + 1)
    assert np.array_equal(layer_outputs(doubling(), X, "twice")["twice"], 2 * X)


def test_layers_of_a_nested_model_by_path_or_by_a_name_that_only_one_has():
    model, x = planted.nested(), planted.images()
    found = layer_outputs(model, x, ["backbone/stem_relu", "stem_relu", "backbone", "backbone/head_features", "logits"])
    cut = keras.Model(model.get_layer("backbone").inputs, model.get_layer("backbone").get_layer("stem_relu").output)
    assert np.allclose(found["backbone/stem_relu"], cut.predict_on_batch(x), atol=1e-6)
    assert np.array_equal(found["stem_relu"], found["backbone/stem_relu"])
    assert np.array_equal(found["backbone"], found["backbone/head_features"])
    assert np.allclose(found["logits"], model.predict_on_batch(x), atol=1e-5)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Rescaling(2, name="twice"), layers.Rescaling(1, 1, name="more")

    def call(self, inputs):
        once = self.first(inputs["x"])
        return self.second(self.first(once) if once.shape[0] == 1 else once)


def test_a_subclassed_model_with_a_dict_of_inputs():
    assert np.array_equal(layer_outputs(Subclassed(), {"x": X}, "more")["more"], 2 * X + 1)


def test_a_layer_that_is_called_several_times_or_never_is_refused():
    with pytest.raises(BadInput, match="exactly once.*Received: layer='twice', called 2 times by 'subclassed"):
        layer_outputs(Subclassed(), {"x": X[:1]}, "twice")
    model = Subclassed()
    model.spare = layers.Identity(name="spare")
    with pytest.raises(BadInput, match="called 0 times"):
        layer_outputs(model, {"x": X}, "spare")


def test_a_name_that_is_not_there_is_answered_with_the_nearest():
    with pytest.raises(BadInput, match=r"no such layer: give one of backbone/stem_conv, .*Received: layer='stem_cnv'"):
        layer_outputs(planted.nested(), planted.images(), "stem_cnv")


def test_a_name_that_two_models_have_is_refused():
    def part(name):
        return keras.Sequential([keras.Input((3,)), layers.Rescaling(2, name="twice")], name=name)

    model = keras.Sequential([keras.Input((3,)), part("one"), part("two")])
    with pytest.raises(BadInput, match="several layers of this name: give one of one/twice, two/twice"):
        layer_outputs(model, X, "twice")
    assert np.array_equal(layer_outputs(model, X, "two/twice")["two/twice"], 4 * X)


def test_a_layer_with_several_outputs_gives_a_list():
    inputs = keras.Input((2, 2))
    model = keras.Model(inputs, layers.SimpleRNN(3, return_sequences=True, return_state=True, name="rnn")(inputs)[0])
    sequence, state = layer_outputs(model, np.ones((4, 2, 2)), "rnn", batch_size=2)["rnn"]
    assert (sequence.shape, state.shape) == ((4, 2, 3), (4, 3))


def test_no_samples():
    with pytest.raises(BadInput, match="at least one sample.*Received: 0, 32"):
        layer_outputs(doubling(), X[:0], "twice")
