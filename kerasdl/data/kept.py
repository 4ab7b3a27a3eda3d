"""Pictures kept decoded, in memory or on disk, so that they are decoded once; never augmented ones."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.geometry import resample
from kerasdl.data.stores import Size, Store

CHUNK = 64


class KeptStore(Store):
    """Pictures of another store, kept decoded at one size, in memory or in a file; asked for another, they are read."""

    def __init__(self, store: Store, size: Size, pictures: np.ndarray) -> None:
        self.store, self.size, self.channels = store, size, store.channels
        self.pictures = pictures if isinstance(pictures, np.memmap) else tf.constant(pictures)

    def can_fail(self, size: Size) -> bool:
        """As `Store` says."""
        return size != self.size and self.store.can_fail(size)

    def fitted(self, rows: tf.Tensor, size: Size) -> tf.Tensor:
        """As `Store` says."""
        return self._kept(rows) if size == self.size else self.store.fitted(rows, size)

    def seen(self, rows: tf.Tensor, transforms: tf.Tensor, size: Size) -> tf.Tensor:
        """As `Store` says."""
        if size != self.size:
            return self.store.seen(rows, transforms, size)
        return resample(self._kept(rows), transforms, size)

    def blame(self, rows: np.ndarray) -> None:
        """As `Store` says."""
        self.store.blame(rows)

    def _kept(self, rows: tf.Tensor) -> tf.Tensor:
        if not isinstance(self.pictures, np.memmap):
            return tf.gather(self.pictures, rows)
        found = tf.numpy_function(lambda wanted: self.pictures[wanted], [rows], tf.uint8)
        return tf.ensure_shape(found, (None, *self.pictures.shape[1:]))


def kept_in_memory(store: Store, count: int, size: Size) -> KeptStore:
    """The same pictures, decoded once, at `size`."""
    pictures = np.empty((count, *size, store.channels), np.uint8)
    _fill(pictures, store, size)
    return KeptStore(store, size, pictures)


def kept_on_disk(store: Store, files: Sequence[str], size: Size, folder: Path, background: int) -> KeptStore:
    """The same pictures, decoded once, at `size`, in a file of `folder` that a later run finds again."""
    shape = (len(files), *size, store.channels)
    path = folder / f"{_digest(files, size, store.channels, background)}.npy"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        pictures = np.lib.format.open_memmap(partial, "w+", np.uint8, shape)
        try:
            _fill(pictures, store, size)
            pictures.flush()
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    return KeptStore(store, size, np.load(path, mmap_mode="r"))


def _digest(files: Sequence[str], *more: Any) -> str:
    """A name for these pictures as they are now."""
    digest = hashlib.sha256(repr(more).encode())
    for file in files:
        about = Path(file).stat()
        digest.update(f"{file}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]


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
