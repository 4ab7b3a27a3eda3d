"""Families of keras.applications: their layer groups, and the scaling of pixels that their weights expect."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import keras
from keras.src.models.functional import Functional

# Names that Keras makes up and numbers through a whole session: conv2d_94 may be the first of its network.
_NUMBERED = ("conv2d", "batch_normalization", "layer_normalization")
_HEAD = "head_|predictions(/|$)|fc[12](/|$)"


@dataclass(frozen=True)
class Family:
    """A family of keras.applications.

    Args:
        landmark: Regular expression for the whole name of a layer that only this family has.
        stages: Regular expression by layer group, split where the resolution is halved, like the stages of kerasdl
            builders; matched at the start of layer names.
        preprocess: Scaling of pixels of 0..255 that its weights expect, as for `models.replace_head`; None if the
            network always scales them itself.
        numbered: For each group, how many layers whose names Keras numbers (of each kind) come before its end.
        head: Regular expression for the layers of the original head that have other names than usual.
    """

    landmark: str
    stages: dict[str, str]
    preprocess: Literal["caffe", "imagenet", "symmetric"] | tuple[float, float] | None = None
    numbered: Sequence[int] = ()
    head: str = ""

    def patterns(self, names: Sequence[str]) -> dict[str, str]:
        """Regular expressions by layer group, those of numbered names for one network.

        Args:
            names: Names of the layers with weights of that network.

        Returns:
            The expressions of the stages, then that of the head.
        """
        ends = (0, *(self.numbered or [0] * len(self.stages)))
        kinds = [_in_order(kind, names) for kind in _NUMBERED]
        patterns = {}
        for (group, pattern), (start, end) in zip(self.stages.items(), pairwise(ends), strict=True):
            numbered = "|".join(name for kind in kinds for name in kind[start:end])
            patterns[group] = _any_of(pattern, numbered and f"({numbered})(/|$)")
        return {**patterns, "head": _any_of(_HEAD, self.head)}


def recognize(model: keras.Model) -> tuple[Family, dict[str, str]] | None:
    """The family of a network, by its layer names.

    Args:
        model: A built model, which may be cut off at an inner layer, have another head, or be nested.

    Returns:
        The family and its patterns for this network; None if there is no landmark or a layer with weights is not in
        exactly one group.

    Example:
        >>> family, patterns = recognize(keras.applications.VGG16(weights=None, include_top=False))
        >>> family.preprocess
        'caffe'
    """
    layers = [layer for _, layer in flat_layers(model)]
    names = [layer.name for layer in layers if layer.weights]
    for family in FAMILIES:
        if any(re.fullmatch(family.landmark, layer.name) for layer in layers):
            patterns = family.patterns(names)
            if all(sum(bool(re.match(each, name)) for each in patterns.values()) == 1 for name in names):
                return family, patterns
    return None


def flat_layers(model: keras.Model, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Layers and their paths, those of nested models one by one, also of a model inside a wrapper."""
    for layer in model.layers:
        inside = layer.layer if isinstance(layer, keras.layers.Wrapper) else layer
        if isinstance(inside, keras.Sequential | Functional):
            yield from flat_layers(inside, f"{prefix}{layer.name}/")
        else:
            yield f"{prefix}{layer.name}", layer


def _any_of(*patterns: str) -> str:
    return "|".join(filter(None, patterns)) or "(?!)"


def _in_order(kind: str, names: Sequence[str]) -> list[str]:
    """The names that Keras numbered, in the order in which their layers were made."""
    numbers = {name: int(match[1] or 0) for name in names if (match := re.fullmatch(rf"{kind}(?:_(\d+))?", name))}
    return sorted(numbers, key=numbers.__getitem__)


_RESNET = {
    "stem": "conv1_",
    "stage1": "(conv|pool)2_",
    "stage2": "(conv|pool)3_",
    "stage3": "(conv|pool)4_",
    "stage4": "conv5_|(post_)?bn(/|$)",
}
_EFFICIENTNET = {
    "stem": "normalization|stem_",
    "stage1": "block[12][a-z]",
    "stage2": "block3[a-z]",
    "stage3": "block[45][a-z]",
    "stage4": "block[67][a-z]|top_",
}
_NASNET_CELL = r"(adjust_(bn|conv_[12]|conv_projection)|normal_(bn|conv)_1|[^/]*_normal_(left|right)\d)_"

