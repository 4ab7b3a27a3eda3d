"""Answers about a text: classes, and which words weighed."""

import re
from collections.abc import Iterator

import keras
import numpy as np
from kerasdl.app.answer import Answer
from kerasdl.app.trained import Trained
from kerasdl.data import text
from kerasdl.errors import BadInput

MOST_CHARACTERS = 20_000
# Texts without a word, or without a span of words, that are predicted.
MOST_SPANS = 63
# Of the tokens; above it the page says so.
MANY_UNKNOWN = 0.2


def answer_text(trained: Trained, given: str) -> list[Answer]:
    """Answer for a text.

    Args:
        trained: A run on texts.
        given: The text.

    Raises:
        BadInput: The text is empty, or too long.
    """
    if not given.strip():
        raise BadInput("Type a text first. Received: an empty text")
    if len(given) > MOST_CHARACTERS:
        raise BadInput(f"The page takes up to {MOST_CHARACTERS:,} characters. Received: {len(given):,}")
    given = given.encode("utf-8", "replace").decode()
    (found,) = text.predict(trained.model, [given], top=None, run=trained.run)
    return [
        Answer(
            probabilities=found,
            words=list(_weighed(trained, given, next(iter(found)))),
            remarks=list(_remarks(trained.model, given)),
        )
    ]


def _weighed(trained: Trained, given: str, name: str) -> Iterator[tuple[str, float]]:
    """Words, or short spans of them, each with the fall of the log-probability of a class without it."""
    words = re.findall(r"\s*\S+", given)
    size = -(-len(words) // MOST_SPANS)
    starts = range(0, len(words), size)
    without = ["".join(words[:start] + words[start + size :]) for start in starts]
    found = text.predict(trained.model, [given, *without], top=None, run=trained.run)
    whole, *others = (float(np.log(max(each[name], 1e-7))) for each in found)
    for start, other in zip(starts, others, strict=True):
        yield "".join(words[start : start + size]), whole - other


def _remarks(model: keras.Model, given: str) -> Iterator[str]:
    layer = next((each for each in model.layers if isinstance(each, keras.layers.TextVectorization)), None)
    if layer is None:
        return
    ids = keras.ops.convert_to_numpy(layer([given])).ravel()
    count, unknown = int((ids > 0).sum()), int((ids == 1).sum())
    if unknown > MANY_UNKNOWN * count:
        yield f"The network does not know {unknown} of the {count} tokens of this text: they were too rare in training."
