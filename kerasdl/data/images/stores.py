"""Stores of images: arrays, files or encoded bytes, read at any size."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import tensorflow as tf
from kerasdl.data.images.decoding.crops import RATIOS, Size, crops_of, reduced
from kerasdl.data.images.decoding.decode import decode, jpeg, reason
from kerasdl.data.images.decoding.exif import upright
from kerasdl.data.images.decoding.header import GIF, JPEG, PNG, Header, read_header
from kerasdl.data.images.resampling import project, resample
from kerasdl.data.python_call import python_call
from kerasdl.errors import BadInput
from kerasdl.files import fingerprint
from kerasdl.layers import FitImage

# Ways to decode: two that are a single TensorFlow operation, and one that handles everything else.
FROM_JPEG, FROM_PNG, CAREFUL = range(3)


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
        self.are_files = are_files
        self.read: Callable[[tf.Tensor], tf.Tensor] = tf.io.read_file if are_files else tf.identity
        with tf.device("CPU"):
            self.encoded = tf.constant(encoded)
            self.names = self.encoded if are_files else tf.constant(names)

    def can_fail(self, size: Size) -> bool:  # noqa: ARG002 - at any size
        """See `Store`."""
        return True

    @cached_property
    def first_shape(self) -> Size:
        """(height, width) of the first image with a valid header; (128, 128) if there is none."""
        for encoded in self.encoded:
            with contextlib.suppress(tf.errors.OpError, ValueError):
                return read_header(self.read(encoded).numpy()).shape
        return 128, 128

    def fitted(self, rows: tf.Tensor, size: Size) -> tf.Tensor:
        """See `Store`."""
        fit = FitImage(*size)

        def one(encoded: tf.Tensor, name: tf.Tensor, way: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
            picture = upright(self._decoded(encoded, name, way), orientation)
            return tf.ensure_shape(tf.cast(fit(picture), tf.uint8), (*size, self.channels))

        def plan(headers: list[Header], ways: np.ndarray) -> tuple[np.ndarray, ...]:
            return ways, np.array([header.orientation for header in headers], np.int32)

        signature = tf.TensorSpec((*size, self.channels), tf.uint8)
        return self._map(one, plan, rows, (), (((), tf.int32), ((), tf.int32)), signature)

    def resampled(self, rows: tf.Tensor, transforms: tf.Tensor, size: Size) -> tf.Tensor:
        """See `Store`."""

        def one(encoded: tf.Tensor, name: tf.Tensor, plan: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
            picture = self._decoded(encoded, name, plan[0], (plan[1], plan[2:]))
            return tf.ensure_shape(project(picture[None], places[None], size)[0], (*size, self.channels))

        def plan(headers: list[Header], ways: np.ndarray, transforms: np.ndarray) -> tuple[np.ndarray, ...]:
            crops = crops_of(headers, transforms, size)
            return np.column_stack([ways, crops.step, crops.window]), crops.coefficients

        signature = tf.TensorSpec((*size, self.channels), tf.uint8)
        return self._map(one, plan, rows, (transforms,), (((6,), tf.int32), ((8,), tf.float32)), signature)

    def blame(self, rows: np.ndarray) -> None:
        """See `Store`."""
        bad = {}
        for row in rows:
            name = self.names[row].numpy()
            try:
                self._decode(self.read(self.encoded[row]).numpy(), name)
            except tf.errors.OpError as error:
                bad[name.decode()] = f"{name.decode()}: {reason(error)}"
            except ValueError as error:
                bad[name.decode()] = str(error)
        if bad:
            raise BadInput(f"Cannot be read or decoded: {'; '.join(bad.values())}. Received: {', '.join(bad)}")

    def identity(self, rows: np.ndarray, size: Size) -> str:
        """See `Store`; for files the key is made of path, size and times."""
        encoded = self.encoded.numpy()[rows]
        found = _digest(_identity(each) for each in encoded) if self.are_files else _digest(encoded)
        return f"{found} {size} {self.channels} {self.background}"

    def _map(
        self,
        function: Callable[..., tf.Tensor],
        plan: Callable[..., tuple[np.ndarray, ...]],
        rows: tf.Tensor,
        more: tuple[tf.Tensor, ...],
        planned_as: tuple[tuple[tuple[int, ...], tf.DType], ...],
        signature: tf.TensorSpec,
    ) -> tf.Tensor:
        """Maps `function` over encoded images, their names and the rows that `plan` computes from their headers."""

        def planned(encoded: np.ndarray, names: np.ndarray, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
            headers = [_header(each, name) for each, name in zip(encoded, names, strict=True)]
            ways = np.array([_way(header, self.channels) for header in headers], np.int32)
            # The careful way returns the whole image, upright.
            headers = [each if way != CAREFUL else _whole(each) for each, way in zip(headers, ways, strict=True)]
            return plan(headers, ways, *arrays)

        names = tf.gather(self.names, rows)
        encoded = tf.map_fn(self.read, tf.gather(self.encoded, rows), fn_output_signature=tf.string)
        plans = python_call(planned, [encoded, names, *more], [dtype for _, dtype in planned_as])
        for each, (shape, _) in zip(plans, planned_as, strict=True):
            each.set_shape((None, *shape))
        each = tf.autograph.experimental.do_not_convert(lambda row: function(*row))
        return tf.map_fn(each, (encoded, names, *plans), fn_output_signature=signature)

    def _decoded(
        self, encoded: tf.Tensor, name: tf.Tensor, way: tf.Tensor, crop: tuple[tf.Tensor, tf.Tensor] | None = None
    ) -> tf.Tensor:
        """The image as stored, or a crop of it, downscaled by the ratio of the crop."""

        def cropped(picture: tf.Tensor) -> tf.Tensor:
            if crop is None:
                return picture
            step, window = crop

            def cut(ratio: int) -> tf.Tensor:
                top, left, height, width = tf.unstack(window * ratio)
                part = picture[top : top + height, left : left + width]
                return tf.ensure_shape(reduced(part[None], ratio)[0], (None, None, self.channels))

            return tf.switch_case(step, [partial(cut, int(ratio)) for ratio in RATIOS])

        def from_jpeg() -> tf.Tensor:
            if crop is None:
                return jpeg(encoded, self.channels)
            step, window = crop
            options = [{"crop_window": window, "ratio": int(ratio)} for ratio in RATIOS]
            return tf.switch_case(step, [partial(jpeg, encoded, self.channels, **each) for each in options])

        def from_png() -> tf.Tensor:
            return cropped(tf.ensure_shape(tf.io.decode_png(encoded, self.channels), (None, None, self.channels)))

        def carefully() -> tf.Tensor:
            # Arrays of one string: a scalar string arrives with a different shape in eager mode.
            (picture,) = python_call(self._decode_only, [encoded[None], name[None]], [tf.uint8])
            return cropped(tf.ensure_shape(picture, (None, None, self.channels)))

        return tf.switch_case(way, [from_jpeg, from_png, carefully])

    def _decode_only(self, encoded: np.ndarray, names: np.ndarray) -> np.ndarray:
        return self._decode(encoded[0], names[0])

    def _decode(self, encoded: bytes, name: bytes) -> np.ndarray:
        with _naming(name):
            return decode(encoded, channels=self.channels, background=self.background)


@contextlib.contextmanager
def _naming(name: bytes) -> Iterator[None]:
    """Prefixes errors with the name of the file."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name.decode()}: {error}") from None


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


def _header(encoded: bytes, name: bytes) -> Header:
    with _naming(name):
        return read_header(encoded)


def _way(header: Header, channels: int) -> int:
    """How to decode an image: directly if JPEG, or PNG without transparency or conversion to grayscale."""
    if header.kind == JPEG and not (channels == 1 and header.channels == 4):
        return FROM_JPEG
    return FROM_PNG if header.kind == PNG and header.channels in (1, channels) else CAREFUL


def _whole(header: Header) -> Header:
    height, width = header.shape
    return Header(GIF, height, width)
