import re

import kerasdl  # isort: skip
import keras
import numpy as np
import pytest
from kerasdl.interpret import nearest_words

assert kerasdl

WORDS = ["", "[UNK]", "king", "queen", "tree", "zero", "crown"]
MATRIX = np.array([[5, 0], [9, 0], [1, 0], [4, 3], [0, 2], [0, 0], [8, 6]])


def test_neighbours_by_hand():
    """Of equally near words the first id comes first; length does not matter."""
    found = nearest_words(MATRIX, WORDS, ["king", "tree"])
    assert found == {
        "king": [("queen", pytest.approx(0.8)), ("crown", pytest.approx(0.8)), ("tree", 0)],
        "tree": [("queen", pytest.approx(0.6)), ("crown", pytest.approx(0.6)), ("king", 0)],
    }
    assert nearest_words(MATRIX, WORDS, ["queen"], count=1) == {"queen": [("crown", pytest.approx(1))]}


def test_the_matrix_of_a_layer():
    layer = keras.layers.Embedding(7, 2, weights=[MATRIX])
    assert nearest_words(layer.embeddings, WORDS, ["king"]) == nearest_words(MATRIX, WORDS, ["king"])


@pytest.mark.parametrize("word", ["", "[UNK]", "zero", "prince"])
def test_a_word_without_a_direction_is_named(word):
    with pytest.raises(ValueError, match=f"is not among the words, or has no direction.*{re.escape(repr(word))}"):
        nearest_words(MATRIX, WORDS, ["king", word])


def test_another_number_of_rows_is_refused():
    with pytest.raises(ValueError, match="a row per word. Received: 7 rows and 6 words"):
        nearest_words(MATRIX, WORDS[:6], ["king"])
