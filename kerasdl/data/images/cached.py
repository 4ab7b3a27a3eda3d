"""Caches of decoded images, in memory or on disk, before augmentation."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.array_file import array_file
from kerasdl.data.images.decoding.crops import Size
from kerasdl.data.images.resampling import resample
from kerasdl.data.images.stores import Store, digest_of
from kerasdl.data.source import rows_of

CHUNK = 64


class CachedStore(Store):
    """Images of another store, cached decoded at one size, in memory or in a file.

    Args:
        store: The other store, from which other sizes are read.
        rows: int64 (count,), the rows of the images in that store.
        pictures: uint8 (count, height, width, channels), as `store.fitted` gives them.
        size: The size to which they are resampled, at most their own.
    """

    def __init__(self, store: Store, rows: np.ndarray, pictures: np.ndarray, size: Size) -> None:
        self.store, self.rows, self.channels = store, rows, store.channels
        self.cached_size, self.size = pictures.shape[1:3], size
        # As a tensor, which NumPy reads without a copy: the images are in memory only once.
        with tf.device("CPU"):
            self.pictures = pictures if isinstance(pictures, np.memmap) else tf.constant(pictures)
            self._rows = tf.constant(rows, tf.int64)
        self._cached = rows_of(self.pictures)

    def can_fail(self, size: Size) -> bool:
        """See `Store`."""
        return not size == self.size == self.cached_size and self.store.can_fail(size)

    def fitted(self, rows: tf.Tensor, size: Size) -> tf.Tensor:
        """See `Store`."""
        return self._cached(rows) if size == self.cached_size else self.store.fitted(tf.gather(self._rows, rows), size)

    def resampled(self, rows: tf.Tensor, transforms: tf.Tensor, size: Size) -> tf.Tensor:
        """See `Store`."""
        if size != self.size:
            return self.store.resampled(tf.gather(self._rows, rows), transforms, size)
        return resample(self._cached(rows), transforms, size)

    def blame(self, rows: np.ndarray) -> None:
        """See `Store`."""
        self.store.blame(self.rows[rows])

    def identity(self, rows: np.ndarray, size: Size) -> str:
        """See `Store`; at the cached size the key is made of the cached pixels, even if the files changed since."""
        if size == self.cached_size:
            return digest_of(np.asarray(self.pictures), rows)
        return self.store.identity(self.rows[rows], size)


def cached(store: Store, rows: np.ndarray, size: Size, where: str | Path, *, margin: float = 1.0) -> CachedStore:
    """The images in `rows` of a store, decoded once.

    Args:
        store: The store.
        rows: int64 (count,), which of its images.
        size: The size at which they are wanted.
        where: "memory", or a folder for a file that later runs reuse.
        margin: The factor by which the cached images are larger, for augmentation that zooms in.
    """
    cached_size = round(margin * size[0]), round(margin * size[1])
    shape, fill = (len(rows), *cached_size, store.channels), partial(_fill, store=store, rows=rows, size=cached_size)
    if where == "memory":
        pictures = np.empty(shape, np.uint8)
        fill(pictures)
    else:
        name = hashlib.sha256(store.identity(rows, cached_size).encode()).hexdigest()[:32]
        pictures = array_file(Path(where) / f"{name}.npy", shape, np.uint8, fill)
    return CachedStore(store, rows, pictures, size)


def _fill(pictures: np.ndarray, store: Store, rows: np.ndarray, size: Size) -> None:
    several = tf.function(
        lambda rows: store.fitted(rows, size), input_signature=[tf.TensorSpec((None,), tf.int64)], autograph=False
    )

    def fill(start: int) -> int:
        some = rows[start : start + CHUNK]
        try:
            pictures[start : start + CHUNK] = several(some).numpy()
        except tf.errors.OpError:
            store.blame(some)
            raise
        return len(some)

    bar = keras.utils.Progbar(len(pictures), unit_name="image", verbose=int(len(pictures) > 1000))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for done in threads.map(fill, range(0, len(pictures), CHUNK)):
            bar.add(done)
