"""The parts of a residual network: stems, blocks and shortcuts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import layers
from kerasdl.layers import IdentityShortcut
from kerasdl.models.convolution import Style


@dataclass(frozen=True)
class Parts:
    """Options that all blocks of a network share.

    Attributes:
        style: Activation and normalization.
        shortcut: A value of SHORTCUTS: brings a block's input to the size and channels of its branch.
        zero_init: Whether a branch starts at 0, so that its block starts as the shortcut alone.
    """

    style: Style
    shortcut: Callable[..., Any]
    zero_init: bool

    def join(self, x: Any, before: Any, *, strides: int, name: str) -> Any:
        """Add the shortcut to a branch, then apply the activation."""
        if strides > 1 or before.shape[-1] != x.shape[-1]:
            before = self.shortcut(before, x.shape[-1], self.style, strides=strides, name=name)
        x = layers.Add(name=f"{name}_add")([x, before])
        return self.style.activate(x, name=name)


def _large_stem(x: Any, width: int, style: Style) -> Any:
    x = style.conv_norm(x, width, kernel_size=7, strides=2, name="stem")
    return _quarter(style.activate(x, name="stem"))


def _deep_stem(x: Any, width: int, style: Style) -> Any:
    for index, (filters, strides) in enumerate([(width // 2, 2), (width // 2, 1), (width, 1)], start=1):
        x = style.conv_norm(x, filters, strides=strides, name="stem", suffix=str(index))
        x = style.activate(x, name="stem", suffix=str(index))
    return _quarter(x)


def _small_stem(x: Any, width: int, style: Style) -> Any:
    return style.activate(style.conv_norm(x, width, name="stem"), name="stem")


def _quarter(x: Any) -> Any:
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name="stem_pool")(x)


def _basic_block(x: Any, width: int, parts: Parts, *, strides: int, name: str) -> Any:
    before, style = x, parts.style
    x = style.conv_norm(x, width, strides=strides, name=name, suffix="1")
    x = style.activate(x, name=name, suffix="1")
    x = style.conv_norm(x, width, name=name, suffix="2", zero_init=parts.zero_init)
    return parts.join(x, before, strides=strides, name=name)


def _bottleneck_block(x: Any, width: int, parts: Parts, *, strides: int, name: str) -> Any:
    before, style = x, parts.style
    x = style.conv_norm(x, width, kernel_size=1, name=name, suffix="1")
    x = style.activate(x, name=name, suffix="1")
    x = style.conv_norm(x, width, strides=strides, name=name, suffix="2")
    x = style.activate(x, name=name, suffix="2")
    x = style.conv_norm(x, 4 * width, kernel_size=1, name=name, suffix="3", zero_init=parts.zero_init)
    return parts.join(x, before, strides=strides, name=name)


def _projection(x: Any, filters: int, style: Style, *, strides: int, name: str) -> Any:
    return style.conv_norm(x, filters, kernel_size=1, strides=strides, name=name, suffix="_shortcut")


def _pooled(x: Any, filters: int, style: Style, *, strides: int, name: str) -> Any:
    if strides > 1:
        x = layers.AveragePooling2D(strides, padding="same", name=f"{name}_pool_shortcut")(x)
    return x if x.shape[-1] == filters else _projection(x, filters, style, strides=1, name=name)


def _identity(x: Any, filters: int, _: Style, *, strides: int, name: str) -> Any:
    return IdentityShortcut(filters, strides, name=f"{name}_shortcut")(x)


# Each stem with the number of times it halves the image.
STEMS: dict[str, tuple[Callable[..., Any], int]] = {
    "small": (_small_stem, 0),
    "large": (_large_stem, 2),
    "deep": (_deep_stem, 2),
}
BLOCKS: dict[str, Callable[..., Any]] = {"basic": _basic_block, "bottleneck": _bottleneck_block}
SHORTCUTS: dict[str, Callable[..., Any]] = {"projection": _projection, "pooled": _pooled, "identity": _identity}
