"""Labelled samples that can be loaded by index, which is all that the pipeline asks for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf


@dataclass(frozen=True, eq=False)
class Source:
    """Labelled samples that can be loaded by index.

    Attributes:
        names: What is behind each sample: a file, or a split and a number.
        labels: int64, an index into the class names each; or float32 numbers to predict, (count, any).
        load: From indices (batch,) to inputs: of images uint8 (batch, height, width, channels).
        weights: float32, of each sample in the loss; None where all count alike.
        view: Of images, from indices (batch,) and matrices (batch, 3, 3), as `augment.Augmentation.transforms` makes
            them, to images seen through these.
        size: Of images, (height, width).
        blame: Of what can fail to load, from indices: raises the error that names which of them fail, and why.
    """

    names: Sequence[str]
    labels: np.ndarray
    load: Callable[[tf.Tensor], Any]
    weights: np.ndarray | None = None
    view: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None = None
    size: tuple[int, int] = (0, 0)
    blame: Callable[[np.ndarray], None] | None = None

    def take(self, indices: np.ndarray) -> "Source":
        """The samples at `indices`, in that order."""
        kept = tf.constant(indices, tf.int64)
        rows: dict[str, Any] = {"names": [self.names[i] for i in indices], "labels": self.labels[indices]}
        rows["weights"] = None if self.weights is None else self.weights[indices]
        return replace(self, load=lambda i: self.load(tf.gather(kept, i)), **rows)


def array_source(values: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> Source:
    """Samples of an array, (count, …): in memory, or where it is one, in its file."""
    return Source(names, labels, rows_of(values))


def rows_of(values: np.ndarray | tf.Tensor) -> Callable[[tf.Tensor], tf.Tensor]:
    """From indices (batch,) to those rows of an array, which is read where it lies if that is a file."""
    if isinstance(values, np.memmap):

        def read(indices: tf.Tensor) -> tf.Tensor:
            found = tf.numpy_function(lambda wanted: values[wanted], [indices], values.dtype)
            return tf.ensure_shape(found, (None, *values.shape[1:]))

        return read
    with tf.device("CPU"):
        held = tf.constant(values)
    return lambda indices: tf.gather(held, indices)
