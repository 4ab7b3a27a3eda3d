"""Options for an image network, and the network with its images: new, pretrained, or of an earlier run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
from kerasdl import distribute, models
from kerasdl.data import images
from kerasdl.errors import BadInput
from kerasdl.runs.earlier_run import load_run
from kerasdl.runs.image_data import ImageData, load_images
from kerasdl.runs.options import Options
from kerasdl.runs.transfer import Transfer


@dataclass(frozen=True)
class ImageNetwork:
    """Options for an image network.

    Example:
        >>> options = ImageNetwork(arch="resnet18", image_size=128)
    """

    arch: Literal["auto", "resnet8", "resnet10", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"] = "auto"
    """Architecture; auto: resnet18, but resnet8 up to 32 pixels without pretrained weights."""
    stem: Literal["auto", "small", "large"] = "auto"
    """First layers: small keeps the size, large quarters it; auto: small up to 16 pixels, but large for imagenet."""
    head: Literal["linear", "fastai"] = "linear"
    """Last layers: average pooling and logits, or fastai's two dense layers with dropout."""
    image_size: int | None = None
    """Image side in pixels; by default the shorter side of the first image, at most 128."""
    channels: Literal[1, 3] = 3
    """Channels of images in a folder: 3 for color, 1 for grayscale."""
    preprocess: Literal["auto", "unit", "symmetric", "imagenet"] = "auto"
    """Scaling in the model: to [0, 1], to [-1, 1], or ImageNet's; auto: imagenet with its weights, else symmetric."""


def images_and_network(
    data: ImageData, network: ImageNetwork, transfer: Transfer, run: Options, *, any_size: bool = False
) -> tuple[images.Images, keras.Model]:
    """The images, and the network that classifies them.

    Args:
        data: Options for the images.
        network: Options for the network.
        transfer: Which weights it starts from.
        run: Options of the run.
        any_size: Whether the network must accept images of several sizes.

    Raises:
        BadInput: Options that an earlier run determines, weights without a known scaling, or as `load_images` says.

    Example:
        >>> pets, model = images_and_network(ImageData("pets"), ImageNetwork(), Transfer("imagenet"), Options())
    """
    if transfer.origin == "file" and network.preprocess == "auto":
        raise BadInput(f"Weights from a file need their scaling (--preprocess). Received: weights={transfer.weights!r}")
    if transfer.origin == "run":
        if any_size:
            raise BadInput(f"After an earlier run images cannot grow (--start-size). Received: {transfer.weights!r}")
        return _of_earlier_run(data, network, transfer, run)
    found = load_images(data, seed=run.seed, image_size=network.image_size, channels=network.channels)
    side, count, imagenet = max(found.shape[:2]), len(found.classes), transfer.weights == "imagenet"
    small = side <= 32 and not transfer.is_pretrained
    arch = network.arch if network.arch != "auto" else "resnet8" if small else "resnet18"
    stem = network.stem if network.stem != "auto" else "small" if side <= 16 and not imagenet else "large"
    scaling = "imagenet" if imagenet else "symmetric"
    preprocess = scaling if network.preprocess == "auto" else network.preprocess
    shape = (None, None, found.shape[2]) if any_size else found.shape
    build, options = getattr(models, arch), {"stem": stem, "preprocess": preprocess}
    with distribute.strategy().scope():
        if not transfer.is_pretrained:
            return found, build(shape, count, head=network.head, **options)
        body = build(shape, include_top=False, weights=transfer.weights, **options)
        return found, models.replace_head(body, count, head=network.head)


def _of_earlier_run(
    data: ImageData, network: ImageNetwork, transfer: Transfer, run: Options
) -> tuple[images.Images, keras.Model]:
    fixed = ("arch", "stem", "image_size", "channels", "preprocess")
    if given := [name for name in fixed if getattr(network, name) != getattr(ImageNetwork, name)]:
        raise BadInput(f"The earlier run determines {', '.join(given)}. Received: weights={transfer.weights!r}")
    with distribute.strategy().scope():
        base = load_run(Path(transfer.weights))
    found = {layer.name: layer for layer in base._flatten_layers()}
    if "fit_image" not in found or "stem_conv" not in found:
        raise BadInput(f"The earlier run is not an image classifier. Received: weights={transfer.weights!r}")
    fit, channels, precision = found["fit_image"], base.input_shape[-1], found["stem_conv"].dtype_policy.name
    if run.precision not in ("auto", precision):
        raise BadInput(f"The earlier run determines the precision, {precision}. Received: precision={run.precision}")
    keras.mixed_precision.set_dtype_policy(precision)
    loaded = load_images(data, seed=run.seed, image_size=(fit.height, fit.width), channels=channels)
    if loaded.shape[-1] != channels:
        raise BadInput(f"The earlier run needs images of {channels} channels. Received: {loaded.shape[-1]} channels")
    with distribute.strategy().scope():
        return loaded, models.replace_head(base, len(loaded.classes), head=network.head)
