"""Images: the datasets of labelled images, and what is known about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import tensorflow as tf
from kerasdl.data.datasets import Datasets, Target
from kerasdl.data.images.augment.augmentation import Augmentation
from kerasdl.data.images.augment.mixing import CutMix, MixUp
from kerasdl.data.images.changes import ImageChanges
from kerasdl.data.images.decoding.header import MOST_PIXELS
from kerasdl.data.images.pictures import Pictures
from kerasdl.data.pipeline import training, validation
from kerasdl.data.source import Source
from kerasdl.data.splits import Part
from kerasdl.deprecation import RenamedAttribute
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    from kerasdl.plots import Figure


@dataclass(frozen=True, eq=False, kw_only=True)
class Images(Datasets):
    """Labelled images, ready for `fit`; `dataclasses.replace` changes any attribute but the shape (see `resized`).

    A batch is (images, labels): float32 (batch, height, width, channels) in 0..255; and int64 (batch,), or float32
    (batch, any) for tags, numbers and mixed classes.

    Attributes:
        train_pictures: Training images.
        valid_pictures: Validation images.
        test_pictures: Test images; None if the data have no test part.
        classes: Class names; a label is an index into them, or with `tags` 0 or 1 per class. Empty for numbers.
        numbers: Names of the numbers to predict; empty for classes.
        tags: Whether an image may have any number of classes.
        shape: (height, width, channels).
        augmentation: Applied to each training image; None for no augmentation.
        mixing: Applied to each training batch; None for no mixing.
        skipped: Files that do not decode and were skipped, with the reason.

    Example:
        >>> pets = kerasdl.data.images.from_folder("pets", image_size=128)
        >>> model.compile("adam", pets.loss, metrics=["accuracy"])
        >>> model.fit(pets.train, validation_data=pets.valid, epochs=5, shuffle=False)
    """

    train_pictures: Pictures = field(repr=False)
    valid_pictures: Pictures = field(repr=False)
    test_pictures: Pictures | None = field(repr=False)
    classes: tuple[str, ...]
    numbers: tuple[str, ...]
    tags: bool
    shape: tuple[int, int, int]
    augmentation: Augmentation | None
    mixing: MixUp | CutMix | None = None
    skipped: tuple[str, ...] = field(default=(), repr=False)

    def pictures(self, part: Part) -> Pictures:
        """The images of training, validation or test.

        Raises:
            ValueError: The data have no test part.
        """
        found = {Part.TRAIN: self.train_pictures, Part.VALID: self.valid_pictures, Part.TEST: self.test_pictures}[part]
        if found is None:
            raise ValueError(f"The data have no test part: use valid. Received: {self}")
        return found

    def source(self, part: Part) -> Source:
        """The images of a part at their size; in validation and test with the labels that the loss expects."""
        pictures = self.pictures(part)
        return (pictures if part is Part.TRAIN else self.labelled(pictures)).source(self.shape[:2])

    def names(self, part: Part) -> Sequence[str]:
        """Where each image of a part comes from."""
        return self.pictures(part).names

    def labels(self, part: Part) -> np.ndarray:
        """The label of each image of a part, before any mixing."""
        return self.pictures(part).labels

    @property
    def changes(self) -> ImageChanges:
        """Augmentation and mixing of training batches."""
        return ImageChanges(self.augmentation, self.mixing, len(self.classes))

    @property
    def target_kind(self) -> Target:
        """What the labels of a batch are: "class", "shares" (of mixed classes), "tags" or "numbers"."""
        return "numbers" if self.numbers else "tags" if self.tags else "shares" if self.mixing else "class"

    @property
    def test_names(self) -> Sequence[str]:
        """Where each test image comes from; empty without a test part."""
        return self.test_pictures.names if self.test_pictures else ()

    @property
    def counts(self) -> dict[str, int]:
        """Number of images for training, validation and, if there is one, test, and of skipped files."""
        test = {"test_images": len(self.test_pictures.names)} if self.test_pictures else {}
        return {
            "train_images": len(self.train_names),
            "valid_images": len(self.valid_names),
            **test,
            "skipped_images": len(self.skipped),
        }

    def resized(self, image_size: int | tuple[int, int]) -> "Images":
        """The same images at another size, for progressive resizing (Howard, fast.ai, 2018); epochs go on counting.

        Example:
            >>> model.fit(pets.resized(64).train, epochs=3, shuffle=False)
            >>> model.fit(pets.train, epochs=2, shuffle=False)
        """
        return replace(self, shape=(*as_size(image_size), self.shape[2]))

    def progressive(self, sizes: Mapping[int, int | tuple[int, int]]) -> tf.data.Dataset:
        """`train` whose images grow within one fit: smaller ones before given epochs, then the images' own size.

        Progressive resizing (Howard, fast.ai, 2018). The model must accept any size: `input_shape=(None, None, 3)`.

        Args:
            sizes: Image size by the epoch before which it is used; {3: 64} means 64 pixels in the epochs 0, 1 and 2.

        Raises:
            ValueError: No sizes, or an epoch below 1.

        Example:
            >>> model.fit(pets.progressive({3: 64, 6: 96}), validation_data=pets.valid, epochs=8, shuffle=False)
        """
        if not sizes or min(sizes) < 1:
            raise ValueError(f"Give sizes by the epoch before which they are used, from 1. Received: {dict(sizes)}")
        earlier = {epoch: self.train_pictures.source(as_size(size)) for epoch, size in sizes.items()}
        return training(self.source(Part.TRAIN), self.plan, counter=self.counter, earlier=earlier)

    def test_time_augmentation(self, count: int) -> list[tf.data.Dataset]:
        """The validation images `count` times in their order, augmented as in training.

        For `interpret.Classification.of_test_time_augmentation`.

        Raises:
            ValueError: There is no augmentation, so that all copies would be equal.
        """
        if self.augmentation is None:
            raise ValueError("Test-time augmentation needs an augmentation. Received: augmentation=None")
        source, changes = self.source(Part.VALID), ImageChanges(self.augmentation)
        # Negative numbers: no training epoch has these seeds.
        return [
            validation(source, batch_size=self.batch_size, changes=changes, seed=(self.seed, -1 - copy))
            for copy in range(count)
        ]

    def sheet(self, count: int = 24) -> tuple[np.ndarray, list[str]]:
        """Training images of one batch as the model gets them, with captions, for `plots.image_sheet`.

        Example:
            >>> kerasdl.plots.image_sheet(*pets.sheet())
        """
        pictures, targets = next(iter(self.epoch(0)))[:2]
        return pictures[:count].numpy(), [self.caption(target) for target in targets[:count].numpy()]

    def augmented(self, index: int, count: int = 24) -> np.ndarray:
        """One training image under several draws of the augmentation; the first is not augmented.

        Example:
            >>> kerasdl.plots.image_sheet(pets.augmented(0), [""] * 24)
        """
        once, often = (
            replace(self, valid_pictures=self.train_pictures.take(np.full(times, index))) for times in (1, count - 1)
        )
        shown = [once.valid, *(often.test_time_augmentation(1) if self.augmentation and count > 1 else [])]
        return np.concatenate([images.numpy() for dataset in shown for images, *_ in dataset])

    def draw(self, indices: Sequence[int], titles: Sequence[str], *, part: Part = Part.VALID) -> "Figure":
        """Draw images of a part, without augmentation, as a sheet; see `Datasets.draw`."""
        from kerasdl import plots

        titles = self._titled(indices, titles, part, lambda name: Path(name).name)
        return plots.image_sheet(self.source(part).at(indices).numpy(), titles)

    def draw_batch(self, count: int = 12) -> "Figure":
        """Draw the first images of the first training batch as the model gets them: augmented and mixed."""
        from kerasdl import plots

        return plots.image_sheet(*self.sheet(count))

    def caption(self, label: np.ndarray) -> str:
        """A label in words."""
        if self.numbers:
            return ", ".join(f"{name} {value:.4g}" for name, value in zip(self.numbers, label, strict=True))
        return super().caption(label)

    def __str__(self) -> str:
        height, width, channels = self.shape
        test = f", {len(self.test_pictures.names):,} test images" if self.test_pictures else ""
        target = f"{len(self.classes)} {'tags' if self.tags else 'classes'}"
        return (
            f"{len(self.train_names):,} training and {len(self.valid_names):,} validation images of "
            f"{height}x{width}x{channels} "
            + (f"with {', '.join(self.numbers)}" if self.numbers else f"in {target}")
            + test
            + (f", {len(self.skipped)} unreadable files skipped" if self.skipped else "")
        )

    def labelled(self, pictures: Pictures) -> Pictures:
        """The images with the labels that the loss expects: shares of classes if training batches are mixed."""
        if self.target_kind != "shares":
            return pictures
        # Training and validation then have the same loss and metrics.
        return replace(pictures, labels=np.eye(len(self.classes), dtype=np.float32)[pictures.labels])

    views = RenamedAttribute("test_time_augmentation")
    draws = RenamedAttribute("augmented")


def as_size(image_size: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width); a single number is both.

    Raises:
        BadInput: A side below one pixel, or more pixels than a file may have.
    """
    sides = (image_size, image_size) if np.ndim(image_size) == 0 else tuple(cast(Any, image_size))
    if len(sides) != 2 or not all(isinstance(side, Integral) and int(side) > 0 for side in sides):
        raise BadInput(f"Image sizes are whole numbers of pixels: one, or (height, width). Received: {image_size!r}")
    height, width = int(sides[0]), int(sides[1])
    if height * width > MOST_PIXELS:
        raise BadInput(f"An image has at most {MOST_PIXELS:,} pixels: choose a smaller size. Received: {image_size!r}")
    return height, width
