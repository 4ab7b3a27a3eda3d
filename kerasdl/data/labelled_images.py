"""Images: the datasets of a task with pictures, and the facts about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from numbers import Integral
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.augment import Augmentation
from kerasdl.data.mixing import CutMix, MixUp
from kerasdl.data.pictures import Pictures
from kerasdl.data.pipeline import Plan, epoch_batches, new_counter, training, validation
from kerasdl.data.sources import Source
from kerasdl.epochs import EpochCounter
from kerasdl.errors import BadInput


@dataclass(frozen=True, eq=False)
class Images:
    """Labelled images, ready for `fit`; `dataclasses.replace` changes any of these facts but the shape (`resized`).

    Attributes:
        train_pictures: What to train on.
        valid_pictures: What to validate on.
        test_pictures: What to test on at the end; None where the data have no such part.
        classes: Class names; a label is an index into them, or with `tags` a 0 or 1 a class. Empty for numbers.
        numbers: Names of the numbers to predict; empty for classes.
        tags: Whether a picture may be of any number of classes.
        shape: (height, width, channels).
        batch_size: Samples a batch.
        seed: Of the order and the augmentation.
        augmentation: What training images go through; None for nothing.
        mixing: What training batches go through; None for nothing.
        weights: How often each training sample comes, relative to the others; by default each once an epoch.
        shard: (worker, workers), which part of every epoch is this worker's.
        skipped: Files left out because they do not decode, with the reason.
        counter: The epoch that `train` gives next.

    Example:
        >>> pets = kerasdl.data.images.from_folder("pets", image_size=128)
        >>> model.compile("adam", pets.loss, metrics=["accuracy"])
        >>> model.fit(pets.train, validation_data=pets.valid, epochs=5)
    """

    train_pictures: Pictures = field(repr=False)
    valid_pictures: Pictures = field(repr=False)
    test_pictures: Pictures | None = field(repr=False)
    classes: tuple[str, ...]
    numbers: tuple[str, ...]
    tags: bool
    shape: tuple[int, int, int]
    batch_size: int
    seed: int
    augmentation: Augmentation | None
    mixing: MixUp | CutMix | None = None
    weights: np.ndarray | None = field(default=None, repr=False)
    shard: tuple[int, int] = (0, 1)
    skipped: tuple[str, ...] = field(default=(), repr=False)
    counter: EpochCounter = field(default_factory=new_counter, repr=False)

    @cached_property
    def train(self) -> tf.data.Dataset:
        """Batches (images, labels): float32 (batch, height, width, channels) in 0..255, and int64 (batch,), or float32
        (batch, any) for tags, numbers and mixed classes; shuffled and augmented, another epoch at every iteration.
        """  # noqa: D205 - one sentence
        return training(self._source(self.train_pictures), self.plan, counter=self.counter)

    @cached_property
    def valid(self) -> tf.data.Dataset:
        """The same, in the order of `valid_names`, as they are."""
        return self._in_order(self.valid_pictures)

    @cached_property
    def test(self) -> tf.data.Dataset:
        """The same of the test's images.

        Raises:
            ValueError: The data have none.
        """
        if self.test_pictures is None:
            raise ValueError(f"The data have no test of their own: take valid. Received: {self}")
        return self._in_order(self.test_pictures)

    @property
    def plan(self) -> Plan:
        """How training goes through its samples."""
        return Plan(
            self.batch_size, self.seed, self.augmentation, self.mixing, len(self.classes), self.weights, self.shard
        )

    @property
    def loss(self) -> keras.losses.Loss:
        """The loss of logits (or numbers) for targets of this kind."""
        if self.numbers:
            return keras.losses.MeanSquaredError()
        if self.tags:
            return keras.losses.BinaryCrossentropy(from_logits=True)
        if self.mixing:
            return keras.losses.CategoricalCrossentropy(from_logits=True)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @property
    def class_weight(self) -> dict[int, float]:
        """By class, how much a sample counts if classes shall count alike, for `fit(class_weight=…)`; 1 on average.

        Raises:
            ValueError: The targets are tags or numbers.
        """
        if self.tags or self.numbers:
            raise ValueError(f"Only a picture of one class counts by its class. Received: {self}")
        labels = self.train_pictures.labels
        counts = np.bincount(labels, minlength=len(self.classes))
        return {label: float(len(labels) / (len(counts) * count)) for label, count in enumerate(counts)}

    @property
    def train_names(self) -> Sequence[str]:
        """The file (or split and number) behind each training sample."""
        return self.train_pictures.names

    @property
    def valid_names(self) -> Sequence[str]:
        """The same for validation."""
        return self.valid_pictures.names

    @property
    def test_names(self) -> Sequence[str]:
        """The same for the test; none where there is none."""
        return self.test_pictures.names if self.test_pictures else ()

    @property
    def steps(self) -> int:
        """Batches of a training epoch."""
        return self.plan.steps(len(self.train_names))

    @property
    def counts(self) -> dict[str, int]:
        """How many images are for training, for validation, for a test if there is one, and left out."""
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
            >>> model.fit(pets.resized(64).train, epochs=3)
            >>> model.fit(pets.train, epochs=2)
        """
        return replace(self, shape=(*as_size(image_size), self.shape[2]))

    def progressive(self, sizes: Mapping[int, int | tuple[int, int]]) -> tf.data.Dataset:
        """`train` that grows within one fit: smaller images before given epochs, then those of the images' own size.

        Progressive resizing (Howard, fast.ai, 2018). The model must take any size: `input_shape=(None, None, 3)`.

        Args:
            sizes: Image size by the epoch before which it is given; {3: 64} gives 64 pixels in the epochs 0, 1 and 2.

        Raises:
            ValueError: No sizes, or an epoch before which there is none.

        Example:
            >>> model.fit(pets.progressive({3: 64, 6: 96}), validation_data=pets.valid, epochs=8)
        """
        if not sizes or min(sizes) < 1:
            raise ValueError(f"Sizes are given by the epoch before which they hold, from 1. Received: {dict(sizes)}")
        earlier = {epoch: self.train_pictures.source(as_size(size)) for epoch, size in sizes.items()}
        return training(self._source(self.train_pictures), self.plan, counter=self.counter, earlier=earlier)

    def epoch(self, epoch: int, *, start: int = 0) -> tf.data.Dataset:
        """The training batches of one epoch from a step on, the same as `train` gives then; moves no counter.

        Example:
            >>> rest = pets.epoch(3, start=100)
        """
        return epoch_batches(self._source(self.train_pictures), epoch, self.plan, start=start)

    def views(self, count: int) -> list[tf.data.Dataset]:
        """The validation images `count` times in their order, augmented as in training, for test-time augmentation.

        Raises:
            ValueError: There is no augmentation, so that all views would be alike.
        """
        if self.augmentation is None:
            raise ValueError("Views differ by augmentation, of which there is none. Received: augmentation=None")
        source, options = self._source(self.labelled(self.valid_pictures)), {"augmentation": self.augmentation}
        # A seed that no training epoch has.
        return [
            validation(source, batch_size=self.batch_size, seed=(self.seed, -1 - view), **options)
            for view in range(count)
        ]

    def sheet(self, count: int = 24) -> tuple[np.ndarray, list[str]]:
        """Training images of one batch as the model gets them, and what they are, for `plots.image_sheet`.

        Example:
            >>> kerasdl.plots.image_sheet(*pets.sheet())
        """
        pictures, targets = next(iter(self.epoch(0)))[:2]
        return pictures[:count].numpy(), [self.caption(target) for target in targets[:count].numpy()]

    def draws(self, index: int, count: int = 24) -> np.ndarray:
        """One training image under many draws of the augmentation, the first as it is.

        Example:
            >>> kerasdl.plots.image_sheet(pets.draws(0), [""] * 24)
        """
        once, often = (
            replace(self, valid_pictures=self.train_pictures.take(np.full(times, index))) for times in (1, count - 1)
        )
        shown = [once.valid, *(often.views(1) if self.augmentation and count > 1 else [])]
        return np.concatenate([images.numpy() for dataset in shown for images, *_ in dataset])

    def caption(self, target: np.ndarray) -> str:
        """What a target says, in words."""
        if self.numbers:
            return ", ".join(f"{name} {value:.4g}" for name, value in zip(self.numbers, target, strict=True))
        if np.ndim(target) == 0:
            return self.classes[int(target)]
        shares = {name: share for name, share in zip(self.classes, target, strict=True) if share > 0}
        return ", ".join(name if share == 1 else f"{name} {share:.0%}" for name, share in shares.items())

    def __str__(self) -> str:
        height, width, channels = self.shape
        test = f", {len(self.test_pictures.names):,} for a test" if self.test_pictures else ""
        target = f"{len(self.classes)} {'tags' if self.tags else 'classes'}"
        return (
            f"{len(self.train_names):,} training and {len(self.valid_names):,} validation images of "
            f"{height}x{width}x{channels} "
            + (f"with {', '.join(self.numbers)}" if self.numbers else f"in {target}")
            + test
            + (f", {len(self.skipped)} unreadable left out" if self.skipped else "")
        )

    def labelled(self, pictures: Pictures) -> Pictures:
        """Pictures with the labels that the loss takes: shares of classes where training is mixed."""
        if not self.mixing or self.tags:
            return pictures
        # One loss and one metric for both, training and validation.
        return replace(pictures, labels=np.eye(len(self.classes), dtype=np.float32)[pictures.labels])

    def _source(self, pictures: Pictures) -> Source:
        return pictures.source(self.shape[:2])

    def _in_order(self, pictures: Pictures) -> tf.data.Dataset:
        return validation(self._source(self.labelled(pictures)), batch_size=self.batch_size)


def as_size(image_size: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width), where a single number is both.

    Raises:
        BadInput: A side below one pixel.
    """
    sides = (image_size, image_size) if np.ndim(image_size) == 0 else tuple(cast(Any, image_size))
    if len(sides) != 2 or not all(isinstance(side, Integral) and int(side) > 0 for side in sides):
        raise BadInput(f"An image's size is a whole number of pixels, or (height, width). Received: {image_size!r}")
    return int(sides[0]), int(sides[1])