FAMILIES: tuple[Family, ...] = (
    # ResNet50, 101 and 152, then the same in version 2, then DenseNet121, 169 and 201.
    Family("conv2_block1_3_bn", _RESNET, "caffe"),
    Family("conv2_block1_preact_bn", _RESNET, "symmetric"),
    Family("conv2_block1_0_bn", _RESNET, "imagenet"),
    # VGG16 and 19.
    Family("block3_conv3", {f"stage{stage}": f"block{stage}_conv" for stage in range(1, 6)}, "caffe"),
    # MobileNet, V2, V3Large and V3Small.
    Family(
        "conv_pw_1",
        {
            "stem": "conv1(_bn)?(/|$)|conv_[dp]w_1(_|/|$)",
            "stage1": "conv_[dp]w_[23](_|/|$)",
            "stage2": "conv_[dp]w_[45](_|/|$)",
            "stage3": "conv_[dp]w_([6-9]|1[01])(_|/|$)",
            "stage4": "conv_[dp]w_1[23](_|/|$)",
        },
        "symmetric",
        head="conv_preds(/|$)",
    ),
    Family(
        "bn_Conv1",
        {
            "stem": "(bn_)?Conv1(/|$)|expanded_conv_",
            "stage1": "block_[12]_",
            "stage2": "block_[345]_",
            "stage3": "block_([6-9]|1[012])_",
            "stage4": "block_1[3-6]_|Conv_1",
        },
        "symmetric",
    ),
    Family(
        "expanded_conv_14_depthwise",
        {
            "stem": "conv(_bn)?(/|$)|expanded_conv_[dps]",
            "stage1": "expanded_conv_[12]_",
            "stage2": "expanded_conv_[345]_",
            "stage3": "expanded_conv_([6-9]|1[01])_",
            "stage4": "expanded_conv_1[2-4]_|conv_1(_bn)?(/|$)",
        },
        "symmetric",
        head="(conv_2|logits)(/|$)",
    ),
    Family(
        "expanded_conv_10_depthwise",
        {
            "stem": "conv(_bn)?(/|$)",
            "stage1": "expanded_conv_[dps]",
            "stage2": "expanded_conv_[12]_",
            "stage3": "expanded_conv_[3-7]_",
            "stage4": "expanded_conv_([89]|10)_|conv_1(_bn)?(/|$)",
        },
        "symmetric",
        head="(conv_2|logits)(/|$)",
    ),
    # EfficientNetB0 to B7, then V2S, M and L, then V2B0 to B3.
    Family("block1a_dwconv", _EFFICIENTNET),
    Family("block4f_dwconv2", _EFFICIENTNET, (128 / 255, 128 / 255)),
    Family("block4a_dwconv2", _EFFICIENTNET, "imagenet"),
    # ConvNeXtTiny to XLarge; their names begin with that of the network.
    Family(
        "[^/]*_stage_0_block_0_depthwise_conv",
        {
            "stem": "[^/]*_stem_(conv|layernorm)(/|$)",
            "stage1": "[^/]*_stage_0_block_",
            "stage2": "[^/]*_(stage_1_block_|downsampling_(conv|layernorm)_0(/|$))",
            "stage3": "[^/]*_(stage_2_block_|downsampling_(conv|layernorm)_1(/|$))",
            "stage4": "[^/]*_(stage_3_block_|downsampling_(conv|layernorm)_2(/|$))",
        },
        "imagenet",
        numbered=(0, 0, 0, 0, 1),
        head="[^/]*_head_(layernorm|dense)(/|$)",
    ),
    # Xception, InceptionV3 and InceptionResNetV2.
    Family(
        "block2_sepconv1",
        {
            "stem": "block1_",
            "stage1": "block2_",
            "stage2": "block3_",
            "stage3": "block([4-9]|1[012])_",
            "stage4": "block1[34]_",
        },
        "symmetric",
        numbered=(0, 1, 2, 3, 4),
    ),
    Family("mixed0", {"stem": "", "stage1": "", "stage2": "", "stage3": ""}, "symmetric", numbered=(5, 26, 70, 94)),
    Family(
        "block35_1_conv",
        {"stem": "", "stage1": "block35_", "stage2": "block17_", "stage3": "block8_|conv_7b"},
        "symmetric",
        numbered=(5, 72, 156, 203),
    ),
    # NASNetMobile and Large.
    Family(
        "reduction_conv_1_reduce_4",
        {
            "stem": "stem_|[^/]*_stem_1(/|$)",
            "stage1": f"[^/]*_stem_2(/|$)|{_NASNET_CELL}[0-3](/|$)",
            "stage2": f"[^/]*_reduce_4(/|$)|{_NASNET_CELL}[5-8](/|$)",
            "stage3": f"[^/]*_reduce_8(/|$)|{_NASNET_CELL}(9|1[012])(/|$)",
        },
        "symmetric",
    ),
    Family(
        "reduction_conv_1_reduce_6",
        {
            "stem": "stem_|[^/]*_stem_1(/|$)",
            "stage1": f"[^/]*_stem_2(/|$)|{_NASNET_CELL}[0-5](/|$)",
            "stage2": f"[^/]*_reduce_6(/|$)|{_NASNET_CELL}([789]|1[012])(/|$)",
            "stage3": f"[^/]*_reduce_12(/|$)|{_NASNET_CELL}1[3-8](/|$)",
        },
        "symmetric",
    ),
)
