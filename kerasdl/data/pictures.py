"""Pictures with their labels, to be had at any size: from arrays, files or encoded bytes, or kept decoded."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.decode import decode, decode_window, picture_shape
from kerasdl.data.geometry import resample, sample
from kerasdl.data.named import map_named
from kerasdl.data.sources import Source
from kerasdl.layers import FitImage

Size = tuple[int, int]
CHUNK = 64


class Store(Protocol):
    """Where pictures are."""

    channels: int

    def fitted(self, rows: tf.Tensor, size: Size) -> tf.Tensor:
        """The pictures in `rows`, cropped to the aspect of `size` and resized: uint8 (batch, *size, channels)."""

    def seen(self, rows: tf.Tensor, transforms: tf.Tensor, size: Size) -> tf.Tensor:
        """The pictures in `rows` through matrices (batch, 3, 3), each sampled once: (batch, *size, channels)."""


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

        return Source(self.names, self.labels, load, view=view, size=size)


class ArrayStore:
    """Pictures in memory: uint8 (count, height, width, channels)."""

    def __init__(self, pictures: np.ndarray) -> None:
        self.size, self.channels = pictures.shape[1:3], pictures.shape[3]
        with tf.device("CPU"):
            self.pictures = tf.constant(pictures)

    def fitted(self, rows: tf.Tensor, size: Size) -> tf.Tensor:
        """As `Store` says."""
        found = tf.gather(self.pictures, rows)
        return found if size == self.size else tf.cast(FitImage(*size)(found), tf.uint8)

    def seen(self, rows: tf.Tensor, transforms: tf.Tensor, size: Size) -> tf.Tensor:
        """As `Store` says."""
        return resample(tf.gather(self.pictures, rows), transforms, size)


class EncodedStore:
    """Pictures in files, or as encoded bytes in memory; decoded whenever they are asked for.

    Args:
        encoded: Paths, or the bytes themselves.
        names: As errors shall call them.
        channels: 3 for colour, 1 for grey.
        background: What shows through transparent pixels, 0..255.
        are_files: Whether `encoded` holds paths.
    """

    def __init__(
        self, encoded: Sequence[Any], names: Sequence[str], *, channels: int, background: int, are_files: bool
    ) -> None:
        self.channels, self.background = channels, background
        self.read: Callable[[tf.Tensor], tf.Tensor] = tf.io.read_file if are_files else tf.identity
        with tf.device("CPU"):
            self.encoded = tf.constant(encoded)
            self.names = self.encoded if are_files else tf.constant(names)

    @cached_property
    def first_shape(self) -> Size:
        """(height, width) of the first picture that has a shape; (128, 128) if none has."""
        for encoded in self.encoded:
            with contextlib.suppress(tf.errors.OpError):
                height, width = picture_shape(self.read(encoded)).numpy().tolist()
                return height, width
        return 128, 128

    def fitted(self, rows: tf.Tensor, size: Size) -> tf.Tensor:
        """As `Store` says."""
        fit = FitImage(*size)

        def one(encoded: tf.Tensor) -> tf.Tensor:
            picture = decode(self.read(encoded), channels=self.channels, background=self.background)
            return tf.ensure_shape(tf.cast(fit(picture), tf.uint8), (*size, self.channels))

        return self._map(one, rows, (), tf.TensorSpec((*size, self.channels), tf.uint8))

    def seen(self, rows: tf.Tensor, transforms: tf.Tensor, size: Size) -> tf.Tensor:
        """As `Store` says."""

        def one(encoded: tf.Tensor, transform: tf.Tensor) -> tf.Tensor:
            return seen_through(self.read(encoded), transform, size, channels=self.channels, background=self.background)

        return self._map(one, rows, (transforms,), tf.TensorSpec((*size, self.channels), tf.float32))

    def _map(self, function: Callable, rows: tf.Tensor, more: tuple, signature: tf.TensorSpec) -> tf.Tensor:
        inputs = (tf.gather(self.encoded, rows), *more)
        return map_named(function, inputs, tf.gather(self.names, rows), signature)


class KeptStore:
    """Pictures of another store, kept decoded at one size, in memory or in a file; asked for another, they are read."""

    def __init__(self, store: Store, size: Size, pictures: np.ndarray) -> None:
        self.store, self.size, self.channels = store, size, store.channels
        self.pictures = pictures if isinstance(pictures, np.memmap) else tf.constant(pictures)

    def fitted(self, rows: tf.Tensor, size: Size) -> tf.Tensor:
        """As `Store` says."""
        return self._kept(rows) if size == self.size else self.store.fitted(rows, size)

    def seen(self, rows: tf.Tensor, transforms: tf.Tensor, size: Size) -> tf.Tensor:
        """As `Store` says."""
        if size != self.size:
            return self.store.seen(rows, transforms, size)
        return resample(self._kept(rows), transforms, size)

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
        pictures[rows] = several(rows).numpy()
        return len(rows)

    bar = keras.utils.Progbar(len(pictures), unit_name="image", verbose=int(len(pictures) > 1000))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for done in threads.map(fill, range(0, len(pictures), CHUNK)):
            bar.add(done)


def seen_through(encoded: tf.Tensor, transform: tf.Tensor, size: Size, *, channels: int, background: int) -> tf.Tensor:
    """One picture through a matrix, decoded no further than what is seen of it needs, and sampled once.

    Args:
        encoded: A string scalar, the file's bytes.
        transform: float32 (3, 3), from output points to points of the fitted picture, both in output pixels from the
            centre.
        size: (height, width) of the output.
        channels: 3 for colour, 1 for grey.
        background: What shows through transparent pixels.

    Returns:
        (*size, channels), of the dtype that `geometry.sample` gives.

    Example:
        >>> seen_through(tf.io.read_file("cat.jpg"), tf.eye(3), (224, 224), channels=3, background=255)
    """
    shape = tf.cast(picture_shape(encoded), tf.float32)
    scale = tf.reduce_min(shape / tf.constant(size, tf.float32))
    window = _window(transform, shape, scale, size)
    shrink = scale * tf.sqrt(tf.abs(tf.linalg.det(transform[:2, :2])))
    picture, origin, ratio = decode_window(
        encoded, channels=channels, background=background, shrink=tf.maximum(shrink, 1.0), window=window
    )
    # From the centre of the whole picture to that of the part which was decoded, in its pixels.
    moved = (shape / 2 - origin) / ratio - tf.cast(tf.shape(picture)[:2], tf.float32) / 2
    factor = scale / ratio
    to_part = tf.stack([[factor, 0.0, moved[1]], [0.0, factor, moved[0]], [0.0, 0.0, 1.0]])
    return tf.ensure_shape(sample(picture[None], (to_part @ transform)[None], size)[0], (*size, channels))


def _window(transform: tf.Tensor, shape: tf.Tensor, scale: tf.Tensor, size: Size) -> tf.Tensor:
    """What a view needs of a picture: int32 (top, left, height, width), in its pixels."""
    height, width = size
    corners = tf.constant([[x, y, 1.0] for x in (-width / 2, width / 2) for y in (-height / 2, height / 2)])
    x, y, depth = tf.unstack(tf.matmul(corners, transform, transpose_b=True), axis=1)
    points = tf.stack([y / depth, x / depth], axis=1) * scale + shape / 2
    low, high = tf.reduce_min(points, axis=0), tf.reduce_max(points, axis=0)
    # What lies beyond the border is mirrored from within, and bilinear sampling wants the next pixel too.
    first = tf.minimum(low, 2 * shape - high) - 2
    last = tf.maximum(high, -low) + 2
    first, last = tf.floor(tf.clip_by_value(first, 0.0, shape - 1)), tf.math.ceil(tf.clip_by_value(last, 1.0, shape))
    return tf.cast(tf.concat([first, tf.maximum(last - first, 1.0)], axis=0), tf.int32)
