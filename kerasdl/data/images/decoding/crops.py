"""Plans how to resample encoded images: which window to decode, at which reduced scale, and where to sample it.

The plan is computed in NumPy for a whole batch from the headers of its files: as graph operations, it would take longer
than the decoding. The plan of an image depends on that image only.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from kerasdl.data.images.decoding.exif import MIRRORED, TURNED
from kerasdl.data.images.decoding.header import Header

Size = tuple[int, int]
# The ratios by which libjpeg can downscale while it decodes.
RATIOS = np.array([1, 2, 4, 8])
# The outermost pixels of a cropped JPEG lack the color of their neighbors: decode more than is sampled.
MARGIN = 8
NEAREST = 0.05


def reduced(pictures: tf.Tensor, ratio: int) -> tf.Tensor:
    """Images downscaled by `ratio`, each pixel the mean of ratio x ratio: uint8 (batch, any, any, channels)."""
    if ratio == 1:
        return pictures
    for axis in (1, 2):
        length = tf.shape(pictures)[axis]
        # Repeats the last pixels beyond the edge.
        places = tf.minimum(tf.range(-(-length // ratio) * ratio), length - 1)
        pictures = tf.gather(pictures, places, axis=axis)
    means = tf.nn.avg_pool2d(tf.cast(pictures, tf.float32), ratio, ratio, "VALID")
    return tf.cast(tf.round(means), tf.uint8)


class Crop(NamedTuple):
    """How to decode and resample images; arrays with one row per image.

    Attributes:
        window: int32 (4,): top, left, height and width of the window to decode, in pixels of the downscaled image.
        step: int32 scalar, index into RATIOS; a JPEG is downscaled while decoding, other formats afterwards.
        coefficients: float32 (8,), for `resampling.project`: from output pixels to window pixels.
    """

    window: np.ndarray
    step: np.ndarray
    coefficients: np.ndarray


def crops_of(headers: Sequence[Header], transforms: np.ndarray, size: Size) -> Crop:
    """Plans how to decode and resample images through matrices.

    Args:
        headers: The headers of the files.
        transforms: float32 (batch, 3, 3), from output points to points of the fitted image, both in output pixels from
            the center, as returned by `Augmentation.transforms`.
        size: (height, width) of the output.

    Returns:
        A Crop of arrays, (batch, 4), (batch,) and (batch, 8).

    Example:
        >>> crops_of([Header("JPEG", 300, 400)], np.eye(3)[None], (100, 100)).window
        array([[  0,  17, 150, 166]], dtype=int32)
    """
    # Reshaped, for there may be none.
    shapes = np.array([header.shape for header in headers], np.float64).reshape(-1, 2)
    stored = np.array([[header.height, header.width] for header in headers], np.int64).reshape(-1, 2)
    upright = np.array([_upright(header.orientation) for header in headers]).reshape(-1, 3, 3)
    scale = (shapes / size).min(axis=1)
    # From points of the output to points of the stored image, both from the center, x before y.
    matrix = upright @ _scaling(scale) @ transforms.astype(np.float64)

    shrink = np.sqrt(np.abs(np.linalg.det(matrix[:, :2, :2])))
    step = (shrink[:, None] >= RATIOS[1:] - 1e-6).sum(axis=1)
    ratio = RATIOS[step][:, None]
    first, last = _needed(matrix, stored, size, margin=MARGIN * ratio)
    first, last = first // ratio, -(-last // ratio)

    # To pixels of the window: from the stored image's center to its corner, downscaled, then to the window's corner.
    origin = (stored / 2 / ratio - first - 0.5)[:, ::-1]
    to_window = _translation(origin) @ _scaling(1 / ratio[:, 0])
    height, width = size
    from_pixels = _translation(np.array([[-(width - 1) / 2, -(height - 1) / 2]]))
    projection = (to_window @ matrix @ from_pixels).reshape(-1, 9)
    return Crop(
        np.concatenate([first, last - first], axis=1).astype(np.int32),
        step.astype(np.int32),
        (projection[:, :8] / projection[:, 8:]).astype(np.float32),
    )


def _needed(matrix: np.ndarray, stored: np.ndarray, size: Size, margin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The part of the stored image that is sampled: first row and column, and last plus 1, each (batch, 2)."""
    height, width = size
    corners = np.array([[x, y, 1.0] for x in (-width / 2, width / 2) for y in (-height / 2, height / 2)])
    points = np.einsum("bij,cj->bci", matrix, corners)
    depth = points[..., 2:]
    # If the horizon crosses the output, any part of the image may be sampled.
    beyond = depth.min(axis=(1, 2)) < NEAREST
    places = (points[..., :2] / np.maximum(depth, NEAREST))[..., ::-1] + stored[:, None] / 2
    low, high = places.min(axis=1), places.max(axis=1)
    # Beyond the border the image is reflected.
    first = np.floor(np.minimum(low, 2 * stored - high) - margin)
    last = np.ceil(np.maximum(high, -low) + margin)
    first = np.where(beyond[:, None], 0, np.clip(first, 0, stored - 1)).astype(int)
    return first, np.where(beyond[:, None], stored, np.clip(last, first + 1, stored)).astype(int)


def _upright(orientation: int) -> np.ndarray:
    """Matrix (3, 3) from points of the upright image to points of the stored one, from the center, x before y."""
    down, right = (-1.0 if mirrored else 1.0 for mirrored in MIRRORED[orientation])
    if TURNED[orientation]:
        return np.array([[0.0, down, 0.0], [right, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return np.diag([right, down, 1.0])


def _scaling(factor: np.ndarray) -> np.ndarray:
    return factor[:, None, None] * np.diag([1.0, 1.0, 0.0]) + np.diag([0.0, 0.0, 1.0])


def _translation(moved: np.ndarray) -> np.ndarray:
    """Matrices of shifts (batch, 2), x before y."""
    matrices = np.tile(np.eye(3), (len(moved), 1, 1))
    matrices[:, :2, 2] = moved
    return matrices
