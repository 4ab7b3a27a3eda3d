"""EXIF orientation of images (CIPA DC-008, tag 0x0112)."""

import struct

import numpy as np

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


def upright(image: np.ndarray, orientation: int) -> np.ndarray:
    """Turns and mirrors an image according to its EXIF orientation.

    Args:
        image: (height, width, channels), as stored.
        orientation: 1..8.

    Returns:
        A view of `image`, (height, width, channels), or (width, height, channels) for orientations 5..8.

    Example:
        >>> upright(np.zeros((20, 30, 3)), 6).shape
        (30, 20, 3)
    """
    rows_first = image.swapaxes(0, 1) if TURNED[orientation] else image
    down, right = (-1 if mirrored else 1 for mirrored in MIRRORED[orientation])
    return rows_first[::down, ::right]
