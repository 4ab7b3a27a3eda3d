"""Residual networks: He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385."""

import os
from collections.abc import Sequence
from typing import Any, Literal

import keras
from kerasdl.arguments import known_arguments
from kerasdl.deprecation import renamed_arguments
from kerasdl.models.convolution import ImageShape, Pooling, Style, choose, image_inputs, image_outputs
from kerasdl.models.heads import Head
from kerasdl.models.normalization import Normalization
from kerasdl.models.preprocess import Preprocess
from kerasdl.models.pretrained import initialize, published_preprocessing
from kerasdl.models.residual_blocks import BLOCKS, SHORTCUTS, STEMS, Parts

Shortcut = Literal["projection", "pooled", "identity"]
_RENAMED = renamed_arguments(zero_gain="zero_init_residual")


@_RENAMED
@known_arguments()
def resnet(
    input_shape: ImageShape,
    classes: int = 1000,
    *,
    depths: Sequence[int] = (2, 2, 2, 2),
    widths: Sequence[int] = (64, 128, 256, 512),
    block: Literal["basic", "bottleneck"] = "basic",
    stem: Literal["small", "large", "deep"] = "large",
    shortcut: Shortcut = "projection",
    zero_init_residual: bool = False,
    activation: str = "relu",
    normalization: Normalization = "batch",
    head: Head = "linear",
    include_top: bool = True,
    pooling: Pooling = None,
    weights: str | os.PathLike[str] | None = None,
    preprocess: Preprocess | Literal["auto"] = "auto",
    classifier_activation: str | None = None,
    name: str = "resnet",
) -> keras.Model:
    """A residual network (v1.5: a bottleneck strides in its 3x3 convolution), arXiv:1512.03385.

    Layers are named by group: `stem_…`, `stage1_…` to `stageN_…`, `head_…`. Arguments named as in keras.applications
    mean the same. fastai's xresnet is `stem="deep", shortcut="pooled", zero_init_residual=True`.

    Args:
        input_shape: (height, width, channels); height and width may be None.
        classes: Number of logits; ignored if `include_top` is False.
        depths: Number of blocks per stage.
        widths: Number of channels per stage (a bottleneck outputs four times as many).
        block: "basic" (two 3x3 convolutions) or "bottleneck" (1x1, 3x3, 1x1).
        stem: "large" for photographs (7x7 with stride 2, then max pooling: a quarter of the size), "deep" (three 3x3
            instead of the 7x7: ResNet-C of He et al., arXiv:1812.01187), "small" for images up to about 64 pixels
            (3x3 with stride 1: full size).
        shortcut: Where size or channels change: "projection" (1x1 convolution, option B of the paper), "pooled"
            (average pooling for the size, 1x1 convolution for the channels: ResNet-D, arXiv:1812.01187), "identity"
            (option A: no weights; see `IdentityShortcut`).
        zero_init_residual: Whether the last normalization gain of each block starts at 0, so that the block starts as
            its shortcut (Goyal et al., arXiv:1706.02677); without normalization the last kernel (Zhang et al.,
            arXiv:1901.09321).
        activation: Keras name of the activation: "relu", "mish" (arXiv:1908.08681), "silu" (arXiv:1702.03118), "gelu"
            (arXiv:1606.08415) and so on.
        normalization: "batch", "batch_renorm", "layer", "instance", "group", or "none", with which the convolutions
            have biases; papers in `normalization_layer`.
        head: "linear" (`linear_head`) or "fastai" (`fastai_head`).
        include_top: Whether to add a head; without it the model outputs features.
        pooling: Without a head: None for the feature map, "avg" or "max" for vectors.
        weights: None (random), "imagenet" for the depths of 18, 34, 50, 101 and 152 layers, or the path of a file for
            this network: .safetensors with torchvision's names, .weights.h5 or .keras; see `load_weights`. With
            "imagenet" any head other than the published one of 1000 classes is newly initialized.
        preprocess: Scaling of pixels of 0..255 inside the model: None (no scaling), "unit" (to [0, 1]), "symmetric"
            (to [-1, 1]), "imagenet", or (mean, std) on the [0, 1] scale, each one number or one per channel. "auto" is
            what `weights="imagenet"` needs, and None otherwise.
        classifier_activation: None for logits, or an activation such as "softmax".
        name: Name of the model.

    Returns:
        A functional model: (batch, height, width, channels) to float32 (batch, classes), or to float32 features.

    Raises:
        ValueError: `depths` and `widths` differ in length; an unknown option, or one that does not go with another.
        BadInput: Images too small for the network; weights that cannot be downloaded or read, or do not fit.

    Example:
        >>> model = kerasdl.models.resnet((32, 32, 3), 10, depths=(1, 1, 1), widths=(16, 32, 64), stem="small")
        >>> model.output_shape
        (None, 10)
    """
    if len(depths) != len(widths):
        raise ValueError(
            f"depths and widths must have one entry per stage. Received: depths={tuple(depths)}, widths={tuple(widths)}"
        )
    build_stem, halvings = choose("stem", stem, STEMS)
    build_block, style = choose("block", block, BLOCKS), Style(activation, normalization)
    parts = Parts(style, choose("shortcut", shortcut, SHORTCUTS), zero_init=zero_init_residual)
    if preprocess == "auto":
        preprocess = published_preprocessing(weights)
    inputs, x = image_inputs(input_shape, preprocess, smallest=_smallest(halvings + len(depths) - 1))
    x = build_stem(x, widths[0], style)
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True), start=1):
        for index in range(1, depth + 1):
            strides = 2 if stage > 1 and index == 1 else 1
            x = build_block(x, width, parts, strides=strides, name=f"stage{stage}_block{index}")
    end: dict[str, Any] = {"include_top": include_top, "pooling": pooling, "head": head}
    outputs = image_outputs(x, classes, classifier_activation=classifier_activation, **end)
    model = keras.Model(inputs, outputs, name=name)
    if weights is not None:
        initialize(model, weights, block=block, depths=depths, top=include_top)
    return model


