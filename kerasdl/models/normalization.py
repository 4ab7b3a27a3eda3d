"""Normalization layers by name, for vectors and images."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import keras
from kerasdl.layers import BatchNormalization, BatchRenormalization

Normalization = Literal["none", "batch", "batch_renorm", "layer", "instance", "group"]
# As in the papers and other libraries; Keras's defaults are 0.99 and 1e-3.
MOMENTUM, EPSILON = 0.9, 1e-5
# Wu and He, arXiv:1803.08494, found 32 groups and 16 channels per group equally good.
MOST_GROUPS, GROUP_SIZE = 32, 16


def normalization_layer(
    kind: Normalization, *, shape: Sequence[int | None], name: str, gamma_initializer: str = "ones"
) -> keras.layers.Layer:
    """Create the layer that normalizes a tensor of `shape`, with a learned gain and offset per channel.

    Args:
        kind: "batch" (Ioffe and Szegedy, arXiv:1502.03167): each channel over the batch and the positions; under the
            strategies of `kerasdl.distribute` over the batch of all devices.
            "batch_renorm" (Ioffe, arXiv:1702.03275): the same for small batches; see `BatchRenormalization`.
            "layer" (Ba et al., arXiv:1607.06450): each position over its channels. "instance" (Ulyanov et al.,
            arXiv:1607.08022): each channel of a sample over its positions. "group" (Wu and He, arXiv:1803.08494):
            groups of a sample's channels over the positions. The number of groups is the largest up to 32 that divides
            the channels; on vectors, groups have at least 16 features. "none": an identity layer.
        shape: (batch, [positions …,] channels), as `x.shape`.
        name: Name of the layer.
        gamma_initializer: Initializer of the gain; "zeros" lets a residual branch start at 0.

    Returns:
        A layer that preserves shape and dtype and computes its statistics in float32.

    Raises:
        ValueError: An unknown kind, or "instance" without positions.

    Example:
        >>> normalization_layer("group", shape=(None, 8, 8, 48), name="stem_norm").groups
        24
    """
    if kind not in _MAKERS:
        raise ValueError(
            f"normalization must be one of {list(get_args(Normalization))}. Received: normalization={kind!r}"
        )
    gain = {} if kind == "none" else {"gamma_initializer": gamma_initializer}
    return _MAKERS[kind](tuple(shape), name=name, **gain)


def _batch(_: tuple[int | None, ...], **options: Any) -> keras.layers.Layer:
    return BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, **options)


def _batch_renorm(_: tuple[int | None, ...], **options: Any) -> keras.layers.Layer:
    return BatchRenormalization(epsilon=EPSILON, **options)


def _layer(_: tuple[int | None, ...], **options: Any) -> keras.layers.Layer:
    return keras.layers.LayerNormalization(epsilon=EPSILON, **options)


def _instance(shape: tuple[int | None, ...], **options: Any) -> keras.layers.Layer:
    if _has_one_position(shape):
        raise ValueError(
            "normalization='instance' needs more than one position: a single number minus its own mean is always 0. "
            f"Use 'layer' or 'batch'. Received: shape={shape}"
        )
    return keras.layers.GroupNormalization(groups=-1, epsilon=EPSILON, **options)


def _group(shape: tuple[int | None, ...], **options: Any) -> keras.layers.Layer:
    channels = int(shape[-1] or 0)
    # On vectors small groups lose information: a single feature becomes 0. A group of an image has many positions.
    most = channels // GROUP_SIZE if _has_one_position(shape) else channels
    groups = max(count for count in range(1, max(1, min(MOST_GROUPS, most)) + 1) if channels % count == 0)
    return keras.layers.GroupNormalization(groups=groups, epsilon=EPSILON, **options)


def _none(_: tuple[int | None, ...], **options: Any) -> keras.layers.Layer:
    return keras.layers.Identity(**options)


def _has_one_position(shape: tuple[int | None, ...]) -> bool:
    return all(size == 1 for size in shape[1:-1])


_MAKERS: dict[str, Callable[..., keras.layers.Layer]] = {
    "none": _none,
    "batch": _batch,
    "batch_renorm": _batch_renorm,
    "layer": _layer,
    "instance": _instance,
    "group": _group,
}
