"""The residual networks for CIFAR-10: He et al., arXiv:1512.03385, section 4.2."""

from typing import Any, Literal

import keras
from kerasdl.arguments import known_arguments
from kerasdl.deprecation import renamed_arguments
from kerasdl.models.convolution import ImageShape
from kerasdl.models.resnet import resnet


@renamed_arguments(zero_gain="zero_init_residual")
@known_arguments(resnet)
def cifar_resnet(
    input_shape: ImageShape,
    classes: int = 10,
    *,
    depth: int = 20,
    shortcut: Literal["identity", "projection"] = "identity",
    **options: Any,
) -> keras.Model:
    """ResNet-20, 32, 44, 56 or 110 for images of about 32 pixels: three stages of 16, 32 and 64 channels.

    Args:
        input_shape: (height, width, channels); height and width may be None.
        classes: Number of logits.
        depth: Number of layers with weights, 6n + 2 for n blocks per stage.
        shortcut: "identity" (option A, as in the paper; no weights) or "projection" (option B).
        **options: As for `resnet`, such as `weights=PATH`, `preprocess`, `zero_init_residual`, `activation`,
            `name`.

    Returns:
        As for `resnet`.

    Raises:
        ValueError: A depth that is not 6n + 2; or as for `resnet`.

    Example:
        >>> model = kerasdl.models.cifar_resnet((32, 32, 3), 10, depth=32)
    """
    blocks, rest = divmod(depth - 2, 6)
    if blocks < 1 or rest:
        raise ValueError(f"depth must be 6n + 2: 20, 32, 44, 56, 110. Received: depth={depth}")
    defaults: dict[str, Any] = {"widths": (16, 32, 64), "stem": "small", "name": f"cifar_resnet{depth}"}
    return resnet(input_shape, classes, depths=(blocks,) * 3, shortcut=shortcut, **defaults | options)
