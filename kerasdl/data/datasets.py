"""Datasets ready for `fit`: what images, tables, series, sequences and features have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.order import balanced_weights
from kerasdl.data.pipeline import Changes, Plan, epoch_batches, new_counter, training, validation
from kerasdl.data.source import Source
from kerasdl.data.splits import Part
from kerasdl.deprecation import renamed_arguments
from kerasdl.epochs import EpochCounter

# The labels of a batch: one class per sample, shares of mixed classes, any number of classes, numbers, or one token per
# position.
Target = Literal["class", "shares", "tags", "numbers", "tokens"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Datasets:
    """Training, validation and maybe test samples; every kind of data is a subclass that has `source`.

    Attributes:
        batch_size: Samples per batch.
        seed: Random seed of the order, and of augmentation.
        classes: Class names; a label is an index into them. None or empty if numbers are predicted.
        weights: How often each training sample is drawn, relative to the others; by default each once per epoch.
        shard: (worker, workers): the part of every training epoch for this worker.
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
    def steps(self) -> int:
        """Batches per training epoch."""
        return self.plan.steps(len(self.train_names))


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
