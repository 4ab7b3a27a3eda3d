"""Options that several sources of images share."""

from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Literal

from kerasdl.data.images.augment.augmentation import Augmentation
from kerasdl.data.images.augment.mixing import CutMix, MixUp
from kerasdl.errors import BadInput


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of every source of images.

    Attributes:
        image_size: Side in pixels, or (height, width), to which images are center-cropped and resized; by default the
            shorter side of the first image, at most 128 (for arrays: their own size).
        batch_size: Samples per batch; the last batch of an epoch may be smaller.
        augment: An `Augmentation`, None, or "auto": `digits()` if every class name is a number or a single character,
            else `standard()`, with flips for photographs (color JPEG files).
        mixing: A `MixUp` or `CutMix`, or None. Labels become shares of classes, also in validation, where images are
            not mixed.
        balanced: Whether every class is sampled equally often, however rare it is.
        valid_share: Share of the images to hold out if the data have no validation part.
        seed: Random seed of the split, the order and the augmentation.
        cache: Where to cache decoded images, before augmentation: "memory", a folder, None for no cache, or "auto": in
            memory if they take at most a gigabyte and the first image has the wanted size already. A cache is
            faster. Images that are augmented are cached 1.25 times as large as wanted (at most as large as the first),
            so that augmentation can zoom in; without a cache it samples the full-size image, which keeps more detail
            and what is beside the central part.

    Example:
        >>> pets = kerasdl.data.images.from_folder("pets", image_size=64, batch_size=32, augment=augment.light())
    """

    image_size: int | tuple[int, int] | None = None
    batch_size: int = 64
    augment: Augmentation | Literal["auto"] | None = "auto"
    mixing: MixUp | CutMix | None = None
    balanced: bool = False
    valid_share: float = 0.2
    seed: int = 0
    cache: str | Path | None = "auto"

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise BadInput(f"batch_size must be at least 1. Received: batch_size={self.batch_size}")
        if not isinstance(self.seed, Integral) or self.seed < 0:
            raise BadInput(f"seed must be a non-negative integer. Received: seed={self.seed!r}")
        if self.augment not in ("auto", None) and not isinstance(self.augment, Augmentation):
            raise BadInput(
                "augment must be an Augmentation, such as augment.standard(), or 'auto' or None. "
                f"Received: augment={self.augment!r}"
            )
        if self.mixing is not None and not callable(getattr(self.mixing, "mix", None)):
            raise BadInput(f"mixing must be mixing.MixUp(), mixing.CutMix() or None. Received: mixing={self.mixing!r}")
        if self.cache not in ("auto", "memory", None) and Path(self.cache).is_file():
            raise BadInput(f"cache must be a folder, not a file. Received: cache={str(self.cache)!r}")


@dataclass(frozen=True, kw_only=True)
class FileOptions(Options):
    """Options of sources of image files, in addition to `Options`.

    Attributes:
        channels: 3 for color, 1 for grayscale.
        background: Gray value 0..255 behind transparent pixels.
        check: Whether to decode every file once before training and report those that fail; "auto" does so if all
            files together take at most a quarter of a gigabyte. Without the check, a bad file stops training with an
            error that names it.
        on_bad: "raise", or "skip" to leave out files that do not decode (`Images.skipped` lists them).

    Example:
        >>> pets = kerasdl.data.images.from_folder("pets", channels=1, on_bad="skip")
    """

    channels: Literal[1, 3] = 3
    background: int = 255
    check: bool | Literal["auto"] = "auto"
    on_bad: Literal["raise", "skip"] = "raise"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels not in (1, 3) or not 0 <= self.background <= 255:
            raise BadInput(
                "channels must be 1 or 3, and background 0 to 255. "
                f"Received: channels={self.channels}, background={self.background}"
            )
        if self.on_bad not in ("raise", "skip") or self.check not in (True, False, "auto"):
            raise BadInput(
                "on_bad must be 'raise' or 'skip', and check True, False or 'auto'. "
                f"Received: on_bad={self.on_bad!r}, check={self.check!r}"
            )
        if self.on_bad == "skip" and self.check is False:
            raise BadInput(
                "on_bad='skip' needs the check, which finds the bad files. Received: on_bad='skip', check=False"
            )
