import keras
import numpy as np
from keras import layers
from kerasdl.layers import ChunkedEncoder
from kerasdl.model_summary.calls import calls


def found(model: keras.Model, *shape: int | None) -> list[tuple[str, int | None]]:
    return [(call.layer.name, call.multiply_adds) for call in calls(model, [keras.KerasTensor((1, *shape))])]


def total(model: keras.Model, *shape: int) -> int:
    return sum(number for _, number in found(model, *shape))


def test_a_shared_layer_counts_at_each_call_in_nested_models_too():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="shared"), layers.ReLU(name="relu")])
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(2, name="head")(inner(inner(inputs))))
    assert found(model, 4) == [("shared", 16), ("relu", 0), ("shared", 16), ("relu", 0), ("head", 8)]


def test_layers_inside_of_wrappers():
    both = layers.Bidirectional(layers.LSTM(7, return_sequences=True), name="both")
    each = layers.TimeDistributed(keras.Sequential([keras.Input((6, 14)), layers.Conv1D(2, 3)]), name="each")
    model = keras.Sequential([keras.Input((5, 3)), both])
    assert total(model, 5, 3) == 2 * 5 * 4 * (3 + 7) * 7
    assert total(keras.Sequential([keras.Input((5, 6, 14)), each]), 5, 6, 14) == 5 * 4 * (3 * 14 * 2)


def test_an_encoder_reads_the_beginning_in_whole_chunks():
    tokens, state = keras.Input((None,), dtype="int32"), keras.Input((4,))
    x, after = layers.GRU(4, return_sequences=True, return_state=True)(layers.Embedding(9, 3)(tokens), state)
    model = keras.Model([tokens, state], [x, after])
    inputs = keras.Input((None,), dtype="int32")
    encoder = keras.Model(inputs, ChunkedEncoder(model, last=6, chunk=4)(inputs)[0])
    per_token = 3 * (3 + 4) * 4
    assert total(encoder, 5) == 5 * per_token
    assert total(encoder, 9) == (4 + 6) * per_token


class Residual(layers.Layer):
    """A layer of the user's own, made of others."""

    def __init__(self, own: bool = False, **options):
        super().__init__(**options)
        self.dense, self.norm, self.own = layers.Dense(4, name="dense"), layers.LayerNormalization(name="norm"), own

    def build(self, shape):
        if self.own:
            self.scale = self.add_weight((4, 4))

    def call(self, inputs):
        return inputs + self.dense(self.norm(self.dense(inputs)))


def test_layers_inside_of_a_layer_of_the_users_own():
    model = keras.Sequential([keras.Input((5, 4)), Residual(name="block")])
    assert found(model, 5, 4) == [("dense", 80), ("norm", 0), ("dense", 80), ("block", 0)]
    assert "call" not in vars(model.layers[0].dense)  # all is as it was
    assert model(np.zeros((2, 5, 4))).shape == (2, 5, 4)


def test_weights_of_its_own_make_a_layer_unknown():
    assert found(keras.Sequential([keras.Input((5, 4)), Residual(own=True, name="block")]), 5, 4)[-1] == ("block", None)


class Network(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [Residual(name="first"), Residual(name="second")]
        self.inner = keras.Sequential([keras.Input((5, 4)), layers.LSTM(3, name="lstm")], name="inner")

    def call(self, inputs):
        for block in self.blocks:
            inputs = block(inputs)
        return self.inner(inputs)


def test_a_subclassed_model():
    model = Network()
    model(np.zeros((2, 5, 4), "float32"))
    before = [value.copy() for value in model.get_weights()]
    assert total(model, 5, 4) == 4 * 80 + 5 * 4 * (4 + 3) * 3
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))


def test_an_unknown_size_is_no_number():
    model = keras.Sequential(
        [keras.Input((None, 4)), layers.Dense(2, name="dense"), layers.LayerNormalization(name="n")]
    )
    assert found(model, None, 4) == [("dense", None), ("n", 0)]
