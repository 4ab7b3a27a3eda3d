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
    """Images of another store, cached decoded at one size, in memory or in a file; other sizes are read from there."""

    def __init__(self, store: Store, size: Size, pictures: np.ndarray) -> None:
        self.store, self.size, self.channels = store, size, store.channels
        # As a tensor, which NumPy reads without a copy: the images are in memory only once.
        with tf.device("CPU"):
            self.pictures = pictures if isinstance(pictures, np.memmap) else tf.constant(pictures)
        self._cached = rows_of(self.pictures)

    def can_fail(self, size: Size) -> bool:
        """See `Store`."""
        return size != self.size and self.store.can_fail(size)

    def fitted(self, rows: tf.Tensor, size: Size) -> tf.Tensor:
        """See `Store`."""
        return self._cached(rows) if size == self.size else self.store.fitted(rows, size)

    def resampled(self, rows: tf.Tensor, transforms: tf.Tensor, size: Size) -> tf.Tensor:
        """See `Store`."""
        if size != self.size:
            return self.store.resampled(rows, transforms, size)
        return resample(self._cached(rows), transforms, size)

    def blame(self, rows: np.ndarray) -> None:
        """See `Store`."""
        self.store.blame(rows)

    def identity(self, rows: np.ndarray, size: Size) -> str:
        """See `Store`; at the cached size the key is made of the cached pixels, even if the files changed since."""
        return digest_of(np.asarray(self.pictures), rows) if size == self.size else self.store.identity(rows, size)


def cached_in_memory(store: Store, count: int, size: Size) -> CachedStore:
    """The images of a store, decoded once at `size`."""
    pictures = np.empty((count, *size, store.channels), np.uint8)
    _fill(pictures, store, size)
    return CachedStore(store, size, pictures)


def cached_on_disk(store: Store, count: int, size: Size, folder: Path) -> CachedStore:
    """The images of a store, decoded once at `size`, in a file in `folder` that later runs reuse."""
    name = hashlib.sha256(store.identity(np.arange(count), size).encode()).hexdigest()[:32]
    shape = (count, *size, store.channels)
    pictures = array_file(folder / f"{name}.npy", shape, np.uint8, partial(_fill, store=store, size=size))
    return CachedStore(store, size, pictures)


def _fill(pictures: np.ndarray, store: Store, size: Size) -> None:
    several = tf.function(
        lambda rows: store.fitted(rows, size), input_signature=[tf.TensorSpec((None,), tf.int64)], autograph=False
    )

    def fill(start: int) -> int:
        rows = np.arange(start, min(start + CHUNK, len(pictures)))
        try:
            pictures[rows] = several(rows).numpy()
        except tf.errors.OpError:
            store.blame(rows)
            raise
        return len(rows)

    bar = keras.utils.Progbar(len(pictures), unit_name="image", verbose=int(len(pictures) > 1000))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for done in threads.map(fill, range(0, len(pictures), CHUNK)):
            bar.add(done)
