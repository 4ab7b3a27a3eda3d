"""Class probabilities from the outputs of a classifier."""

from typing import Any

import keras
from keras import layers, ops
from kerasdl.outputs import Outputs, class_outputs


def class_probabilities(model: keras.Model, predicted: Any, outputs: Outputs | None, *, tags: bool = False) -> Any:
    """Append the layers that turn the outputs of a classifier into float32 probabilities (batch, classes).

    Args:
        model: The classifier.
        predicted: Its symbolic output (batch, classes), or (batch, 1) for two classes.
        outputs: "logits" or "probabilities"; None reads it from the model.
        tags: Whether each column has a probability of its own, instead of the classes one together.

    Raises:
        ValueError: See `class_outputs`.

    Example:
        >>> keras.Model(model.inputs, class_probabilities(model, model.outputs[0], None))
    """
    columns = predicted.shape[-1]
    kind, options = class_outputs(model, columns, outputs, tags=tags), {"dtype": "float32", "name": "probabilities"}
    if kind == "logits" and tags:
        return layers.Activation("sigmoid", **options)(predicted)
    if kind == "logits":
        both = predicted if columns > 1 else layers.Concatenate()([ops.zeros_like(predicted), predicted])
        return layers.Softmax(**options)(both)
    if columns > 1 or tags:
        return layers.Identity(**options)(predicted)
    second = ops.cast(predicted, "float32")
    return layers.Concatenate(**options)([1 - second, second])
