"""The inputs of networks on sequences: standardization, and the mask of padding."""

from typing import Any

import keras
import numpy as np
from keras import layers
from kerasdl.layers import MaskNaN
from kerasdl.models.preprocess import Statistics


def sequence_inputs(input_shape: tuple[int | None, int], preprocess: Statistics | None) -> tuple[Any, Any]:
    """The input tensor of a network on sequences, and the same standardized (`stem_preprocess`) and masked.

    Args:
        input_shape: (length, channels); length may be None.
        preprocess: (mean, std), each one number or one per channel; None for no standardization.

    Returns:
        (inputs, inputs after `stem_mask`), (batch, length, channels) each.

    Raises:
        ValueError: A standard deviation that is not positive.

    Example:
        >>> inputs, x = sequence_inputs((None, 6), ([0.0] * 6, [2.0] * 6))
    """
    inputs = keras.Input(input_shape, name="sequences")
    x = inputs if preprocess is None else _standardization(preprocess)(inputs)
    return inputs, MaskNaN(dtype="float32", name="stem_mask")(x)


def _standardization(preprocess: Statistics) -> keras.layers.Layer:
    """In float32, because the user's units may exceed the range of half precision. NaN stays NaN."""
    mean, std = (np.asarray(each, float) for each in preprocess)
    if not (std > 0).all():
        raise ValueError(f"The standard deviation must be positive. Received: preprocess={preprocess}")
    # Not keras.layers.Normalization: it raises a standard deviation below 1e-7 (currents in ampere) to 1e-7.
    return layers.Rescaling((1 / std).tolist(), (-mean / std).tolist(), dtype="float32", name="stem_preprocess")
