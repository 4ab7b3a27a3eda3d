"""The names of an exported model's outputs."""

from collections.abc import Sequence

import keras
import numpy as np
from kerasdl.layers import ClassNames


def class_names(exported: keras.Model) -> tuple[str, ...]:
    """Return the class names stored in an exported classifier.

    Args:
        exported: A model from `image_classifier`, `sequence_classifier`, `table_model`, `text_classifier` or `average`,
            new or loaded.

    Returns:
        One name per column of its output.

    Raises:
        ValueError: The model holds no class names.

    Example:
        >>> class_names(keras.models.load_model("pets.keras"))
        ('cat', 'dog')
    """
    return _names(exported, "class names", "class_names", "tag_names")


def target_names(exported: keras.Model) -> tuple[str, ...]:
    """Return the target names stored in an exported regression model.

    Args:
        exported: A model from `table_model`, new or loaded.

    Returns:
        One name per column of its output.

    Raises:
        ValueError: The model holds no target names.

    Example:
        >>> target_names(keras.models.load_model("houses.keras"))
        ('price',)
    """
    return _names(exported, "target names", "target_names")


def has_tags(exported: keras.Model) -> bool:
    """Whether an exported classifier gives each class a probability of its own, not all classes one together.

    Args:
        exported: A model from `text_classifier` or `average`, new or loaded.

    Example:
        >>> has_tags(kerasdl.export.text_classifier(model, tokens.vocabulary.layer(), ["long", "good"], tags=True))
        True
    """
    return exported.layers[-1].name == "tag_names"


def likeliest(classes: Sequence[str], probabilities: np.ndarray, top: int | None = 1) -> dict[str, float]:
    """The most probable classes of a prediction with their probabilities, the most probable first.

    Args:
        classes: Their names, such as `class_names(exported)`.
        probabilities: One for each (classes,).
        top: How many; None for all.

    Example:
        >>> likeliest(["cat", "dog", "hen"], np.array([0.25, 0.5, 0.25]), top=2)
        {'dog': 0.5, 'cat': 0.25}
    """
    order = np.argsort(-probabilities, kind="stable")[:top]
    return {classes[place]: float(probabilities[place]) for place in order}


def _names(exported: keras.Model, what: str, *layer_names: str) -> tuple[str, ...]:
    for layer in exported.layers:
        if isinstance(layer, ClassNames) and layer.name in layer_names:
            return layer.names
    builders = "table_model" if what == "target names" else "image_classifier, table_model or text_classifier"
    raise ValueError(f"The model holds no {what}. Export it with {builders}. Received: {exported.name!r}")
