"""Stores of images: arrays, files or encoded bytes, read at any size."""

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from kerasdl.data.images.decoding.crops import RATIOS, Size, crops_of, reduced
from kerasdl.data.images.decoding.decode import decode, decode_window
from kerasdl.data.images.decoding.header import JPEG, Header, read_header
from kerasdl.data.images.resampling import project_into, resample
from kerasdl.data.python_call import buffers, python_call
from kerasdl.errors import BadInput
from kerasdl.files import fingerprint
from kerasdl.layers import FitImage


class Store:
    """A store of images, read by row."""

    channels: int

    def can_fail(self, size: Size) -> bool:  # noqa: ARG002 - for stores that override it
        """Whether reading an image at this size may fail to decode."""
        return False

    def fitted(self, rows: tf.Tensor, size: Size) -> tf.Tensor:
        """The images of `rows`, cropped to the aspect of `size` and resized: uint8 (batch, *size, channels)."""
        raise NotImplementedError

    def resampled(self, rows: tf.Tensor, transforms: tf.Tensor, size: Size) -> tf.Tensor:
        """The images of `rows` resampled once through matrices (batch, 3, 3): uint8 (batch, *size, channels)."""
        raise NotImplementedError

    def blame(self, rows: np.ndarray) -> None:
        """Raises an error that names the images of `rows` that cannot be read, and why; does nothing if all can."""

    def identity(self, rows: np.ndarray, size: Size) -> str:
        """A key for the images of `rows` at this size, for caches of what is computed from them."""
        raise NotImplementedError


class ArrayStore(Store):
    """Images in memory: uint8 (count, height, width, channels)."""

    def __init__(self, pictures: np.ndarray) -> None:
        self.size, self.channels = pictures.shape[1:3], pictures.shape[3]
        with tf.device("CPU"):
            self.pictures = tf.constant(pictures)

    def fitted(self, rows: tf.Tensor, size: Size) -> tf.Tensor:
        """See `Store`."""
        found = tf.gather(self.pictures, rows)
        return found if size == self.size else tf.cast(FitImage(*size)(found), tf.uint8)

    def resampled(self, rows: tf.Tensor, transforms: tf.Tensor, size: Size) -> tf.Tensor:
        """See `Store`."""
        found = tf.gather(self.pictures, rows)
        scale = min(have / want for have, want in zip(self.size, size, strict=True))
        return resample(reduced(found, int(max(ratio for ratio in RATIOS if ratio <= max(scale, 1)))), transforms, size)

    def identity(self, rows: np.ndarray, size: Size) -> str:
        """See `Store`."""
        return f"{digest_of(np.asarray(self.pictures), rows)} {size}"


class EncodedStore(Store):
    """Images in files, or encoded in memory; decoded at each read.

    Args:
        encoded: Paths, or the encoded bytes.
        names: The name of each image for error messages.
        channels: 3 for color, 1 for grayscale.
        background: Gray value 0..255 behind transparent pixels.
        are_files: Whether `encoded` holds paths.
    """

    def __init__(
        self, encoded: Sequence[Any], names: Sequence[str], *, channels: int, background: int, are_files: bool
    ) -> None:
        self.channels, self.background = channels, background
        self.encoded, self.names, self.are_files = encoded, names, are_files

    def can_fail(self, size: Size) -> bool:  # noqa: ARG002 - at any size
        """See `Store`."""
        return True

    @cached_property
    def first_shape(self) -> Size:
        """(height, width) of the first image with a valid header; (128, 128) if there is none."""
        for row in range(len(self.encoded)):
            with contextlib.suppress(OSError, ValueError):
                return read_header(self._read(row)).shape
        return 128, 128

    def fitted(self, rows: tf.Tensor, size: Size) -> tf.Tensor:
        """See `Store`."""
        fit, signature = FitImage(*size), tf.TensorSpec((*size, self.channels), tf.uint8)

        @tf.autograph.experimental.do_not_convert
        def one(row: tf.Tensor) -> tf.Tensor:
            (picture,) = python_call(self._decoded, [row], [tf.uint8])
            picture = tf.ensure_shape(picture, (None, None, self.channels))
            return tf.ensure_shape(tf.cast(fit(picture), tf.uint8), signature.shape)

        return tf.map_fn(one, rows, fn_output_signature=signature)

    def resampled(self, rows: tf.Tensor, transforms: tf.Tensor, size: Size) -> tf.Tensor:
        """See `Store`."""
        (found,) = python_call(partial(self._resampled, size=size), [rows, transforms], [tf.uint8])
        return tf.ensure_shape(found, (None, *size, self.channels))

    def blame(self, rows: np.ndarray) -> None:
        """See `Store`."""
        bad = {}
        for row in rows:
            name = self.names[row]
            try:
                self._decoded(row)
            except OSError as error:
                bad[name] = f"{name}: {error.strerror or error}"
            except ValueError as error:
                bad[name] = str(error)
        if bad:
            raise BadInput(f"Cannot be read or decoded: {'; '.join(bad.values())}. Received: {', '.join(bad)}")

    def identity(self, rows: np.ndarray, size: Size) -> str:
        """See `Store`; for files the key is made of path, size and times."""
        encoded = (self.encoded[row] for row in rows)
        found = _digest(_identity(os.fsencode(each)) if self.are_files else each for each in encoded)
        return f"{found} {size} {self.channels} {self.background}"

    def _read(self, row: int) -> bytes:
        return Path(self.encoded[row]).read_bytes() if self.are_files else self.encoded[row]

    def _decoded(self, row: int) -> np.ndarray:
        with self._naming(row):
            return decode(self._read(row), channels=self.channels, background=self.background)

    def _resampled(self, rows: np.ndarray, transforms: np.ndarray, size: Size) -> np.ndarray:
        files, headers = [self._read(row) for row in rows], []
        for row, file in zip(rows, files, strict=True):
            with self._naming(row):
                headers.append(read_header(file))
        plan = crops_of([_as_decoded(header) for header in headers], transforms, size)

        def pictures() -> Iterator[np.ndarray]:
            ratios = RATIOS[plan.step].tolist()
            for row, *each in zip(rows, files, headers, plan.window, ratios, strict=True):
                with self._naming(row):
                    yield decode_window(*each, channels=self.channels, background=self.background)

        found = buffers().unfilled((len(rows), *size, self.channels), np.uint8)
        return project_into(found, pictures(), plan.coefficients)

    @contextlib.contextmanager
    def _naming(self, row: int) -> Iterator[None]:
        """Prefixes errors with the name of the file."""
        try:
            yield
        except ValueError as error:
            raise ValueError(f"{self.names[row]}: {error}") from None


def digest_of(pictures: np.ndarray, rows: np.ndarray) -> str:
    """A key for the pixels of the images in `rows` of an array."""
    return f"{_digest(pictures[row].tobytes() for row in rows)} {pictures.shape[1:]}"


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for each in parts:
        digest.update(hashlib.sha256(each).digest())
    return digest.hexdigest()


def _identity(path: bytes) -> bytes:
    """A key for a file: its path and fingerprint."""
    try:
        found = fingerprint(path)
    except OSError as error:
        raise BadInput(f"{path.decode()} cannot be read: {error.strerror}. Received: {path.decode()!r}") from error
    return os.path.abspath(path) + "".join(f"\0{each}" for each in found).encode()  # noqa: PTH100 - paths as bytes


def _as_decoded(header: Header) -> Header:
    """What `decode_window` makes of an image: all but JPEG are upright."""
    return header if header.kind == JPEG else Header(header.kind, *header.shape)
