"""EXIF orientation of images (CIPA DC-008, tag 0x0112)."""

import struct

import tensorflow as tf

ORIENTATION_TAG, SHORT = 0x0112, 3
# By orientation 0..8 (0 is none): whether rows and columns are swapped, and which of (rows, columns) are then reversed.
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


def exif_orientation(tiff: bytes) -> int:
    """The orientation in the TIFF structure of EXIF data.

    Args:
        tiff: The bytes after "Exif" and two zeros in the APP1 segment of a JPEG.

    Returns:
        1..8; 1 (as stored) if there is no orientation or it is malformed.

    Example:
        >>> exif_orientation(b"")
        1
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * entry)
            if tag == ORIENTATION_TAG:
                return value if kind == SHORT and 1 <= value <= 8 else 1
    except struct.error:
        # Truncated before the orientation.
        return 1
    return 1


def upright(image: tf.Tensor, orientation: tf.Tensor | int) -> tf.Tensor:
    """Turns and mirrors an image according to its EXIF orientation.

    Args:
        image: (height, width, channels), as stored.
        orientation: int32 scalar, 1..8.

    Returns:
        (height, width, channels), or (width, height, channels) for orientations 5..8.

    Example:
        >>> upright(tf.zeros((20, 30, 3)), 6).shape
        TensorShape([30, 20, 3])
    """

    def turn() -> tf.Tensor:
        rows_first = tf.transpose(image, tf.where(tf.gather(TURNED, orientation), [1, 0, 2], [0, 1, 2]))
        return tf.reverse(rows_first, tf.boolean_mask([0, 1], tf.gather(MIRRORED, orientation)))

    turned = tf.cond(tf.convert_to_tensor(orientation) > 1, turn, lambda: image)
    return tf.ensure_shape(turned, (None, None, image.shape[-1]))
