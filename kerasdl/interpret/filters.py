"""The filters of the first convolution, as images."""

import keras
import numpy as np
from keras import ops
from kerasdl.errors import BadInput
from kerasdl.interpret.layer_calls import layers_by_path


def first_filters(model: keras.Model) -> np.ndarray:
    """The kernels of the first convolution, scaled for display (Zeiler and Fergus, arXiv:1311.2901).

    Each filter is scaled by its largest weight: 127.5, middle gray, is 0. Filters of three channels are shown as red,
    green and blue, whatever the order in which the network reads colors.

    Args:
        model: A model with a convolution of images, which may be in a nested model.

    Returns:
        float32 (count, height, width, 1 or 3), from 0 to 255, for `plots.filter_sheet`. With other than 1 or 3 channels
        each channel of each filter is an image of its own, those of a filter one after the other.

    Raises:
        BadInput: The model has no convolution of images.

    Example:
        >>> first_filters(kerasdl.models.resnet8((32, 32, 3), 10)).shape
        (32, 3, 3, 3)
    """
    convolution = next((each for each in layers_by_path(model).values() if isinstance(each, _CONVOLUTIONS)), None)
    if convolution is None:
        raise BadInput(f"The model has no convolution of images. Received: {model.name!r}")
    kernel = ops.convert_to_numpy(convolution.kernel).astype(np.float32)  # (height, width, channels, filters)
    height, width, channels, _ = kernel.shape
    filters = kernel.transpose(3, 0, 1, 2)
    if channels not in (1, 3):
        filters = filters.transpose(0, 3, 1, 2).reshape(-1, height, width, 1)
    largest = np.abs(filters).max(axis=(1, 2, 3), keepdims=True)
    return 127.5 + 127.5 * filters / np.where(largest > 0, largest, 1)


_CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
