"""Which network learns the images: a new one, one with trained weights, or that of an earlier run under a new head."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
from kerasdl import groups, models
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
    """First layers: small keeps the size, large quarters it; auto is small up to 16 pixels, but large for imagenet."""
    head: Literal["linear", "fastai"] = "linear"
    """Last layers: average pooling and logits, or fastai's two dense layers with dropout."""
    image_size: int | None = None
    """Side in pixels; by default the shorter side of the first image, at most 128."""
    channels: Literal[1, 3] = 3
    """Of the images in a folder: 3 for colour, 1 for grey."""
    preprocess: Literal["auto", "unit", "symmetric", "imagenet"] = "auto"
    """Scaling inside the model: to [0, 1], to [-1, 1], or by ImageNet's mean and deviation; auto is imagenet with its
    weights, symmetric for a new network."""
    epochs: int = 30
    """Times that the training images are gone through by the whole network."""
    head_epochs: int | None = None
    """With trained weights: epochs of the new head alone, before, at what its range test suggests; by default 1."""
    precompute: bool = False
    """Let the head learn from features that are computed once: much faster, but nothing is augmented."""
    thaw_every: int = 0
    """With trained weights: epochs until one more layer group thaws; 0 trains the whole network at once."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.brought == "file" and self.preprocess == "auto":
            raise BadInput(f"Say how the pixels are to be scaled (--preprocess). Received: weights={self.weights!r}")
        stages = {"head_epochs": self.head_epochs, "precompute": self.precompute, "thaw_every": self.thaw_every}
        if min(self.head_epochs or 0, self.thaw_every) < 0:
            raise BadInput(f"Epochs are counted from 0 up. Received: {stages}")
        if any(stages.values()) and not self.is_pretrained:
            raise BadInput(f"Only a body with trained weights can wait for its head (--weights). Received: {stages}")
        if self.precompute and self.head_epochs == 0:
            raise BadInput(f"Features are for the head's epochs. Received: {stages}")

    @property
    def is_pretrained(self) -> bool:
        """Whether the network begins with trained weights."""
        return self.weights != "none"

    @property
    def brought(self) -> str:
        """What the user brings to begin with: the folder of a "run", a "file", or nothing, ""."""
        if self.weights in ("none", "imagenet"):
            return ""
        path = Path(self.weights)
        return "run" if path.is_dir() else "file" if path.is_file() else ""

    @property
    def epochs_of_head(self) -> int:
        """Of the head alone; none where nothing waits for it."""
        return int(self.is_pretrained) if self.head_epochs is None else self.head_epochs

    def stages(self, model: keras.Model) -> list[int]:
        """The epochs at which one more layer group thaws; none where all train from the beginning."""
        waiting = len(groups.layer_groups(model)) - 1 if self.thaw_every else 0
        if self.epochs <= waiting * self.thaw_every:
            raise BadInput(
                f"The last of {waiting} groups thaws after {waiting * self.thaw_every} epochs: take more (--epochs). "
                f"Received: epochs={self.epochs}, thaw_every={self.thaw_every}"
            )
        return [self.thaw_every * (index + 1) for index in range(waiting)]


def images_and_network(config: Network, *, any_size: bool = False) -> tuple[images.Images, keras.Model]:
    """What there is to learn from, and the network; `any_size` if images of several sizes shall pass."""
    if config.brought == "run":
        if any_size:
            raise BadInput(f"After an earlier run images do not grow (--start-size). Received: {config.weights!r}")
        return _of_earlier_run(config)
    data = load(config, config.image_size, config.channels)
    side, count = max(data.shape[:2]), len(data.classes)
    small = side <= 32 and not config.is_pretrained
    arch = config.arch if config.arch != "auto" else "resnet8" if small else "resnet18"
    stem = config.stem if config.stem != "auto" else "small" if side <= 16 and config.weights != "imagenet" else "large"
    scaling = "imagenet" if config.weights == "imagenet" else "symmetric"
    preprocess = scaling if config.preprocess == "auto" else config.preprocess
    shape = (None, None, data.shape[2]) if any_size else data.shape
    build, options = getattr(models, arch), {"stem": stem, "preprocess": preprocess}
    if not config.is_pretrained:
        return data, build(shape, count, head=config.head, **options)
    body = build(shape, include_top=False, weights=config.weights, **options)
    return data, models.replace_head(body, count, head=config.head)


def _of_earlier_run(config: Network) -> tuple[images.Images, keras.Model]:
    kept = ("arch", "stem", "image_size", "channels", "preprocess")
    if given := [name for name in kept if getattr(config, name) != getattr(Network, name)]:
        raise BadInput(f"An earlier run brings these itself: {', '.join(given)}. Received: weights={config.weights!r}")
    base = load_run(Path(config.weights))
    found = {layer.name: layer for layer in base._flatten_layers()}
    if "fit_image" not in found or "stem_conv" not in found:
        raise BadInput(f"That run did not train an image classifier. Received: weights={config.weights!r}")
    fit, channels, precision = found["fit_image"], base.input_shape[-1], found["stem_conv"].dtype_policy.name
    if config.precision not in ("auto", precision):
        raise BadInput(f"An earlier run keeps its precision, {precision}. Received: precision={config.precision}")
    keras.mixed_precision.set_dtype_policy(precision)
    data = load(config, (fit.height, fit.width), channels)
    if data.shape[-1] != channels:
        raise BadInput(f"The run learned images of {channels} channels. Received: images of {data.shape[-1]}")
    return data, models.replace_head(base, len(data.classes), head=config.head)
