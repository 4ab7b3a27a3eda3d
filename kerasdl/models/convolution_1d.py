"""Building blocks of the convolutional networks on sequences, in which padding is masked."""

from typing import Any

from keras import layers
from kerasdl.layers import MaskedConv1D
from kerasdl.models.normalization import normalization_layer


def conv_norm(x: Any, filters: int, kernel_size: int, *, name: str, suffix: str = "") -> Any:
    """Convolution over the steps, then batch normalization; padding is zeros to the one, and nothing to the other.

    Args:
        x: (batch, length, channels), maybe masked.
        filters: Number of output channels.
        kernel_size: Length of the kernel, in steps.
        name: Prefix of the layer names: `NAME_conv`, `NAME_norm`.
        suffix: Suffix of the layer names.

    Returns:
        A tensor (batch, length, filters) with the same mask.

    Example:
        >>> conv_norm(keras.Input((None, 6)), 64, 8, name="stage1").shape
        (None, None, 64)
    """
    options: dict[str, Any] = {"use_bias": False, "kernel_initializer": "he_normal", "name": f"{name}_conv{suffix}"}
    x = MaskedConv1D(filters, kernel_size, **options)(x)
    return normalization_layer("batch", shape=x.shape, name=f"{name}_norm{suffix}")(x)


def mean_of_steps(x: Any, *, name: str) -> Any:
    """The mean over the steps that are not masked, in a layer of that name.

    Args:
        x: (batch, length, channels), maybe masked.
        name: Name of the layer.

    Returns:
        A float32 tensor (batch, channels).

    Example:
        >>> mean_of_steps(keras.Input((None, 6)), name="head_pool").shape
        (None, 6)
    """
    # In float32: a sum of many steps loses small terms in half precision.
    return layers.GlobalAveragePooling1D(dtype="float32", name=name)(x)
