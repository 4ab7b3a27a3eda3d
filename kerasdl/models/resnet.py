"""Residual networks: He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import keras
from keras import layers
from kerasdl.models.preprocess import Preprocess, preprocess_layer

Block = Callable[..., Any]


def resnet(
    input_shape: tuple[int | None, int | None, int],
    classes: int,
    *,
    depths: Sequence[int] = (2, 2, 2, 2),
    widths: Sequence[int] = (64, 128, 256, 512),
    block: Literal["basic", "bottleneck"] = "basic",
    stem: Literal["small", "large"] = "large",
    preprocess: Preprocess = None,
    classifier_activation: str | None = None,
    name: str = "resnet",
) -> keras.Model:
    """A residual network (v1.5: a bottleneck strides in its 3x3 convolution), arXiv:1512.03385.

    Layers are named by group: `stem_…`, `stage1_…` to `stageN_…`, `head_…`.

    Args:
        input_shape: (height, width, channels); height and width may be None.
        classes: Length of the output.
        depths: Blocks in each stage.
        widths: Channels of each stage (a bottleneck puts out four times as many).
        block: "basic" (two 3x3 convolutions) or "bottleneck" (1x1, 3x3, 1x1).
        stem: "large" for photographs (7x7 stride 2, then max pooling: a quarter of the size), "small" for images up
            to about 64 pixels (3x3 stride 1: full size).
        preprocess: What the model does to pixels of 0..255 first: None (nothing), "unit" (to [0, 1]), "symmetric"
            (to [-1, 1]), "imagenet", or a pair (mean, std) on the [0, 1] scale, numbers or one a channel.
        classifier_activation: None for logits, or an activation such as "softmax", as Keras's applications spell it.
        name: Name of the model.

    Returns:
        A functional model: (batch, height, width, channels) to float32 (batch, classes).

    Raises:
        ValueError: `depths` and `widths` differ in length, or an unknown block, stem or preprocess.

    Example:
        >>> model = kerasdl.models.resnet((32, 32, 3), 10, depths=(1, 1, 1), widths=(16, 32, 64), stem="small")
        >>> model.output_shape
        (None, 10)
    """
    if len(depths) != len(widths):
        raise ValueError(f"One width a stage. Received: depths={tuple(depths)}, widths={tuple(widths)}")
    build_block = _choose("block", block, _BLOCKS)
    inputs = keras.Input(input_shape, name="images")
    x = preprocess_layer(preprocess, name="stem_preprocess")(inputs) if preprocess is not None else inputs
    x = _choose("stem", stem, _STEMS)(x, widths[0])
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True), start=1):
        for index in range(1, depth + 1):
            stride = 2 if stage > 1 and index == 1 else 1
            x = build_block(x, width, stride=stride, name=f"stage{stage}_block{index}")
    x = layers.GlobalAveragePooling2D(name="head_pool")(x)
    x = layers.Dense(classes, dtype="float32", name="head_logits")(x)
    if classifier_activation is not None:
        x = layers.Activation(classifier_activation, dtype="float32", name="head_activation")(x)
    return keras.Model(inputs, x, name=name)


resnet8 = partial(resnet, depths=(1, 1, 1), widths=(32, 64, 128), stem="small", name="resnet8")
resnet10 = partial(resnet, depths=(1, 1, 1, 1), name="resnet10")
resnet18 = partial(resnet, depths=(2, 2, 2, 2), name="resnet18")
resnet34 = partial(resnet, depths=(3, 4, 6, 3), name="resnet34")
resnet50 = partial(resnet, depths=(3, 4, 6, 3), block="bottleneck", name="resnet50")


def _large_stem(x: Any, width: int) -> Any:
    x = _conv_norm(x, width, kernel=7, stride=2, name="stem")
    x = layers.Activation("relu", name="stem_relu")(x)
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name="stem_pool")(x)


def _small_stem(x: Any, width: int) -> Any:
    return layers.Activation("relu", name="stem_relu")(_conv_norm(x, width, name="stem"))


def _basic_block(x: Any, width: int, *, stride: int, name: str) -> Any:
    shortcut = _shortcut(x, width, stride=stride, name=name)
    x = _conv_norm(x, width, stride=stride, name=name, suffix="1")
    x = layers.Activation("relu", name=f"{name}_relu1")(x)
    x = _conv_norm(x, width, name=name, suffix="2")
    return _join(x, shortcut, name=name)


def _bottleneck_block(x: Any, width: int, *, stride: int, name: str) -> Any:
    shortcut = _shortcut(x, 4 * width, stride=stride, name=name)
    x = _conv_norm(x, width, kernel=1, name=name, suffix="1")
    x = layers.Activation("relu", name=f"{name}_relu1")(x)
    x = _conv_norm(x, width, stride=stride, name=name, suffix="2")
    x = layers.Activation("relu", name=f"{name}_relu2")(x)
    x = _conv_norm(x, 4 * width, kernel=1, name=name, suffix="3")
    return _join(x, shortcut, name=name)


def _shortcut(x: Any, width: int, *, stride: int, name: str) -> Any:
    if stride == 1 and x.shape[-1] == width:
        return x
    return _conv_norm(x, width, kernel=1, stride=stride, name=name, suffix="_shortcut")


def _join(x: Any, shortcut: Any, *, name: str) -> Any:
    x = layers.Add(name=f"{name}_add")([x, shortcut])
    return layers.Activation("relu", name=f"{name}_relu")(x)


def _conv_norm(x: Any, width: int, *, kernel: int = 3, stride: int = 1, name: str, suffix: str = "") -> Any:
    """Convolution without bias, then BatchNormalization, with the paper's padding of kernel // 2 on every side."""
    # Keras's own "same" pads one side only where the stride is 2, which shifts the picture by a pixel.
    if stride > 1 and kernel > 1:
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad{suffix}")(x)
    x = layers.Conv2D(
        width,
        kernel,
        strides=stride,
        padding="valid" if stride > 1 else "same",
        use_bias=False,
        kernel_initializer=keras.initializers.VarianceScaling(2.0, mode="fan_out", distribution="untruncated_normal"),
        name=f"{name}_conv{suffix}",
    )(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm{suffix}")(x)


def _choose(argument: str, value: str, choices: dict[str, Block]) -> Block:
    if value not in choices:
        raise ValueError(f"{argument} must be one of {list(choices)}. Received: {argument}={value!r}")
    return choices[value]


_BLOCKS: dict[str, Block] = {"basic": _basic_block, "bottleneck": _bottleneck_block}
_STEMS: dict[str, Block] = {"small": _small_stem, "large": _large_stem}
