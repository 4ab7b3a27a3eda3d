"""Which way up a picture is: the EXIF orientation of a JPEG, read in the graph, and the picture turned by it."""

import tensorflow as tf
from kerasdl.data.encoded import number

# EXIF is the first segment of a JPEG but for JFIF, a profile or a comment, and a segment holds at most 64 KiB.
SEARCHED_BYTES = 2**17
# The directory is sorted by tag, and few tags lie below that of the orientation.
SEARCHED_ENTRIES = 64
ORIENTATION_TAG, SHORT = 0x0112, 3
# By orientation 0..8 (0 is none): whether rows and columns change places, and which of (rows, columns) then run
# backwards.
TURNED = (False, False, False, False, False, True, True, True, True)
MIRRORED = (
    (False, False),
    (False, False),
    (False, True),
    (True, True),
    (True, False),
    (False, False),
    (False, True),
    (True, True),
    (True, False),
)


def orientation(encoded: tf.Tensor) -> tf.Tensor:
    """The EXIF orientation of a JPEG (CIPA DC-008, tag 0x0112), found without decoding it.

    The first 128 KiB are searched. A file without EXIF costs little.

    Args:
        encoded: The bytes of the file, a scalar string.

    Returns:
        int32 scalar, 1..8; 1 (as it is) where nothing is said, what is said is malformed, or the file is not a JPEG.

    Example:
        >>> int(orientation(tf.io.read_file("portrait.jpg")))
        6
    """
    beginning = tf.strings.substr(encoded, 0, SEARCHED_BYTES)
    pieces = tf.raw_ops.StringSplitV2(input=[beginning], sep=b"Exif\0\0", maxsplit=1).values
    found = tf.equal(tf.size(pieces), 2) & tf.equal(tf.strings.substr(encoded, 0, 2), b"\xff\xd8")
    return tf.cond(found, lambda: _said(pieces[0], pieces[1]), lambda: tf.constant(1))


def upright(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """The image turned and mirrored as its EXIF orientation asks.

    Args:
        image: (height, width, channels), as it is stored.
        orientation: int32 scalar, 1..8.

    Returns:
        (height, width, channels), or (width, height, channels) for orientations 5..8.

    Example:
        >>> upright(tf.zeros((20, 30, 3)), tf.constant(6)).shape
        TensorShape([30, 20, 3])
    """

    def turn() -> tf.Tensor:
        turned, mirrored = turns(orientation)
        rows_first = tf.transpose(image, tf.where(turned, [1, 0, 2], [0, 1, 2]))
        return tf.reverse(rows_first, tf.boolean_mask([0, 1], mirrored))

    return tf.ensure_shape(tf.cond(orientation > 1, turn, lambda: image), (None, None, image.shape[-1]))


def turns(orientation: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """What to do about an orientation: whether to transpose (scalar), then which of (rows, columns) to reverse (2,)."""
    return tf.gather(TURNED, orientation), tf.gather(MIRRORED, orientation)


def _said(before: tf.Tensor, tiff: tf.Tensor) -> tf.Tensor:
    """The orientation in the TIFF structure of an APP1 segment, whose marker and length stand `before` it."""
    marker = tf.strings.substr(before, tf.maximum(tf.strings.length(before) - 4, 0), 2)
    head = tf.io.decode_raw(tiff, tf.uint8, fixed_length=8)
    order = tf.strings.substr(tiff, 0, 4)
    big = tf.equal(order, b"MM\0*")
    start = tf.minimum(number(head[4:], big=big), tf.cast(tf.strings.length(tiff), tf.int64))
    directory = tf.strings.substr(tiff, start, tf.constant(2 + 12 * SEARCHED_ENTRIES, tf.int64))
    value = _entry(tf.io.decode_raw(directory, tf.uint8, fixed_length=2 + 12 * SEARCHED_ENTRIES), big)
    sound = tf.equal(marker, b"\xff\xe1") & (big | tf.equal(order, b"II*\0")) & (value >= 1) & (value <= 8)
    return tf.where(sound, value, 1)


def _entry(directory: tf.Tensor, big: tf.Tensor) -> tf.Tensor:
    """The value of the orientation's entry in a directory of 12-byte entries: tag, type, count, value; 0 for none."""
    entries = tf.reshape(directory[2:], (SEARCHED_ENTRIES, 12))
    tags, types = number(entries[:, :2], big=big), number(entries[:, 2:4], big=big)
    listed = tf.range(SEARCHED_ENTRIES, dtype=tf.int64) < number(directory[:2], big=big)
    found = listed & tf.equal(tags, ORIENTATION_TAG) & tf.equal(types, SHORT)
    return tf.cast(tf.reduce_max(tf.where(found, number(entries[:, 8:10], big=big), 0)), tf.int32)
