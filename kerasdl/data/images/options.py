"""What the sources of image pipelines take, each said once."""

from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Literal

from kerasdl.data.images.augment.augmentation import Augmentation
from kerasdl.data.images.augment.mixing import CutMix, MixUp
from kerasdl.errors import BadInput


@dataclass(frozen=True, kw_only=True)
class Options:
    """What every source takes.

    Attributes:
        image_size: Side in pixels, or (height, width), to which pictures are cropped about their centre and resized; by
            default the shorter side of the first picture, at most 128 (of arrays: their own size).
        batch_size: Samples a batch; the last one of an epoch may be smaller.
        augment: An `Augmentation`, None, or "auto": `digits()` where all classes are named by a number or a single
            character, else `standard()`, mirrored where these are photographs (colour JPEG data).
        mixing: A `MixUp` or `CutMix`, or None. Labels then become shares of classes, also in validation, whose
            pictures are not mixed.
        balanced: Whether every class is drawn alike, however rare it is.
        valid_share: Share kept for validation where the data do not say.
        seed: Of the split, the order and the augmentation.
        cache: Where decoded pictures are kept: "memory", a folder, None for nowhere, or "auto": in memory, up to a
            gigabyte, where the first picture has the wanted size already. Never augmented ones. Kept pictures are read
            faster; others are sampled from the file's own pixels, which keeps more of a zoomed one.
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
            raise BadInput(f"A batch holds at least one image. Received: batch_size={self.batch_size}")
        if not isinstance(self.seed, Integral) or self.seed < 0:
            raise BadInput(f"A seed is a whole number from 0 up. Received: seed={self.seed!r}")
        if self.augment not in ("auto", None) and not isinstance(self.augment, Augmentation):
            raise BadInput(
                f"Augment by an Augmentation, such as augment.standard(), 'auto' or None. Received: {self.augment!r}"
            )
        if self.mixing is not None and not callable(getattr(self.mixing, "mix", None)):
            raise BadInput(f"Mix by mixing.MixUp() or mixing.CutMix(), or None. Received: mixing={self.mixing!r}")
        if self.cache not in ("auto", "memory", None) and Path(self.cache).is_file():
            raise BadInput(f"Decoded pictures are kept in a folder, which this is not. Received: {str(self.cache)!r}")


@dataclass(frozen=True, kw_only=True)
class FileOptions(Options):
    """What sources of files take beside `Options`.

    Attributes:
        channels: 3 for colour, 1 for grey.
        background: The shade, 0..255, that shows through transparent pixels.
        check: Whether every file is decoded once before training, to name those that cannot be; "auto" where they are
            a quarter of a gigabyte at most. Otherwise a bad file stops the training when it is met, by name.
        on_bad: "raise", or "skip" to leave out files that do not decode (`skipped` lists them).
    """

    channels: Literal[1, 3] = 3
    background: int = 255
    check: bool | Literal["auto"] = "auto"
    on_bad: Literal["raise", "skip"] = "raise"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.channels not in (1, 3) or not 0 <= self.background <= 255:
            raise BadInput(
                "Pictures have 1 or 3 channels, and a background from 0 to 255. "
                f"Received: channels={self.channels}, background={self.background}"
            )
        if self.on_bad not in ("raise", "skip") or self.check not in (True, False, "auto"):
            raise BadInput(
                "on_bad is 'raise' or 'skip', check True, False or 'auto'. "
                f"Received: on_bad={self.on_bad!r}, check={self.check!r}"
            )
        if self.on_bad == "skip" and self.check is False:
            raise BadInput("Bad files are known, and can be skipped, only after a check. Received: check=False")
