"""Datasets ready for `fit`: what images, tables, series, sequences and features have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.order import balanced_weights
from kerasdl.data.pipeline import Changes, Plan, epoch_batches, first_indices, new_counter, training, validation
from kerasdl.data.source import Source
from kerasdl.data.splits import Part
from kerasdl.deprecation import renamed_arguments
from kerasdl.epochs import EpochCounter
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    from kerasdl.plots import Figure

# The labels of a batch: one class per sample, shares of mixed classes, any number of classes, numbers, or one token per
# position.
Target = Literal["class", "shares", "tags", "numbers", "tokens"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Datasets:
    """Training, validation and maybe test samples; every kind of data is a subclass that has `source`.

    Attributes:
        batch_size: Samples per batch, of all workers together.
        seed: Random seed of the order, and of augmentation.
        classes: Class names; a label is an index into them. None or empty if numbers are predicted.
        weights: How often each training sample is drawn, relative to the others; by default each once per epoch.
        shard: (worker, workers): the slice of every training batch for this worker, where no strategy of
            `kerasdl.distribute` takes care of it.
        counter: The epoch that `train` gives next.
    """

    batch_size: int
    seed: int
    classes: tuple[str, ...] | None = None
    weights: np.ndarray | None = field(default=None, repr=False)
    shard: tuple[int, int] = (0, 1)
    counter: EpochCounter = field(default_factory=new_counter, repr=False)

    def source(self, part: Part) -> Source:
        """The samples of training, validation or test.

        Raises:
            ValueError: The data have no test part.
        """
        raise NotImplementedError

    def names(self, part: Part) -> Sequence[str]:
        """Where each sample of a part comes from: a file, a line, or a split and a number."""
        return self.source(part).names

    def labels(self, part: Part) -> np.ndarray:
        """The label of each sample of a part, before any mixing."""
        return self.source(part).labels

    @cached_property
    def train(self) -> tf.data.Dataset:
        """Training batches (inputs, labels[, weights]), shuffled: every iteration is the next epoch."""
        return training(self.source(Part.TRAIN), self.plan, counter=self.counter)

    @cached_property
    def valid(self) -> tf.data.Dataset:
        """Validation batches, in the order of `valid_names`: never shuffled, augmented or cut short."""
        return validation(self.source(Part.VALID), batch_size=self.valid_batch_size)

    @cached_property
    def test(self) -> tf.data.Dataset:
        """Test batches, as `valid`.

        Raises:
            ValueError: The data have no test part.
        """
        return validation(self.source(Part.TEST), batch_size=self.valid_batch_size)

    @renamed_arguments(epoch="number")
    def epoch(self, number: int, *, start: int = 0) -> tf.data.Dataset:
        """The training batches of one epoch, from step `start` on: those that `train` gives then. Moves no counter.

        Raises:
            ValueError: No such step.

        Example:
            >>> rest = pets.epoch(3, start=2)
        """
        return epoch_batches(self.source(Part.TRAIN), number, self.plan, start=start)

    @property
    def changes(self) -> Changes:
        """How a training batch is drawn, loaded and changed."""
        return Changes()

    @property
    def plan(self) -> Plan:
        """How training iterates over its samples."""
        return Plan(self.batch_size, self.seed, self.changes, self.weights, self.shard)

    @property
    def valid_batch_size(self) -> int:
        """Samples per batch of validation and test."""
        return self.batch_size

    @property
    def target_kind(self) -> Target:
        """What the labels of a batch are: "class", "shares" (of mixed classes), "tags", "numbers" or "tokens"."""
        return "class" if self.classes else "numbers"

    @property
    def loss(self) -> keras.losses.Loss:
        """The loss of logits (or numbers) for these labels.

        Example:
            >>> model.compile("adam", pets.loss)
        """
        if self.target_kind == "numbers":
            return keras.losses.MeanSquaredError()
        if self.target_kind == "tags":
            return keras.losses.BinaryCrossentropy(from_logits=True)
        if self.target_kind == "shares":
            return keras.losses.CategoricalCrossentropy(from_logits=True)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @property
    def metrics(self) -> list[Any]:
        """Metrics of logits for these labels: accuracy, for tags that of each tag; none for numbers and tokens.

        Example:
            >>> model.compile("adam", pets.loss, metrics=pets.metrics)
        """
        if self.target_kind == "tags":
            return [keras.metrics.BinaryAccuracy("accuracy", threshold=0.0)]
        return ["accuracy"] if self.target_kind in ("class", "shares") else []

    @property
    def class_weight(self) -> dict[int, float]:
        """Weights by which all classes count the same, for `fit(class_weight=…)`; 1 on average over the samples.

        A class without training samples has weight 0.

        Raises:
            ValueError: The targets are tags or numbers.
        """
        if not self.classes or self.target_kind not in ("class", "shares"):
            raise ValueError(f"Class weights need one class per sample. Received: {self.target_kind}")
        weights = balanced_weights(np.bincount(self.labels(Part.TRAIN), minlength=len(self.classes)))
        return dict(enumerate(weights.tolist()))

    @property
    def train_names(self) -> Sequence[str]:
        """Where each training sample comes from."""
        return self.names(Part.TRAIN)

    @property
    def valid_names(self) -> Sequence[str]:
        """Where each validation sample comes from."""
        return self.names(Part.VALID)

    @property
    def valid_labels(self) -> np.ndarray:
        """The label of each validation sample."""
        return self.labels(Part.VALID)

    @property
    def steps(self) -> int:
        """Batches per training epoch."""
        return self.plan.steps(len(self.train_names))

    def draw(self, indices: Sequence[int], titles: Sequence[str], *, part: Part = Part.VALID) -> "Figure":
        """Draw samples of a part as a person would look at them, without augmentation.

        Args:
            indices: Which samples, from 0, in the order of `names`, and of `valid` or `test`.
            titles: What is said of each; the name of the sample stands before it.
            part: The part of the data.

        Raises:
            BadInput: There is no such sample, or this kind of data has nothing to look at, such as features.

        Example:
            >>> pets.draw([0, 3], ["a cat", "another cat"])
        """
        del indices, titles, part  # For those kinds of data that can be drawn.
        raise BadInput(
            "Samples of images, tables, documents, series and sequences can be drawn: draw those that these data were "
            f"made from. Received: {type(self).__name__}"
        )

    def draw_batch(self, count: int = 12) -> "Figure":
        """Draw the first samples of the first training batch, each with its label; moves no counter.

        Raises:
            BadInput: As for `draw`.

        Example:
            >>> people.draw_batch(4)
        """
        chosen = first_indices(self.source(Part.TRAIN), 0, self.plan)[:count]
        return self.draw(chosen, list(map(self.caption, self.labels(Part.TRAIN)[chosen])), part=Part.TRAIN)

    def caption(self, label: np.ndarray) -> str:
        """A label in words: a class, tags, shares of classes, or numbers in the user's units.

        Example:
            >>> pets.caption(np.int64(1)), pets.caption(np.array([0.25, 0.75]))
            ('dog', 'cat 25%, dog 75%')
        """
        if not self.classes:
            return ", ".join(f"{value:.4g}" for value in np.ravel(label))
        if np.ndim(label) == 0:
            return self.classes[int(label)]
        shares = {name: share for name, share in zip(self.classes, label, strict=True) if share > 0}
        return ", ".join(name if share == 1 else f"{name} {share:.0%}" for name, share in shares.items()) or "none"

    def _titled(
        self, indices: Sequence[int], titles: Sequence[str], part: Part, name_of: Callable[[str], str] = str
    ) -> list[str]:
        """Each title behind the name of its sample.

        Raises:
            BadInput: There is no such sample, or not one title for each.
        """
        names = self.names(part)
        if len(indices) != len(titles):
            raise BadInput(f"Give one title for each sample. Received: {len(indices)} samples, {len(titles)} titles")
        if outside := [int(index) for index in indices if not 0 <= index < len(names)]:
            raise BadInput(f"There are {len(names):,} samples, counted from 0. Received: {outside[0]}")
        return [f"{name_of(names[index])}: {title}" for index, title in zip(indices, titles, strict=True)]


@dataclass(frozen=True, eq=False, kw_only=True)
class HeldDatasets(Datasets):
    """Datasets whose sources are made once; without a test part.

    Attributes:
        train_source: The training samples.
        valid_source: The validation samples.
    """

    train_source: Source = field(repr=False)
    valid_source: Source = field(repr=False)

    def source(self, part: Part) -> Source:
        """The samples of training or validation."""
        if part is Part.TEST:
            raise ValueError(f"There are no datasets besides train and valid: use valid. Received: {self}")
        return self.train_source if part is Part.TRAIN else self.valid_source
