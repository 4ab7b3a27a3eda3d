"""Preprocessing that travels inside a model: from pixels of 0..255 to what the first convolution likes."""

from collections.abc import Sequence
from typing import Literal

import keras
import numpy as np

Statistics = tuple[float | Sequence[float], float | Sequence[float]]
Preprocess = Literal["unit", "symmetric", "imagenet"] | Statistics | None
IMAGENET: Statistics = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def preprocess_layer(preprocess: Preprocess, *, name: str) -> keras.layers.Layer:
    """The layer that scales pixels of 0..255: to [0, 1], to [-1, 1], or to zero mean and unit deviation.

    Args:
        preprocess: "unit", "symmetric", "imagenet" (its mean and deviation), or a pair (mean, std) on the [0, 1] scale,
            numbers or one a channel.
        name: Name of the layer.

    Returns:
        A `keras.layers.Rescaling`, which serializes and computes in float32.

    Raises:
        ValueError: None of these.

    Example:
        >>> preprocess_layer("symmetric", name="stem_preprocess")(np.array([0, 255])).numpy().tolist()
        [-1.0, 1.0]
    """
    match IMAGENET if preprocess == "imagenet" else preprocess:
        case "unit":
            scale, offset = 1 / 255, 0.0
        case "symmetric":
            scale, offset = 2 / 255, -1.0
        case (mean, std):
            mean, std = np.asarray(mean, float), np.asarray(std, float)
            if (std <= 0).any():
                raise ValueError(f"The deviation must be positive. Received: preprocess={preprocess}")
            scale, offset = (1 / (255 * std)).tolist(), (-mean / std).tolist()
        case _:
            raise ValueError(
                "preprocess must be 'unit', 'symmetric', 'imagenet' or a pair (mean, std). "
                f"Received: preprocess={preprocess!r}"
            )
    return keras.layers.Rescaling(scale, offset, dtype="float32", name=name)
