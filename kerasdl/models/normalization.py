"""Normalizations by name, for vectors and images alike."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import keras
from kerasdl.layers import BatchRenormalization

Normalization = Literal["none", "batch", "batch_renorm", "layer", "instance", "group"]
# Keras's momentum of 0.99 and epsilon of 1e-3 are not what the papers and other libraries train with.
MOMENTUM, EPSILON = 0.9, 1e-5
# Wu and He, arXiv:1803.08494, found 32 groups, or 16 channels in each, to do equally well.
MOST_GROUPS, GROUP_SIZE = 32, 16


def normalization_layer(
    kind: Normalization, *, shape: Sequence[int | None], name: str, gamma_initializer: str = "ones"
) -> keras.layers.Layer:
    """The layer that normalizes a tensor of `shape`, with a learned gain and offset a channel.

    Args:
        kind: "batch" (Ioffe and Szegedy, arXiv:1502.03167): each channel over the batch and the positions.
            "batch_renorm" (Ioffe, arXiv:1702.03275): the same, for small batches; see `BatchRenormalization`.
            "layer" (Ba et al., arXiv:1607.06450): each position over its channels. "instance" (Ulyanov et al.,
            arXiv:1607.08022): each channel of a sample over its positions. "group" (Wu and He, arXiv:1803.08494):
            groups of a sample's channels over the positions; the largest number of groups up to 32 that divides the
            channels, and on vectors of at least 16 features each, or one group. "none": nothing.
        shape: (batch, [positions …,] channels), as `x.shape`.
        name: Name of the layer.
        gamma_initializer: What the gain begins at; "zeros" keeps a residual branch silent at first.

    Returns:
        A layer that keeps shape and dtype and computes its statistics in float32.

    Raises:
        ValueError: Another kind, or "instance" without positions.

    Example:
        >>> normalization_layer("group", shape=(None, 8, 8, 48), name="stem_norm").groups
        24
    """
    if kind not in _MAKERS:
        raise ValueError(f"normalization must be one of {list(get_args(Normalization))}. Received: {kind!r}")
    gain = {} if kind == "none" else {"gamma_initializer": gamma_initializer}
    return _MAKERS[kind](tuple(shape), name=name, **gain)


def _batch(_: tuple[int | None, ...], **options: Any) -> keras.layers.Layer:
    return keras.layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, **options)


def _batch_renorm(_: tuple[int | None, ...], **options: Any) -> keras.layers.Layer:
    return BatchRenormalization(epsilon=EPSILON, **options)


def _layer(_: tuple[int | None, ...], **options: Any) -> keras.layers.Layer:
    return keras.layers.LayerNormalization(epsilon=EPSILON, **options)


def _instance(shape: tuple[int | None, ...], **options: Any) -> keras.layers.Layer:
    if _has_one_position(shape):
        raise ValueError(
            "Instance normalization needs positions to average over: here a channel of a sample is one number, and "
            f"less its own mean that is always 0. Take 'layer' or 'batch'. Received: shape={shape}"
        )
    return keras.layers.GroupNormalization(groups=-1, epsilon=EPSILON, **options)


def _group(shape: tuple[int | None, ...], **options: Any) -> keras.layers.Layer:
    channels = int(shape[-1] or 0)
    # Of a single feature nothing is left, and of a few only their order; a group of an image has many positions.
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
