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


def fitted_to(preprocess: Preprocess, channels: int) -> Preprocess:
    """The same preprocessing for images of `channels` channels.

    ImageNet's statistics are those of red, green and blue: one channel takes their means, any other number takes them
    in turn, as the first kernel of pretrained weights does. Statistics of the user's must fit as they are.

    Args:
        preprocess: As for `preprocess_layer`, or None.
        channels: Of the images.

    Returns:
        None, a name, or a pair (mean, std).

    Raises:
        ValueError: As many means or deviations as channels are needed, or one.

    Example:
        >>> mean, std = fitted_to("imagenet", 1)
        >>> round(mean[0], 3), round(std[0], 3)
        (0.449, 0.226)
    """
    if preprocess == "imagenet":
        mean, std = (np.asarray(each) for each in IMAGENET)
        if channels == 1:
            return [float(mean.mean())], [float(std.mean())]
        return np.resize(mean, channels).tolist(), np.resize(std, channels).tolist()
    if isinstance(preprocess, tuple | list) and any(np.size(each) not in (1, channels) for each in preprocess):
        raise ValueError(f"One mean and deviation, or one for each of {channels} channels. Received: {preprocess=}")
    return preprocess
