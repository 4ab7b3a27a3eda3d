"""The names of an exported model's outputs."""

import keras
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


def _names(exported: keras.Model, what: str, *layer_names: str) -> tuple[str, ...]:
    for layer in exported.layers:
        if isinstance(layer, ClassNames) and layer.name in layer_names:
            return layer.names
    builders = "table_model" if what == "target names" else "image_classifier, table_model or text_classifier"
    raise ValueError(f"The model holds no {what}. Export it with {builders}. Received: {exported.name!r}")
