"""What the first bytes of a picture say: its format and its size, before anything is decoded.

A file of a few bytes can claim a picture of gigabytes. So the claim is read first, and one of more than `MOST_PIXELS` is
refused.
"""

import numpy as np
import tensorflow as tf
from kerasdl.data.encoded import insist, number
from kerasdl.data.exif import orientation, turns
from kerasdl.data.gif import first_frame

MOST_PIXELS = 100_000_000
# What is decoded, in the order of the branches that read it; UNKNOWN is whatever is not.
JPEG, PNG, GIF, BMP, WEBP, UNKNOWN = range(6)
# What a file of each kind is called, and the bytes that stand at a place in it. The first that fits is right.
SIGNATURES: tuple[tuple[int, str, dict[int, bytes]], ...] = (
    (JPEG, "a JPEG", {0: b"\xff\xd8\xff"}),
    (PNG, "a PNG", {0: b"\x89PNG\r\n\x1a\n"}),
    (GIF, "a GIF", {0: b"GIF8"}),
    (UNKNOWN, "a BMP of OS/2", {0: b"BM", 14: b"\x0c\0"}),
    (BMP, "a BMP", {0: b"BM"}),
    (WEBP, "a WebP", {0: b"RIFF", 8: b"WEBPVP8"}),
    (UNKNOWN, "a damaged PNG", {1: b"PNG"}),
    (UNKNOWN, "a TIFF", {0: b"II*\0"}),
    (UNKNOWN, "a TIFF", {0: b"MM\0*"}),
    (UNKNOWN, "a BigTIFF", {0: b"II+\0"}),
    (UNKNOWN, "a BigTIFF", {0: b"MM\0+"}),
    (UNKNOWN, "an AVIF", {4: b"ftypavi"}),
    (UNKNOWN, "a HEIC", {4: b"ftyphe"}),
    (UNKNOWN, "a HEIC or AVIF", {4: b"ftypm"}),
    (UNKNOWN, "an ICO (icon)", {0: b"\0\0\1\0"}),
    (UNKNOWN, "a CUR (cursor)", {0: b"\0\0\2\0"}),
    *((UNKNOWN, "a PBM, PGM or PPM", {0: b"P%d" % kind}) for kind in range(1, 7)),
    (UNKNOWN, "a PSD (Photoshop)", {0: b"8BPS"}),
    (UNKNOWN, "a JPEG 2000", {0: b"\0\0\0\x0cjP  "}),
    (UNKNOWN, "a JPEG 2000", {0: b"\xff\x4f\xff\x51"}),
    (UNKNOWN, "a JPEG XL", {0: b"\0\0\0\x0cJXL "}),
    (UNKNOWN, "a JPEG XL", {0: b"\xff\x0a"}),
    (UNKNOWN, "a PDF", {0: b"%PDF"}),
    (UNKNOWN, "a web page or SVG", {0: b"<"}),
    (UNKNOWN, "a placeholder of Git LFS, for `git lfs pull` to replace", {0: b"version https:"}),
    (UNKNOWN, "an empty file, or zeros", {0: bytes(16)}),
    (UNKNOWN, "a file of no known format", {}),
)
SIGNATURE_BYTES, HEADER_BYTES = 16, 34
KINDS = [kind for kind, _, _ in SIGNATURES]
CALLED = [called for _, called, _ in SIGNATURES]


def picture_shape(encoded: tf.Tensor) -> tf.Tensor:
    """Height and width of an encoded picture, upright, without decoding it.

    Args:
        encoded: The bytes of a JPEG, PNG, GIF, BMP or WebP file, a scalar string.

    Returns:
        int32 (2,): height and width in pixels, as `kerasdl.data.decode.decode` gives them.

    Raises:
        tf.errors.InvalidArgumentError: The file is of another format (named in the message), its header is damaged, or
            it claims no pixels at all or more than `MOST_PIXELS`, 100 million.

    Example:
        >>> picture_shape(tf.io.read_file("portrait.jpg")).numpy()
        array([1800, 1200], dtype=int32)
    """
    shape = stored_shape(encoded)
    turned, _ = turns(orientation(encoded))
    return tf.where(turned, shape[::-1], shape)


