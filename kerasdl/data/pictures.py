"""Pictures with their labels, to be had at any size."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf
from kerasdl.data.sources import Source
from kerasdl.data.stores import Size, Store


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures with their labels.

    Attributes:
        names: What is behind each: a file, or a split and a number.
        labels: int64 (count,), indices of classes; or float32 (count, any), numbers or one 0 or 1 a class.
        store: Where they are.
        rows: int64 (count,), which of the store's they are.
    """

    names: Sequence[str]
    labels: np.ndarray
    store: Store
    rows: np.ndarray

    def take(self, places: np.ndarray) -> "Pictures":
        """Those at `places`, in that order."""
        names = [self.names[place] for place in places]
        return replace(self, names=names, labels=self.labels[places], rows=self.rows[places])

    def source(self, size: Size) -> Source:
        """What the pipeline asks for, at one size."""
        with tf.device("CPU"):
            rows = tf.constant(self.rows, tf.int64)

        def load(indices: tf.Tensor) -> tf.Tensor:
            return self.store.fitted(tf.gather(rows, indices), size)

        def view(indices: tf.Tensor, transforms: tf.Tensor) -> tf.Tensor:
            return self.store.seen(tf.gather(rows, indices), transforms, size)

        blame = (lambda indices: self.store.blame(self.rows[indices])) if self.store.can_fail(size) else None
        return Source(self.names, self.labels, load, view=view, size=size, blame=blame)
