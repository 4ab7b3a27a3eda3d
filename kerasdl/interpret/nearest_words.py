"""Neighbours of words in an embedding."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from kerasdl.interpret.nearest_samples import nearest_samples

NOT_WORDS = ("", "[UNK]")


def nearest_words(
    matrix: Any, words: Sequence[str], chosen: Sequence[str], *, count: int = 5
) -> dict[str, list[tuple[str, float]]]:
    """The words whose rows of an embedding point most nearly in the direction of that of a word.

    Padding, "[UNK]" and words whose row is zero have no direction, and are left out.

    Args:
        matrix: A row per word (words, width), such as `model.get_layer("head_embedding").embeddings`.
        words: Words of the vocabulary, by id.
        chosen: The words whose neighbours are wanted.
        count: Number of neighbours of each.

    Returns:
        For each chosen word its neighbours with their cosine, the highest first.

    Raises:
        ValueError: Another number of rows than words, or a chosen word that is not there, or is left out.

    Example:
        >>> matrix = np.array([[0, 0], [1, 1], [1, 0], [4, 3], [0, 1]])
        >>> nearest_words(matrix, ["", "[UNK]", "king", "queen", "tree"], ["king"], count=1)
        {'king': [('queen', 0.80...)]}
    """
    rows = keras.ops.convert_to_numpy(matrix).astype(np.float32)
    if len(rows) != len(words):
        raise ValueError(f"The matrix must have a row per word. Received: {len(rows)} rows and {len(words)} words")
    lengths = np.linalg.norm(rows, axis=1)
    places = {word: place for place, word in enumerate(words) if lengths[place] > 0 and word not in NOT_WORDS}
    if absent := [word for word in chosen if word not in places]:
        raise ValueError(f"A chosen word is not among the words, or has no direction. Received: {absent[0]!r}")
    names = list(places)
    found = nearest_samples(rows[list(places.values())], [names.index(word) for word in chosen], count=count)
    return {names[row]: [(names[other], cosine) for other, cosine in near] for row, near in found.items()}
