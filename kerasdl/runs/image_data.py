"""Options for image data, and the pipelines that they describe."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from kerasdl.data import augment, images, mixing
from kerasdl.errors import BadInput
from kerasdl.optional import import_optional
from kerasdl.runs.options import check_counts

AUGMENT = {
    "auto": "auto", "flip": augment.standard(flip=True), "no_flip": augment.standard(), "light": augment.light(),
    "digits": augment.digits(), "cifar": augment.cifar(), "none": None,
}  # fmt: skip
MIXING = {"none": None, "mixup": mixing.MixUp(), "cutmix": mixing.CutMix()}


@dataclass(frozen=True)
class ImageData:
    """Options for image data.

    Example:
        >>> options = ImageData("pets", batch_size=16, augment="light")
    """

    data: str = "digits"
    """'digits', a folder (train/CLASS and valid/CLASS, or CLASS), a CSV file, or a TensorFlow Datasets name."""
    target: str = "label"
    """Class column of a CSV file; the first other column holds the file names."""
    split: str | None = None
    """Column of a CSV file that holds train, valid or test."""
    valid_share: float = 0.2
    """Share for validation, unless the data are split already."""
    batch_size: int = 64
    """Images per batch."""
    augment: Literal["auto", "flip", "no_flip", "light", "digits", "cifar", "none"] = "auto"
    """Preset: standard with (flip) or without (no_flip) mirroring, ...; auto: digits for glyphs, flip for photos."""
    mixing: Literal["none", "mixup", "cutmix"] = "none"
    """Mix the images of a training batch."""
    balanced: bool = False
    """Draw all classes equally often."""
    on_bad: Literal["raise", "skip"] = "raise"
    """Files that do not decode: stop and name them, or skip and count them."""
    cache: str = "auto"
    """Cache for decoded images: memory, none, or a folder; auto is memory if no image needs resizing."""
    tta: int = 0
    """Augmented copies of each validation image for test-time augmentation."""
    manual_dir: str | None = None
    """Folder with the original files of a TensorFlow Datasets dataset."""
    data_dir: str | None = None
    """Folder of prepared TensorFlow Datasets."""
    download: bool = False
    """Let TensorFlow Datasets download missing files."""

    def __post_init__(self) -> None:
        check_counts(batch_size=self.batch_size)
        if self.tta < 0 or (self.tta and self.augment == "none"):
            raise BadInput(
                f"Test-time augmentation needs an augmentation. Received: tta={self.tta}, augment={self.augment!r}"
            )


def load_images(
    options: ImageData, *, seed: int, image_size: int | tuple[int, int] | None = None, channels: int = 3
) -> images.Images:
    """The pipelines that the options describe; the default data are scikit-learn's digits.

    Raises:
        BadInput: As `data.images` says.
        ModuleNotFoundError: scikit-learn is not installed (for the default data), or pandas (for a CSV file).

    Example:
        >>> load_images(ImageData(data="pets"), seed=0, image_size=128)
    """
    common: dict[str, Any] = {"batch_size": options.batch_size, "seed": seed, "valid_share": options.valid_share}
    common |= {"augment": AUGMENT[options.augment], "image_size": image_size, "mixing": MIXING[options.mixing]}
    common |= {"balanced": options.balanced, "cache": None if options.cache == "none" else options.cache}
    if options.data == "digits":
        digits = import_optional("sklearn.datasets").load_digits()
        pixels = (digits.images * 255 / 16).round().astype(np.uint8)
        return images.from_arrays(pixels, digits.target, classes=list("0123456789"), **common)
    files: dict[str, Any] = {"channels": channels, "on_bad": options.on_bad}
    if Path(options.data).is_dir():
        return images.from_folder(options.data, **files, **common)
    if options.data.lower().endswith(".csv"):
        return images.from_csv(options.data, options.target, task="classes", split=options.split, **files, **common)
    places = {name: getattr(options, name) for name in ("data_dir", "manual_dir", "download")}
    return images.from_tfds(options.data, **places, **common)
