"""What the recipes for images have in common: which images, how they are augmented, and where they come from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from kerasdl.data import augment, images, mixing
from kerasdl.errors import BadInput
from kerasdl.run_folder import Options
from sklearn.datasets import load_digits

AUGMENT = {
    "auto": "auto", "flip": augment.standard(flip=True), "no_flip": augment.standard(), "light": augment.light(),
    "digits": augment.digits(), "cifar": augment.cifar(), "none": None,
}  # fmt: skip
MIXING = {"none": None, "mixup": mixing.MixUp(), "cutmix": mixing.CutMix()}


@dataclass(frozen=True)
class Data(Options):
    """Options."""

    data: str = "digits"
    """'digits', a folder (train/CLASS and valid/CLASS, or CLASS only), a CSV file (see --target), or a TensorFlow
    Datasets name."""
    target: str = "label"
    """Column of a CSV file that holds the class; the first other one holds the file names."""
    split: str | None = None
    """Column of a CSV file that says train, valid or test."""
    augment: Literal["auto", "flip", "no_flip", "light", "digits", "cifar", "none"] = "auto"
    """Standard augmentation, mirrored or not, or another preset; auto is digits for glyphs, flip for photographs."""
    mixing: Literal["none", "mixup", "cutmix"] = "none"
    """Mix the images of a training batch."""
    balanced: bool = False
    """Draw every class alike, however rare it is."""
    on_bad: Literal["raise", "skip"] = "raise"
    """Files that do not decode: stop and name them, or leave them out and count them."""
    cache: str = "auto"
    """Where decoded images are kept: memory, none, or a folder; auto is memory where none needs resizing."""
    views: int = 0
    """Augmented views of each validation image for test-time augmentation."""
    manual_dir: str | None = None
    """Folder with the original files of a TensorFlow Datasets dataset."""
    data_dir: str | None = None
    """Where TensorFlow Datasets keeps prepared datasets."""
    download: bool = False
    """Let TensorFlow Datasets fetch what is missing."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.views < 0 or (self.views and self.augment == "none"):
            raise BadInput(f"Views differ by augmentation. Received: views={self.views}, augment={self.augment!r}")


def load(config: Data, image_size: int | tuple[int, int] | None = None, channels: int = 3) -> images.Images:
    common: dict[str, Any] = {"batch_size": config.batch_size, "seed": config.seed, "valid_share": config.valid_share}
    common |= {"augment": AUGMENT[config.augment], "image_size": image_size, "mixing": MIXING[config.mixing]}
    common |= {"balanced": config.balanced, "cache": None if config.cache == "none" else config.cache}
    if config.data == "digits":
        digits = load_digits()
        pixels = (digits.images * 255 / 16).round().astype(np.uint8)
        return images.from_arrays(pixels, digits.target, classes=list("0123456789"), **common)
    files: dict[str, Any] = {"channels": channels, "on_bad": config.on_bad}
    if Path(config.data).is_dir():
        return images.from_folder(config.data, **files, **common)
    if config.data.lower().endswith(".csv"):
        return images.from_csv(config.data, config.target, task="classes", split=config.split, **files, **common)
    places: dict[str, Any] = {"data_dir": config.data_dir, "manual_dir": config.manual_dir, "download": config.download}
    return images.from_tfds(config.data, **places, **common)
