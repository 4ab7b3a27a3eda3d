"""What kind of data the model of a run takes."""

from typing import Literal

import keras
from kerasdl.errors import BadInput

Kind = Literal["table", "texts", "images", "sounds", "sequences", "series"]


def kind_of(model: keras.Model) -> Kind:
    """The kind of data that the model of a run takes.

    Args:
        model: The model, as `export` made it.

    Raises:
        BadInput: It is none of ours: a model from elsewhere may have several inputs, or none yet.

    Example:
        >>> kind_of(exported_images)
        'images'
    """
    inputs = getattr(model, "input", None)
    shape, name = getattr(inputs, "shape", ()), getattr(inputs, "name", "")
    if isinstance(inputs, dict):
        return "table"
    if getattr(inputs, "dtype", "") == "string":
        return "texts"
    if len(shape) == 4:
        return "images"
    if name == "samples":
        return "sounds"
    if name == "sequences":
        return "sequences"
    if name == "window":
        return "series"
    raise BadInput(
        "This run was trained on none of images, sounds, texts, sequences, a table or series: call its model.keras "
        f"from Python. Received: inputs of {shape}"
    )
