"""Word importance: how much the probability of a class falls when a word is left out."""

from itertools import pairwise
from typing import Any

import keras
import numpy as np
from kerasdl.interpret.classification import Classification
from kerasdl.interpret.tagging import Tagging
from kerasdl.outputs import Outputs
from numpy.typing import ArrayLike

# Batches have few shapes: TensorFlow traces, and XLA compiles, anew for each.
ROWS_PER_BATCH, MULTIPLE_OF_STEPS = 32, 64


def word_importance(
    model: keras.Model,
    tokens: ArrayLike,
    target: int | None = None,
    *,
    most: int = 64,
    outputs: Outputs | None = None,
    tags: bool = False,
) -> np.ndarray:
    """Fall of the log-probability of a class when a token is left out (Li, Monroe and Jurafsky, arXiv:1612.08220).

    Args:
        model: A functional classifier of tokens int32 (batch, steps), where 0 on the right is padding.
        tokens: Ids of one document (tokens,).
        target: Index of the class; by default the most probable one.
        most: Number of predictions at most. A document of as many tokens, or more, is left out in `most - 1` spans of
            about the same length, and the tokens of a span share its fall equally.
        outputs: "logits" or "probabilities"; by default read from the last layer and the compiled loss.
        tags: Whether a document may have any number of the classes.

    Returns:
        float64 (tokens,): above 0 where a token speaks for the class, below 0 where it speaks against it. A document of
        a single token, without which nothing is left, has 0.

    Raises:
        ValueError: `tokens` is no vector, `target` no class, or `most` below 2; see also `Classification.of`.

    Example:
        >>> ids, = tokens.vocabulary.encode(["A good film."])
        >>> word_importance(model, ids).shape == ids.shape
        True
    """
    ids, columns = np.asarray(tokens), model.output_shape[-1]
    classes = columns if tags else max(columns, 2)
    if ids.ndim != 1 or most < 2 or not (target is None or 0 <= target < classes):
        raise ValueError(
            f"Give the ids of one document, one of the {classes} classes, and most of at least 2. "
            f"Received: tokens of shape {ids.shape}, target={target}, most={most}"
        )
    if len(ids) < 2:
        return np.zeros(len(ids))
    ends = np.linspace(0, len(ids), min(len(ids), most - 1) + 1).round().astype(int)
    shape = _up_to_multiple(len(ends), ROWS_PER_BATCH), _up_to_multiple(len(ids), MULTIPLE_OF_STEPS)
    rows = np.zeros(shape, np.int32)
    rows[:, : len(ids)] = ids
    for row, (begin, end) in zip(rows[1:], pairwise(ends), strict=False):
        row[begin:] = np.pad(row[end:], (0, end - begin))
    found = _log_probabilities(model, rows, classes, outputs, tags)
    place = found[0].argmax() if target is None else target
    lengths = np.diff(ends)
    falls = found[0, place] - found[1 : len(ends), place]
    return np.repeat(falls / lengths, lengths)


def _up_to_multiple(number: int, factor: int) -> int:
    return -(-number // factor) * factor


def _log_probabilities(
    model: keras.Model, rows: np.ndarray, classes: int, outputs: Outputs | None, tags: bool
) -> np.ndarray:
    # Nobody reads what comes of the targets.
    targets = np.zeros((len(rows), classes) if tags else len(rows), int)
    batches: list[Any] = [
        (rows[start : start + ROWS_PER_BATCH], targets[start : start + ROWS_PER_BATCH])
        for start in range(0, len(rows), ROWS_PER_BATCH)
    ]
    names = [""] * classes
    kind = Tagging if tags else Classification
    return kind.of(model, batches, names, outputs=outputs).log_probabilities
