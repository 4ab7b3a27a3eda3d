"""The names of an exported model's outputs."""

import keras
from kerasdl.layers import ClassNames


def class_names(exported: keras.Model) -> tuple[str, ...]:
    """Return the class names stored in an exported classifier.

    Args:
        exported: A model from `image_classifier` or `table_model`, new or loaded.

    Returns:
        One name per column of its output.

    Raises:
        ValueError: The model holds no class names.

    Example:
        >>> class_names(keras.models.load_model("pets.keras"))
        ('cat', 'dog')
    """
    return _names(exported, "class_names")


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
    return _names(exported, "target_names")


def _names(exported: keras.Model, layer_name: str) -> tuple[str, ...]:
    for layer in exported.layers:
        if isinstance(layer, ClassNames) and layer.name == layer_name:
            return layer.names
    raise ValueError(
        f"The model holds no {layer_name.replace('_', ' ')}. Export it with image_classifier or table_model. "
        f"Received: {exported.name!r}"
    )
