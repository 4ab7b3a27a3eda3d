"""Decodes image files to pixels as a viewer shows them: upright, opaque, with 1 or 3 channels."""

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf
from kerasdl.data.images.decoding.budget import Budget
from kerasdl.data.images.decoding.crops import reduced
from kerasdl.data.images.decoding.exif import upright
from kerasdl.data.images.decoding.header import (
    BMP,
    EXTENSION,
    GIF,
    GIF_SCREEN,
    JPEG,
    MOST_PIXELS,
    PNG,
    WEBP,
    Header,
    after_blocks,
    palette_bytes,
    read_header,
)

# Luma weights of ITU-R BT.601 (0.299, 0.587, 0.114), in 1/65,536.
LUMA = (19595, 38470, 7471)
# PNG color types (https://www.w3.org/TR/png-3/, 11.2.1) without alpha or palette.
GRAY, COLOR = 0, 2
GRAPHIC_CONTROL, DESCRIPTOR_BYTES = 0xF9, 10
BMP_BITS = (8, 24, 32)
# Flags of extended WebP (RFC 9649, section 2.7).
ANIMATED, HAS_ALPHA = 0x02, 0x10
# libjpeg's slow integer transform: bit for bit the same as Pillow.
# With the fraction as an integer, its default, TensorFlow takes the slow way to call an operation.
JPEG_OPTIONS = {"dct_method": "INTEGER_ACCURATE", "fancy_upscaling": True, "acceptable_fraction": 1.0}
# From this share of its pixels on, a whole JPEG is decoded faster than a window of it.
MOST_OF_IT = 0.5

STRIP_PIXELS = 2**18
# Of all threads together: as many as one image may have.
_PIXELS = Budget(MOST_PIXELS)

Background = int | Sequence[int]


def decode(encoded: bytes, *, channels: int, background: Background = 255) -> np.ndarray:
    """Decodes a JPEG, PNG, GIF (first frame), BMP or WebP image; the format is detected from the bytes.

    The EXIF orientation of JPEG, PNG and WebP is applied. Transparent pixels, and those that a GIF frame does not
    cover, are blended with the background. 16-bit values are reduced to their upper 8 bits. Grayscale is the luma of
    ITU-R BT.601, 0.299 red + 0.587 green + 0.114 blue. Color profiles are not applied, nor is an orientation in XMP,
    which most viewers ignore. Threads that would decode more pixels at once than one image may have wait.

    Args:
        encoded: The bytes of the file.
        channels: 3 for color, 1 for grayscale.
        background: 0..255, one number, or three for red, green and blue.

    Returns:
        uint8 (height, width, channels).

    Raises:
        ValueError: `channels` or `background` is out of range; or the image has another format (named), is damaged, or
            has more than `header.MOST_PIXELS` pixels.

    Example:
        >>> decode(Path("portrait.jpg").read_bytes(), channels=3).shape
        (1800, 1200, 3)
    """
    behind = _background(background, channels)
    header = read_header(encoded)
    with _holding(header.height * header.width, encoded):
        if header.kind == JPEG:
            picture = jpeg(encoded, channels, header.channels)
        else:
            picture = _opened(encoded, header, behind, channels)
        return np.require(upright(picture, header.orientation), requirements=["C", "W"])