@_RENAMED
@known_arguments(resnet)
def resnet8(input_shape: ImageShape, classes: int = 1000, **options: Any) -> keras.Model:
    """A ResNet for small images: small stem, then three basic blocks of 32, 64 and 128 channels (0.3 M weights).

    Args:
        input_shape: (height, width, channels); height and width may be None.
        classes: Number of logits.
        **options: As for `resnet`.

    Returns:
        As for `resnet`.

    Example:
        >>> model = kerasdl.models.resnet8((28, 28, 1), 10, preprocess="symmetric")
    """
    defaults: dict[str, Any] = {"widths": (32, 64, 128), "stem": "small", "name": "resnet8"}
    return resnet(input_shape, classes, depths=(1, 1, 1), **defaults | options)


@_RENAMED
@known_arguments(resnet)
def resnet10(input_shape: ImageShape, classes: int = 1000, **options: Any) -> keras.Model:
    """ResNet-10: one basic block per stage (4.9 M weights with 10 classes).

    Args:
        input_shape: (height, width, channels); height and width may be None.
        classes: Number of logits.
        **options: As for `resnet`.

    Returns:
        As for `resnet`.

    Example:
        >>> model = kerasdl.models.resnet10((64, 64, 3), 10)
    """
    return resnet(input_shape, classes, depths=(1, 1, 1, 1), **{"name": "resnet10"} | options)


