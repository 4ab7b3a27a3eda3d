"""What a trained model needs around it to be used on raw data."""

from collections.abc import Sequence

import keras
from kerasdl.layers import ClassNames, FitImage


def image_classifier(model: keras.Model, classes: Sequence[str]) -> keras.Model:
    """Wraps a trained classifier's logits into a model of raw images: resizing before, probabilities and names after.

    Args:
        model: From images of 0..255 at a fixed size to logits; it does its own scaling (`preprocess=`).
        classes: Class names, in the order of the logits.

    Returns:
        A functional model that shares `model`'s weights: uint8 (batch, any height, any width, channels) to float32
        probabilities (batch, classes). `class_names(exported)` gives the names back, also after loading.

    Raises:
        ValueError: As many names as logits are needed, and a model of a fixed image size.

    Example:
        >>> kerasdl.models.image_classifier(model, ["cat", "dog"]).save("pets.keras")
    """
    _, height, width, channels = model.input_shape
    if height is None or width is None:
        raise ValueError(f"The model must have a fixed image size. Received: input_shape={model.input_shape}")
    images = keras.Input((None, None, channels), dtype="uint8", name="images")
    logits = model(FitImage(height, width, name="fit_image")(images))
    probabilities = keras.layers.Softmax(dtype="float32", name="probabilities")(logits)
    return keras.Model(images, ClassNames(classes, name="class_names", dtype="float32")(probabilities))


def class_names(exported: keras.Model) -> tuple[str, ...]:
    """The class names that travel in an exported classifier.

    Args:
        exported: A model from `image_classifier`, as made or as loaded.

    Returns:
        One name a column of its output.

    Raises:
        ValueError: The model carries no names.

    Example:
        >>> class_names(keras.models.load_model("pets.keras"))
        ('cat', 'dog')
    """
    for layer in exported.layers:
        if isinstance(layer, ClassNames):
            return layer.names
    raise ValueError(f"This model carries no class names: export it by image_classifier. Received: {exported.name!r}")
