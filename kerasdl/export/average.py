"""Averages of classifiers."""

from collections.abc import Sequence
from typing import Any

import keras
from kerasdl.export.names import class_names, has_tags
from kerasdl.layers import ClassNames


def average(exported: Sequence[keras.Model]) -> keras.Model:
    """Average the probabilities of several exported classifiers (Hansen and Salamon, doi:10.1109/34.58871).

    Args:
        exported: Models from `text_classifier`, `image_classifier` or `table_model` with the same classes in the same
            order.

    Returns:
        A functional model that shares their weights: from what they take to the mean of their probabilities, with the
        class names inside.

    Raises:
        ValueError: No models, other inputs or other classes than those of the first, or classes and tags.

    Example:
        >>> networks = [model, keras.models.clone_model(model)]
        >>> layer, classes = tokens.vocabulary.layer(), ["bad", "good"]
        >>> both = average([kerasdl.export.text_classifier(each, layer, classes) for each in networks])
        >>> class_names(both)
        ('bad', 'good')
    """
    kinds = [(class_names(each), has_tags(each), _described(each.input)) for each in exported]
    if not kinds or any(kind != kinds[0] for kind in kinds):
        raise ValueError(
            "Give models with the same inputs and the same classes in the same order, either all with tags or none. "
            f"Received: {[each.name for each in exported]} with {kinds}"
        )
    inputs = keras.tree.map_structure(
        lambda each: keras.Input(batch_shape=each.shape, dtype=each.dtype, name=each.name), exported[0].input
    )
    # Loaded models may have the same name, which Keras allows only once.
    members = [keras.Model(each.input, each.output, name=f"member{n}") for n, each in enumerate(exported, start=1)]
    mean = keras.layers.Average(name="probabilities", dtype="float32")([member(inputs) for member in members])
    names = ClassNames(class_names(exported[0]), name=exported[0].layers[-1].name, dtype="float32")
    return keras.Model(inputs, names(mean))


def _described(inputs: Any) -> Any:
    return keras.tree.map_structure(lambda each: f"{each.dtype} {each.shape}", inputs)