@_RENAMED
@known_arguments(resnet)
def resnet18(input_shape: ImageShape, classes: int = 1000, **options: Any) -> keras.Model:
    """ResNet-18: two basic blocks per stage (11.7 M weights with 1000 classes), arXiv:1512.03385.

    Args:
        input_shape: (height, width, channels); height and width may be None.
        classes: Number of logits.
        **options: As for `resnet`, such as `weights="imagenet"`, `include_top=False`, `head="fastai"`, `preprocess`.

    Returns:
        As for `resnet`.

    Example:
        >>> model = kerasdl.models.resnet18((224, 224, 3), 37, weights="imagenet", head="fastai")
    """
    return resnet(input_shape, classes, depths=(2, 2, 2, 2), **{"name": "resnet18"} | options)


@_RENAMED
@known_arguments(resnet)
def resnet34(input_shape: ImageShape, classes: int = 1000, **options: Any) -> keras.Model:
    """ResNet-34: 3, 4, 6 and 3 basic blocks (21.8 M weights with 1000 classes), arXiv:1512.03385.

    Args:
        input_shape: (height, width, channels); height and width may be None.
        classes: Number of logits.
        **options: As for `resnet`, such as `weights="imagenet"`, `include_top=False`, `head="fastai"`, `preprocess`.

    Returns:
        As for `resnet`.

    Example:
        >>> model = kerasdl.models.resnet34((224, 224, 3), 37, weights="imagenet")
    """
    return resnet(input_shape, classes, depths=(3, 4, 6, 3), **{"name": "resnet34"} | options)


@_RENAMED
@known_arguments(resnet)
def resnet50(input_shape: ImageShape, classes: int = 1000, **options: Any) -> keras.Model:
    """ResNet-50: 3, 4, 6 and 3 bottlenecks (25.6 M weights with 1000 classes), arXiv:1512.03385.

    Args:
        input_shape: (height, width, channels); height and width may be None.
        classes: Number of logits.
        **options: As for `resnet`, such as `weights="imagenet"`, `include_top=False`, `head="fastai"`, `preprocess`.

    Returns:
        As for `resnet`.

    Example:
        >>> features = kerasdl.models.resnet50((224, 224, 3), weights="imagenet", include_top=False, pooling="avg")
        >>> features.output_shape
        (None, 2048)
    """
    return resnet(input_shape, classes, depths=(3, 4, 6, 3), block="bottleneck", **{"name": "resnet50"} | options)


@_RENAMED
@known_arguments(resnet)
def resnet101(input_shape: ImageShape, classes: int = 1000, **options: Any) -> keras.Model:
    """ResNet-101: 3, 4, 23 and 3 bottlenecks (44.5 M weights with 1000 classes), arXiv:1512.03385.

    Args:
        input_shape: (height, width, channels); height and width may be None.
        classes: Number of logits.
        **options: As for `resnet`, such as `weights="imagenet"`, `include_top=False`, `head="fastai"`, `preprocess`.

    Returns:
        As for `resnet`.

    Example:
        >>> model = kerasdl.models.resnet101((224, 224, 3), 37, weights="imagenet")
    """
    return resnet(input_shape, classes, depths=(3, 4, 23, 3), block="bottleneck", **{"name": "resnet101"} | options)


@_RENAMED
@known_arguments(resnet)
def resnet152(input_shape: ImageShape, classes: int = 1000, **options: Any) -> keras.Model:
    """ResNet-152: 3, 8, 36 and 3 bottlenecks (60.2 M weights with 1000 classes), arXiv:1512.03385.

    Args:
        input_shape: (height, width, channels); height and width may be None.
        classes: Number of logits.
        **options: As for `resnet`, such as `weights="imagenet"`, `include_top=False`, `head="fastai"`, `preprocess`.

    Returns:
        As for `resnet`.

    Example:
        >>> model = kerasdl.models.resnet152((224, 224, 3), 37, weights="imagenet")
    """
    return resnet(input_shape, classes, depths=(3, 8, 36, 3), block="bottleneck", **{"name": "resnet152"} | options)


def _smallest(halvings: int) -> int:
    """The smallest side for which no halving, rounding up, is applied to a single pixel."""
    return 2 ** (halvings - 1) + 1 if halvings else 1
