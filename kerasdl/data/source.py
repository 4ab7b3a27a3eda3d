"""A source: labelled samples that are loaded by index, which is all that the pipeline needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf
from kerasdl.data.python_call import python_call


@dataclass(frozen=True, eq=False)
class Source:
    """Labelled samples that are loaded by index.

    Attributes:
        names: Where each sample comes from: a file, or a split and a number.
        labels: int64, an index into the class names per sample; or float32 numbers to predict, (count, any).
        load: From indices (batch,), and whatever else the plan's loader passes, to inputs.
        weights: float32 (count,), weight of each sample in the loss; None if all are equal.
        blame: If loading can fail: from indices to the error that names the samples that fail, and why, which it
            raises.
    """

    names: Sequence[str]
    labels: np.ndarray
    load: Callable[..., Any]
    weights: np.ndarray | None = None
    blame: Callable[[np.ndarray], None] | None = None

    def take(self, indices: np.ndarray) -> "Source":
        """The samples at `indices`, in that order."""
        rows, blame = tf.constant(indices, tf.int64), self.blame
        return replace(
            self,
            names=[self.names[index] for index in indices],
            labels=self.labels[indices],
            load=lambda batch, *more: self.load(tf.gather(rows, batch), *more),
            weights=None if self.weights is None else self.weights[indices],
            blame=None if blame is None else lambda batch: blame(indices[batch]),
        )

    def at(self, indices: Sequence[int]) -> Any:
        """The inputs at `indices`, loaded now; the error of one that fails names its file.

        Example:
            >>> source.at([0, 3]).shape
            TensorShape([2, 8])
        """
        wanted = np.asarray(indices, np.int64)
        try:
            return self.load(tf.constant(wanted))
        except tf.errors.OpError:
            if self.blame is not None:
                self.blame(wanted)
            raise


def array_source(values: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> Source:
    """The rows of an array (count, …), in memory or memory-mapped."""
    return Source(names, labels, rows_of(values))


def rows_of(values: np.ndarray | tf.Tensor) -> Callable[[tf.Tensor], tf.Tensor]:
    """From indices (batch,) to those rows of an array; a memory-mapped one is read from its file."""
    if isinstance(values, np.memmap):

        def read(indices: tf.Tensor) -> tf.Tensor:
            (found,) = python_call(lambda wanted: values[wanted], [indices], [values.dtype])
            return tf.ensure_shape(found, (None, *values.shape[1:]))

        return read
    with tf.device("CPU"):
        held = tf.constant(values)
    return lambda indices: tf.gather(held, indices)
