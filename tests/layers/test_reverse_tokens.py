import keras
import numpy as np
import pytest
from kerasdl.layers import ReverseTokens


@pytest.mark.parametrize(
    ("tokens", "expected"), [([4, 5, 6], [3, 2, 1]), ([4, 5, 0], [2, 1, 3]), ([0, 0, 0], [1, 2, 3])]
)
def test_tokens_are_reversed_and_padding_stays(tokens, expected):
    features = np.arange(1.0, 4.0)[None, :, None] * np.ones(2)
    assert ReverseTokens()([features, np.array([tokens])])[0, :, 1].numpy().tolist() == expected


def test_a_backward_layer_equals_that_of_a_masked_bidirectional_layer():
    tokens = np.array([[3, 1, 4, 1, 5], [2, 7, 0, 0, 0]])
    features = np.random.default_rng(0).standard_normal((2, 5, 3)).astype("float32")
    lstm = keras.layers.LSTM(4, return_sequences=True)
    backward = ReverseTokens()([lstm(ReverseTokens()([features, tokens])), tokens])
    masked = keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True), merge_mode=None)
    masked.build(features.shape)
    masked.backward_layer.set_weights(lstm.get_weights())
    _, expected = masked(features, mask=tokens != 0)
    for row, length in enumerate((5, 2)):
        np.testing.assert_allclose(backward[row, :length], expected[row, :length], atol=1e-6)
