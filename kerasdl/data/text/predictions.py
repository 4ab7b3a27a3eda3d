"""Predictions of an exported classifier for texts."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np
from kerasdl.data.text.levels import as_strings, check_several
from kerasdl.errors import BadInput
from kerasdl.export import class_names, has_tags

TEXTS_PER_BATCH = 64


def predict(exported: keras.Model, texts: Sequence[str]) -> Iterator[dict[str, float]]:
    """Predict texts with an exported classifier, batch by batch.

    Args:
        exported: A model from `export.text_classifier` or `export.average`, new or loaded (`import kerasdl` before
            `keras.models.load_model`).
        texts: Any number of texts.

    Returns:
        For each text its most probable class with the probability, {class: probability}; if the classes are tags, all
        whose probability is above 0.5, the most probable first.

    Raises:
        BadInput: The model is no classifier of strings, or `texts` is one text.

    Example:
        >>> exported = kerasdl.export.text_classifier(model, tokens.vocabulary.layer(), ["bad", "good"])
        >>> list(predict(exported, ["A good film.", ""]))       # [{'good': 0.51}, {'bad': 0.5}]
    """
    check_several(texts)
    reads_strings = getattr(exported.input, "dtype", None) == "string"
    if not reads_strings or exported.layers[-1].name not in ("class_names", "tag_names"):
        raise BadInput(
            "The model is no classifier of strings: export it with export.text_classifier. A language model writes "
            f"texts, by data.text.generate. Received: {exported.name!r}"
        )
    return _predictions(exported, texts)


def _predictions(exported: keras.Model, texts: Sequence[str]) -> Iterator[dict[str, float]]:
    names, tags = class_names(exported), has_tags(exported)
    for start in range(0, len(texts), TEXTS_PER_BATCH):
        for row in exported.predict_on_batch(as_strings(texts[start : start + TEXTS_PER_BATCH])):
            order = np.argsort(-row, kind="stable")
            chosen = order[row[order] > 0.5] if tags else order[:1]
            yield {names[place]: float(row[place]) for place in chosen}
