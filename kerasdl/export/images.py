"""Classifiers of raw images."""

from collections.abc import Sequence

import keras
from kerasdl.export.probabilities import class_probabilities
from kerasdl.layers import ClassNames, FitImage
from kerasdl.outputs import Outputs, only_output


def image_classifier(
    model: keras.Model,
    classes: Sequence[str],
    *,
    image_size: tuple[int, int] | None = None,
    outputs: Outputs | None = None,
) -> keras.Model:
    """Wrap a trained classifier into a model of raw images: resizing before, probabilities and class names after.

    Args:
        model: Functional, or Sequential with an Input: from pixels of 0..255 to logits or probabilities; it does its
            own scaling (`preprocess=`).
        classes: Class names, in the order of the outputs; two names if the model has one output, a sigmoid or a logit.
        image_size: (height, width) that the model expects; by default that of its `input_shape`.
        outputs: "logits" or "probabilities"; by default read from the last layer and the compiled loss.

    Returns:
        A functional model that shares `model`'s weights: uint8 (batch, any height, any width, channels) to float32
        probabilities (batch, classes). `class_names(exported)` returns the names, also after loading
        (`import kerasdl` before `keras.models.load_model`).

    Raises:
        ValueError: The model is subclassed or not built, takes no images, or has several outputs; the number of names
            differs from the number of classes; the image size is unknown, or the model does not take it; it is unknown
            what the outputs are, or the last layer and the loss contradict each other.

    Example:
        >>> model = kerasdl.models.resnet8((64, 64, 3), 2, preprocess="symmetric")
        >>> kerasdl.export.image_classifier(model, ["cat", "dog"]).save("pets.keras")
    """
    # A subclassed model and a Sequential that is not built have no input_shape; several inputs have a list or dict.
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4:
        raise ValueError(
            "The model must be functional, or Sequential with an Input, and take one batch of images (height, width, "
            f"channels). Received: {type(model).__name__} {model.name!r} with input_shape={shape}"
        )
    _, *own, channels = shape
    height, width = image_size or own
    if height is None or width is None or any(a not in (None, b) for a, b in zip(own, (height, width), strict=True)):
        raise ValueError(
            f"Pass the image size that the model expects. Received: image_size={image_size} for input_shape={shape}"
        )
    images = keras.Input((None, None, channels), dtype="uint8", name="images")
    predicted = only_output(model, model(FitImage(height, width, name="fit_image")(images)))
    probabilities = class_probabilities(model, predicted, outputs)
    return keras.Model(images, ClassNames(classes, name="class_names", dtype="float32")(probabilities))
