"""Which network learns the images: a new one, one with trained weights, or that of an earlier run under a new head."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
from kerasdl import models
from image_data import Data, load
from kerasdl.data import images
from kerasdl.errors import BadInput
from kerasdl.run_folder import load_run


@dataclass(frozen=True)
class Network(Data):
    """Options."""

    weights: str = "none"
    """Trained weights to begin with: imagenet; a file (see --preprocess); or the folder of an earlier run, whose
    network, image size and scaling are kept."""
    arch: Literal["auto", "resnet8", "resnet10", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"] = "auto"
    """Network; auto is resnet18, but resnet8 up to 32 pixels without weights."""
    stem: Literal["auto", "small", "large"] = "auto"
    """First layers: small keeps the image's size, large quarters it; auto is small up to 16 pixels."""
    head: Literal["linear", "fastai"] = "linear"
    """Last layers: average pooling and logits, or fastai's two dense layers with dropout."""
    image_size: int | None = None
    """Side in pixels; by default the shorter side of the first image, at most 128."""
    channels: Literal[1, 3] = 3
    """Of the images in a folder: 3 for colour, 1 for grey."""
    preprocess: Literal["auto", "unit", "symmetric", "imagenet"] = "auto"
    """Scaling inside the model: to [0, 1], to [-1, 1], or by ImageNet's mean and deviation; auto is imagenet with its
    weights, symmetric for a new network."""
    start_size: int | None = None
    """Side in pixels for the first half of the epochs: progressive resizing."""

    @property
    def is_pretrained(self) -> bool:
        """Whether the network begins with trained weights."""
        return self.weights != "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        if Path(self.weights).is_file() and self.preprocess == "auto":
            raise BadInput(f"Say how the pixels are to be scaled (--preprocess). Received: weights={self.weights!r}")


def images_and_network(config: Network) -> tuple[images.Images, keras.Model]:
    if Path(config.weights).is_dir():
        return _of_earlier_run(config)
    data = load(config, config.image_size, config.channels)
    side, count = max(data.shape[:2]), len(data.classes)
    small = side <= 32 and not config.is_pretrained
    arch = config.arch if config.arch != "auto" else "resnet8" if small else "resnet18"
    stem = config.stem if config.stem != "auto" else "small" if side <= 16 else "large"
    scaling = "imagenet" if config.weights == "imagenet" else "symmetric"
    preprocess = scaling if config.preprocess == "auto" else config.preprocess
    shape = (None, None, data.shape[2]) if config.start_size else data.shape
    build, options = getattr(models, arch), {"stem": stem, "preprocess": preprocess}
    if not config.is_pretrained:
        return data, build(shape, count, head=config.head, **options)
    body = build(shape, include_top=False, weights=config.weights, **options)
    return data, models.replace_head(body, count, head=config.head)


def _of_earlier_run(config: Network) -> tuple[images.Images, keras.Model]:
    kept = ("arch", "stem", "image_size", "channels", "preprocess", "start_size")
    if given := [name for name in kept if getattr(config, name) != getattr(Network, name)]:
        raise BadInput(f"An earlier run brings these itself: {', '.join(given)}. Received: weights={config.weights!r}")
    base = load_run(Path(config.weights))
    if not any(layer.name == "fit_image" for layer in base.layers):
        raise BadInput(f"The run did not learn from images. Received: weights={config.weights!r}")
    fit, channels = base.get_layer("fit_image"), base.input_shape[-1]
    data = load(config, (fit.height, fit.width), channels)
    if data.shape[-1] != channels:
        raise BadInput(f"The run learned images of {channels} channels. Received: images of {data.shape[-1]}")
    return data, models.replace_head(base, len(data.classes), head=config.head)