def stored_shape(encoded: tf.Tensor) -> tf.Tensor:
    """As `picture_shape`, but of the picture as the file stores it, turned or not."""
    header = tf.io.decode_raw(encoded, tf.uint8, fixed_length=HEADER_BYTES)
    readers = [
        lambda: tf.cast(tf.io.extract_jpeg_shape(encoded)[:2], tf.int64),
        lambda: _pair(header[16:24], big=True),
        lambda: tf.cast(first_frame(encoded).canvas, tf.int64),
        # The height of a BMP is negative where its first row is the upper one.
        lambda: tf.abs(tf.cast(tf.bitcast(tf.reshape(header[18:26], (2, 4)), tf.int32), tf.int64))[::-1],
        lambda: _webp_shape(header),
        lambda: _refused(encoded),
    ]
    shape = tf.ensure_shape(tf.switch_case(kind_of(encoded), readers), (2,))
    pixels = tf.reduce_prod(shape)
    # A side beyond the limit is looked at too: the product of two huge ones can overflow.
    sound = (pixels > 0) & (pixels <= MOST_PIXELS) & (tf.reduce_max(shape) <= MOST_PIXELS)
    return tf.cast(insist(sound, shape, lambda: _outsized(shape)), tf.int32)


def kind_of(encoded: tf.Tensor) -> tf.Tensor:
    """Which of JPEG, PNG, GIF, BMP, WEBP, UNKNOWN a file is, whatever its name says: int32 scalar."""
    return tf.gather(KINDS, _signature(encoded))


def _refused(encoded: tf.Tensor) -> tf.Tensor:
    advice = "TensorFlow decodes JPEG, PNG, GIF, BMP and WebP: convert the file to one of them. Received: "
    called = tf.gather(CALLED, _signature(encoded))
    return insist(tf.constant(False), tf.zeros(2, tf.int64), lambda: tf.strings.join([advice, called]))


def _outsized(shape: tf.Tensor) -> tf.Tensor:
    limit = f"A picture has at least one pixel and at most {MOST_PIXELS:,} pixels. Received: one that claims "
    return tf.strings.join([limit, tf.strings.reduce_join(tf.strings.as_string(shape[::-1]), separator=" x ")])


def _webp_shape(header: tf.Tensor) -> tf.Tensor:
    """Lossy (RFC 6386, section 9.1), lossless and extended WebP (RFC 9649, sections 3.4 and 2.7)."""
    packed = number(header[21:25], big=False)
    shapes = {
        " ": _pair(header[26:30], big=False) % 2**14,
        "L": tf.stack([packed // 2**14, packed]) % 2**14 + 1,
        "X": _pair(header[24:30], big=False) + 1,
    }
    return tf.add_n([tf.where(tf.equal(header[15], ord(kind)), shape, 0) for kind, shape in shapes.items()])


def _pair(digits: tf.Tensor, *, big: bool) -> tf.Tensor:
    """Height and width of a header that gives the width first."""
    return number(tf.reshape(digits, (2, -1)), big=big)[::-1]


def _signature(encoded: tf.Tensor) -> tf.Tensor:
    beginning = tf.io.decode_raw(encoded, tf.uint8, fixed_length=SIGNATURE_BYTES)
    fits = tf.reduce_all(tf.equal(beginning, BYTES) | ~MATTERS, axis=1)
    return tf.argmax(fits, output_type=tf.int32)


def _tables() -> tuple[np.ndarray, np.ndarray]:
    """The bytes of the signatures (signatures, SIGNATURE_BYTES), and which of them matter."""
    expected = np.zeros((len(SIGNATURES), SIGNATURE_BYTES), np.uint8)
    matters = np.zeros_like(expected, bool)
    for row, (_, _, parts) in enumerate(SIGNATURES):
        for start, magic in parts.items():
            expected[row, start : start + len(magic)] = list(magic)
            matters[row, start : start + len(magic)] = True
    return expected, matters


BYTES, MATTERS = _tables()
