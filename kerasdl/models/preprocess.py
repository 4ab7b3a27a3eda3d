"""Preprocessing inside the model: scaling of pixels of 0..255."""

from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

Statistics = tuple[float | Sequence[float], float | Sequence[float]]
Preprocess = Literal["unit", "symmetric", "imagenet"] | Statistics | None
IMAGENET: Statistics = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
# Means of blue, green and red on the scale of 0..255, by Caffe's reference network.
_CAFFE = (103.939, 116.779, 123.68)


def preprocess_layer(preprocess: Preprocess, *, name: str) -> keras.layers.Layer:
    """Create the layer that scales pixels of 0..255 to [0, 1], to [-1, 1], or by mean and standard deviation.

    Args:
        preprocess: "unit", "symmetric", "imagenet" (its mean and standard deviation), or (mean, std) on the [0, 1]
            scale, each one number or one per channel.
        name: Name of the layer.

    Returns:
        A `keras.layers.Rescaling` in float32.

    Raises:
        ValueError: Any other value, or a standard deviation that is not positive.

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
                raise ValueError(f"The standard deviation must be positive. Received: preprocess={preprocess}")
            scale, offset = (1 / (255 * std)).tolist(), (-mean / std).tolist()
        case _:
            raise ValueError(
                "preprocess must be 'unit', 'symmetric', 'imagenet' or (mean, std). "
                f"Received: preprocess={preprocess!r}"
            )
    return keras.layers.Rescaling(scale, offset, dtype="float32", name=name)


def preprocessed(images: Any, preprocess: Preprocess | Literal["caffe"], *, name: str) -> Any:
    """Scale a tensor of images, with ImageNet's statistics adapted to its channels.

    Args:
        images: (batch, height, width, channels), pixels of 0..255.
        preprocess: As for `preprocess_layer`; or "caffe", which expects blue, green and red minus their means on
            ImageNet. One channel gets the mean of these.
        name: Name of the layer that scales.

    Returns:
        A float32 tensor of the same shape.

    Raises:
        ValueError: "caffe" for other than 1 or 3 channels; or as for `preprocess_layer` and `fitted_to`.

    Example:
        >>> preprocessed(np.full((1, 1, 1, 3), 255.0), "caffe", name="stem_preprocess")[0, 0, 0].numpy().round(1)
        array([151.1, 138.2, 131.3], dtype=float32)
    """
    channels = images.shape[-1]
    if preprocess != "caffe":
        return preprocess_layer(fitted_to(preprocess, channels), name=name)(images)
    if channels not in (1, 3):
        raise ValueError(
            "Images that are not gray or color have no order of blue, green and red. Pass another preprocess=, such as "
            f"'symmetric' or (mean, std). Received: preprocess='caffe', {channels} channels"
        )
    means = _CAFFE if channels == 3 else (sum(_CAFFE) / 3,)
    images = ops.flip(images, axis=-1) if channels == 3 else images
    return keras.layers.Rescaling(1.0, [-mean for mean in means], dtype="float32", name=name)(images)


def fitted_to(preprocess: Preprocess, channels: int) -> Preprocess:
    """Adapt preprocessing to a number of channels.

    ImageNet's statistics are those of red, green and blue: one channel gets their mean, any other number repeats them
    cyclically, as the first kernel of pretrained weights is adapted. Other statistics must match the channels.

    Args:
        preprocess: As for `preprocess_layer`, or None.
        channels: Number of channels of the images.

    Returns:
        None, a name, or (mean, std).

    Raises:
        ValueError: The number of means or standard deviations is neither 1 nor `channels`.

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
        raise ValueError(
            f"preprocess must hold one mean and standard deviation, or one per channel ({channels}). "
            f"Received: {preprocess=}"
        )
    return preprocess