def decode_window(
    encoded: bytes, header: Header, window: Sequence[int], ratio: int, *, channels: int, background: Background
) -> np.ndarray:
    """Decodes a window of an image at a reduced scale: a JPEG as it is stored, other formats upright.

    Args:
        encoded: The bytes of the file.
        header: Its header.
        window: top, left, height and width, in pixels of the downscaled image.
        ratio: 1, 2, 4 or 8, by which the image is downscaled; a JPEG while it is decoded.
        channels: 3 for color, 1 for grayscale.
        background: As for `decode`.

    Returns:
        uint8 (height, width, channels).

    Raises:
        ValueError: The image is damaged.

    Example:
        >>> file = Path("portrait.jpg").read_bytes()
        >>> decode_window(file, read_header(file), (0, 0, 100, 90), 8, channels=3, background=255).shape
        (100, 90, 3)
    """
    top, left, height, width = window
    if header.kind != JPEG:
        top, left, bottom, right = (ratio * place for place in (top, left, top + height, left + width))
        part = decode(encoded, channels=channels, background=background)[top:bottom, left:right]
        with tf.device("CPU"):
            return part if ratio == 1 else reduced(part[None], ratio)[0].numpy()
    whole = -(-header.height // ratio), -(-header.width // ratio)
    with _holding(whole[0] * whole[1], encoded):
        if height * width < MOST_OF_IT * whole[0] * whole[1]:
            return jpeg(encoded, channels, header.channels, ratio=ratio, crop_window=window)
        picture = jpeg(encoded, channels, header.channels, ratio=ratio)
    return picture[top : top + height, left : left + width]


@contextmanager
def _holding(pixels: int, encoded: bytes) -> Iterator[None]:
    """Decodes within the budget, on the CPU; what goes wrong is a ValueError."""
    try:
        with _PIXELS.hold(pixels), tf.device("CPU"):
            yield
    except tf.errors.OpError as error:
        raise ValueError(f"{_reason(error)}. Received: {len(encoded)} bytes") from error
    except (struct.error, IndexError) as error:
        raise ValueError(f"Damaged or cut short. Received: {len(encoded)} bytes") from error


def _opened(encoded: bytes, header: Header, behind: np.ndarray, channels: int) -> np.ndarray:
    picture = _READERS[header.kind](encoded, behind)
    # With that number of channels it is opaque already.
    if picture.shape[-1] == channels:
        return picture
    return _in_strips(lambda strip: _channels(_opaque(strip, behind), channels), picture, channels)


def jpeg(encoded: bytes, channels: int, inks: int, **options: Any) -> np.ndarray:
    """A JPEG as stored, not turned; `options` are those of DecodeAndCropJpeg, or of DecodeJpeg without crop_window."""
    decoder = tf.raw_ops.DecodeAndCropJpeg if "crop_window" in options else tf.raw_ops.DecodeJpeg
    # libjpeg cannot convert CMYK to grayscale; for the rest it returns the stored luma.
    read = 3 if inks == 4 else channels
    # As an array the bytes, too, are passed the fast way.
    found = decoder(contents=np.array(encoded, object), channels=read, **JPEG_OPTIONS, **options)
    # Unlike `numpy()`, this does not copy the pixels; they cannot be written to.
    picture = np.asarray(memoryview(found))
    return picture if read == channels else _in_strips(lambda strip: _channels(strip, channels), picture, channels)


def check_channels(channels: int) -> None:
    """Raises unless images can be decoded to this number of channels."""
    if channels not in (1, 3):
        raise ValueError(f"channels must be 1 (grayscale) or 3 (color). Received: channels={channels}")


def _reason(error: tf.errors.OpError) -> str:
    """The message of a TensorFlow error without the names of nodes and operations."""
    message = error.message.split("}} ")[-1].split(" [Op:")[0].strip().split("\n")[0].rstrip(".")
    return f"Damaged or cut short ({message})" if isinstance(error, tf.errors.InvalidArgumentError) else message


def _background(background: Background, channels: int) -> np.ndarray:
    color = np.broadcast_to(background, 3) if np.ndim(background) == 0 else np.asarray(background)
    check_channels(channels)
    if color.shape != (3,) or color.min() < 0 or color.max() > 255:
        raise ValueError(f"background must be one number in 0..255, or three. Received: background={background}")
    return color.astype(np.uint8)


def _png(encoded: bytes, _: np.ndarray) -> np.ndarray:
    if encoded[25] not in (GRAY, COLOR) or read_header(encoded).channels:
        return tf.io.decode_png(encoded, channels=0).numpy()
    # At most one color is transparent; the alpha of the others is the largest number of the file's bit depth.
    picture = tf.io.decode_png(encoded, channels=4).numpy()
    picture[..., 3] = (picture[..., 3] > 0) * np.uint8(255)
    return picture


def _gif(encoded: bytes, background: np.ndarray) -> np.ndarray:
    """The first frame on its canvas (GIF89a, https://www.w3.org/Graphics/GIF/spec-gif89a.txt).

    TensorFlow decodes every frame to return the first, paints transparent pixels black, and shifts a frame that is
    smaller than the canvas. So it gets a file of the first frame only, placed at the corner, without transparency.
    """
    file = bytearray(encoded)
    at = begin = GIF_SCREEN + palette_bytes(file[10])
    transparent = None
    while file[at] == EXTENSION:
        if file[at + 1] == GRAPHIC_CONTROL:
            transparent = file[at + 6] if file[at + 3] % 2 else None
        at = after_blocks(encoded, at + 2)
    left, top, width, height = struct.unpack_from("<HHHH", encoded, at + 1)
    own = palette_bytes(file[at + DESCRIPTOR_BYTES - 1])
    if transparent is not None:
        color = (at + DESCRIPTOR_BYTES if own else GIF_SCREEN) + 3 * transparent
        file[color : color + 3] = background.tobytes()
    file[at + 1 : at + 5] = bytes(4)
    end = after_blocks(encoded, at + DESCRIPTOR_BYTES + own + 1)
    alone = bytes(file[:begin] + file[at:end]) + b";"
    frame = tf.io.decode_image(alone, channels=3, expand_animations=False).numpy()
    header = read_header(encoded)
    # A row first: rows are copied much faster than pixels.
    canvas = np.tile(np.tile(background, (header.width, 1)), (header.height, 1, 1))
    canvas[top : top + height, left : left + width] = frame[:height, :width]
    return canvas


def _bmp(encoded: bytes, _: np.ndarray) -> np.ndarray:
    """BMP of 8 bits (palette), 24 bits, or 32 bits, of which the last 8 are ignored."""
    (header_bytes,) = struct.unpack_from("<I", encoded, 14)
    bits, compression = struct.unpack_from("<HI", encoded, 28)
    if compression or bits not in BMP_BITS:
        raise ValueError(
            "TensorFlow decodes only uncompressed BMP of 8, 24 or 32 bits: convert the file to PNG. "
            f"Received: {bits} bits, compression {compression}"
        )
    picture = tf.io.decode_bmp(encoded).numpy()
    if bits > 8:
        return picture[..., :3]
    # TensorFlow ignores the palette, which follows the header as blue, green, red and 0.
    start = 14 + header_bytes
    palette = np.frombuffer(encoded[start : start + 1024].ljust(1024, b"\0"), np.uint8).reshape(256, 4)
    return _in_strips(lambda strip: palette[strip[..., 0], 2::-1], picture, 3)


def _webp(encoded: bytes, _: np.ndarray) -> np.ndarray:
    if encoded[12:16] == b"VP8X" and encoded[20] & ANIMATED:
        # TensorFlow writes frames with alpha even if the file says there is none, and then past the buffer's end.
        encoded = encoded[:20] + bytes([encoded[20] | HAS_ALPHA]) + encoded[21:]
    return tf.io.decode_image(encoded, channels=0, expand_animations=False).numpy()


_READERS: dict[int, Callable[[bytes, np.ndarray], np.ndarray]] = {PNG: _png, GIF: _gif, BMP: _bmp, WEBP: _webp}


def _in_strips(convert: Callable[[np.ndarray], np.ndarray], picture: np.ndarray, channels: int) -> np.ndarray:
    """Converts an image strip by strip, since the numbers in between take many times its memory."""
    converted = np.empty((*picture.shape[:2], channels), np.uint8)
    rows = max(1, STRIP_PIXELS // picture.shape[1])
    for top in range(0, len(picture), rows):
        converted[top : top + rows] = convert(picture[top : top + rows])
    return converted


def _opaque(picture: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Red, green and blue of grayscale or color, blended over a background if there is alpha."""
    colors = picture[..., :3] if picture.shape[-1] > 2 else np.repeat(picture[..., :1], 3, axis=-1)
    if picture.shape[-1] in (1, 3):
        return colors
    # The largest number in between, 255 * 255 + 127, fits.
    share = picture[..., -1:].astype(np.uint16)
    return ((colors * share + background * (255 - share) + 127) // 255).astype(np.uint8)


def _channels(picture: np.ndarray, channels: int) -> np.ndarray:
    """Converts color to grayscale if `channels` is 1."""
    if channels == 3:
        return picture
    luma = (picture.astype(np.int32) * LUMA).sum(axis=-1, keepdims=True)
    return ((luma + 2**15) // 2**16).astype(np.uint8)
