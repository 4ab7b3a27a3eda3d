"""Predictions of an exported classifier for image files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import tensorflow as tf
from kerasdl.data.images.bad_files import read_image
from kerasdl.errors import BadInput
from kerasdl.export import class_names, likeliest


def predict(exported: keras.Model, files: Sequence[str | Path], *, top: int | None = 1) -> Iterator[dict[str, float]]:
    """Predict image files with an exported classifier, one after the other.

    Args:
        exported: A model from `export.image_classifier`, new or loaded (`import kerasdl` before
            `keras.models.load_model`).
        files: Any number of files, of the formats that `decode` reads; `bad_files` finds those that do not decode.
        top: How many classes of each; None for all.

    Returns:
        For each file its most probable class with the probability, {class: probability}; of several classes the most
        probable first.

    Raises:
        BadInput: The model is no classifier of images, or `files` is one file. When it is its turn: a file that cannot
            be read or decoded.

    Example:
        >>> list(predict(keras.models.load_model("pets.keras"), ["portrait.jpg"]))      # [{'cat': 0.51}]
    """
    if isinstance(files, str | Path):
        raise BadInput(f"Give a list of files, such as [file]. Received: {str(files)!r}")
    shape: tuple[int, ...] = getattr(getattr(exported, "input", None), "shape", ())
    if len(shape) != 4 or exported.layers[-1].name != "class_names":
        raise BadInput(
            f"The model is no classifier of images: export it with export.image_classifier. Received: {exported.name!r}"
        )
    return _predictions(exported, files, shape[-1], top)


def _predictions(
    exported: keras.Model, files: Sequence[str | Path], channels: int, top: int | None
) -> Iterator[dict[str, float]]:
    names = class_names(exported)
    # Traced once for images of all sizes.
    signature = [tf.TensorSpec((1, None, None, channels), tf.uint8)]
    probabilities_of = tf.function(lambda image: exported(image, training=False)[0], input_signature=signature)
    for file in files:
        try:
            image = read_image(str(file), channels)
        except ValueError as error:
            raise BadInput(f"Cannot be read or decoded: {error}. Received: {str(file)!r}") from error
        yield likeliest(names, probabilities_of(image[None]).numpy(), top)
