"""Images with their labels, available at any size."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf
from kerasdl.data.images.stores import Store
from kerasdl.data.source import Source


@dataclass(frozen=True, eq=False)
class Pictures:
    """Images with their labels.

    Attributes:
        names: Where each image comes from: a file, or a split and a number.
        labels: int64 (count,), class indices; or float32 (count, any), numbers, or 0 and 1 per tag.
        store: Where the images are.
        rows: int64 (count,), their rows in the store.
    """

    names: Sequence[str]
    labels: np.ndarray
    store: Store
    rows: np.ndarray

    def take(self, indices: np.ndarray) -> "Pictures":
        """The images at `indices`, in that order."""
        names = [self.names[index] for index in indices]
        return replace(self, names=names, labels=self.labels[indices], rows=self.rows[indices])

    def source(self, size: tuple[int, int]) -> Source:
        """A source of images at one size (height, width).

        Its `load` takes indices and gives float32. It optionally takes a function from the size to the matrices
        (batch, 3, 3) through which the images are resampled, as `Augmentation.transforms` makes them, and gives uint8.
        """
        with tf.device("CPU"):
            rows = tf.constant(self.rows, tf.int64)

        def load(indices: tf.Tensor, transforms: Callable[[tuple[int, int]], Any] | None = None) -> tf.Tensor:
            wanted = tf.gather(rows, indices)
            if transforms is None:
                return tf.cast(self.store.fitted(wanted, size), tf.float32)
            return self.store.resampled(wanted, transforms(size), size)

        blame = (lambda indices: self.store.blame(self.rows[indices])) if self.store.can_fail(size) else None
        return Source(self.names, self.labels, load, blame=blame)
