import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.layers import ChunkedEncoder

TOKENS = np.random.default_rng(0).integers(1, 20, (4, 23)).astype("int32")
LENGTHS = (23, 16, 9, 3)
for row, length in zip(TOKENS, LENGTHS, strict=True):
    row[length:] = 0


def encoder(dropout=0.0):
    """An LSTM and a GRU from tokens and states."""
    keras.utils.set_random_seed(0)
    tokens, states = keras.Input((None,), dtype="int32"), [keras.Input((size,)) for size in (5, 5, 4)]
    x = keras.layers.Embedding(20, 3, embeddings_initializer="normal")(tokens)
    x = keras.layers.Dropout(dropout)(x)
    x, h, c = keras.layers.LSTM(5, return_sequences=True, return_state=True)(x, initial_state=states[:2])
    x, last = keras.layers.GRU(4, return_sequences=True, return_state=True)(x, initial_state=states[2])
    return keras.Model([tokens, *states], [x, h, c, last])


def whole(layer):
    """Features of all tokens, read at once."""
    return layer.layer([TOKENS, *(np.zeros((4, size), "float32") for size in (5, 5, 4))])[0].numpy()


@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_features_are_those_of_the_last_tokens_of_the_whole_text(chunk):
    layer = ChunkedEncoder(encoder(), last=6, chunk=chunk)
    (features, is_token), expected = layer(TOKENS), whole(layer)
    assert features.shape == (4, 6, 4)
    for row, length in enumerate(LENGTHS):
        begin = max(0, -(-(length - 6) // chunk) * chunk)
        assert is_token[row].numpy().tolist() == [place < length - begin for place in range(6)]
        np.testing.assert_allclose(features[row, : length - begin], expected[row, begin:length], atol=1e-6)


def test_a_batch_of_short_texts_is_read_at_once():
    layer = ChunkedEncoder(encoder(), last=24, chunk=6)
    np.testing.assert_array_equal(layer(TOKENS)[0], whole(layer))


def test_what_comes_before_has_neither_dropout_nor_gradients():
    layer = ChunkedEncoder(encoder(dropout=0.5), last=2, chunk=1)
    assert len({layer._read(TOKENS, tf.constant([20, 10, 5, 1]))[0].numpy().tobytes() for _ in range(2)}) == 1
    embeddings = layer.layer.layers[1].embeddings
    with tf.GradientTape() as tape:
        features, _ = layer(TOKENS)
    reached = tf.unique(tape.gradient(features, embeddings.value).indices).y.numpy()
    last = {*TOKENS[0, 21:], *TOKENS[1, 14:16], *TOKENS[2, 7:9], *TOKENS[3, 1:3]}
    assert {*reached} == last


def test_memory_does_not_grow_with_the_text():
    """No tensor of the graph has the features of all tokens."""
    layer = ChunkedEncoder(encoder(), last=6, chunk=3)
    function = tf.function(layer, input_signature=[tf.TensorSpec((4, 1000), tf.int32)])
    found = function.get_concrete_function().graph
    sizes = [
        int(np.prod(output.shape))
        for graph in (found, *(each.graph for each in found._functions.values()))
        for operation in graph.get_operations()
        for output in operation.outputs
        if output.shape.is_fully_defined()
    ]
    assert max(sizes) == 4 * 1000  # the tokens themselves


def test_an_encoder_without_states_leaves_out_what_comes_before():
    tokens = keras.Input((None,), dtype="int32")
    layer = ChunkedEncoder(keras.Model(tokens, keras.layers.Embedding(20, 3)(tokens)), last=4, chunk=2)
    features, is_token = layer(TOKENS)
    np.testing.assert_array_equal(features[0, :3], layer.layer(TOKENS)[0, 20:])
    assert is_token[0].numpy().tolist() == [True, True, True, False]


def test_it_is_saved_with_its_encoder(tmp_path):
    tokens = keras.Input((None,), dtype="int32")
    features, _ = ChunkedEncoder(encoder(), last=6, chunk=2)(tokens)
    model = keras.Model(tokens, features)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded(TOKENS), model(TOKENS))
    assert (loaded.layers[1].last, loaded.layers[1].chunk) == (6, 2)


@pytest.mark.parametrize("sizes", [{"last": 4, "chunk": 5}, {"last": 4, "chunk": 0}])
def test_sizes_that_make_no_sense_are_refused(sizes):
    with pytest.raises(ValueError, match=r"chunk must be from 1 to last. Received: 4 inputs and 4 outputs, chunk="):
        ChunkedEncoder(encoder(), **sizes)


def test_states_that_do_not_come_out_again_are_refused():
    tokens, state = keras.Input((None,), dtype="int32"), keras.Input((3,))
    model = keras.Model([tokens, state], keras.layers.Embedding(20, 3)(tokens) + state[:, None])
    with pytest.raises(ValueError, match="as many states in as out.*2 inputs and 1 outputs"):
        ChunkedEncoder(model)
