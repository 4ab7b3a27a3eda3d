"""Predictions of an exported classifier for texts."""

from collections.abc import Iterator, Sequence

import keras
from kerasdl.data.text.levels import as_strings, check_several
from kerasdl.errors import BadInput
from kerasdl.export import Run, class_names, has_tags, likeliest

TEXTS_PER_BATCH = 64


def predict(
    exported: keras.Model, texts: Sequence[str], *, top: int | None = 1, run: Run | None = None
) -> Iterator[dict[str, float]]:
    """Predict texts with an exported classifier, batch by batch.

    Args:
        exported: A model from `export.text_classifier` or `export.average`, new or loaded (`import kerasdl` before
            `keras.models.load_model`).
        texts: Any number of texts.
        top: How many classes of each; None for all, also of tags.
        run: What computes, from `export.raw_runtime`; by default Keras's `predict_on_batch`.

    Returns:
        For each text its most probable class with the probability, {class: probability}, and of several the most
        probable first; if the classes are tags, all whose probability is above 0.5.

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
    return _predictions(exported, texts, top, run)


def _predictions(
    exported: keras.Model, texts: Sequence[str], top: int | None, run: Run | None
) -> Iterator[dict[str, float]]:
    names = class_names(exported)
    by_odds = has_tags(exported) and top is not None
    for start in range(0, len(texts), TEXTS_PER_BATCH):
        batch = as_strings(texts[start : start + TEXTS_PER_BATCH])
        for row in run({exported.input.name: batch}) if run else exported.predict_on_batch(batch):
            yield likeliest(names, row, int((row > 0.5).sum()) if by_odds else top)
