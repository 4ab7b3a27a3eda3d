"""Geometry of images: projective matrices, for `resampling.resample`.

A matrix (batch, 3, 3) maps points of the output to points of the image, both in output pixels from the center, x to
the right and y down. So the transform that is applied last to the image is the rightmost factor of a product.
Every `(batch,)` argument holds one number per sample.

Matrices are float64: in float32 TensorFlow's vectorized functions differ from its scalar ones in the last bit, so that
a sample would depend on the size of its batch.
"""

from typing import Any

import numpy as np
import tensorflow as tf


def rotation(degrees: tf.Tensor) -> tf.Tensor:
    """Rotates the image clockwise by `degrees` (batch,).

    Example:
        >>> augment.resample(images, rotation(tf.fill([len(images)], 90.0)), (64, 64))
    """
    angle = degrees * (np.pi / 180)
    cos, sin = tf.cos(angle), tf.sin(angle)
    return matrices([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])


def scaling(factor: tf.Tensor, right: tf.Tensor | float = 0.0, down: tf.Tensor | float = 0.0) -> tf.Tensor:
    """Enlarges the image by `factor` (batch,) about the fixed point (`right`, `down`)."""
    still = 1 - 1 / factor
    return matrices([[1 / factor, 0, still * right], [0, 1 / factor, still * down], [0, 0, 1]])


def translation(right: tf.Tensor, down: tf.Tensor) -> tf.Tensor:
    """Shifts the image by `right` and `down` pixels, both (batch,)."""
    return matrices([[1, 0, -right], [0, 1, -down], [0, 0, 1]])


def reflection(horizontal: tf.Tensor, vertical: tf.Tensor) -> tf.Tensor:
    """Flips left to right where `horizontal` (batch,) is true, top to bottom where `vertical` (batch,) is true."""
    x, y = (tf.where(mirrored, -1.0, 1.0) for mirrored in (horizontal, vertical))
    return matrices([[x, 0, 0], [0, y, 0], [0, 0, 1]])


def dihedral(index: tf.Tensor) -> tf.Tensor:
    """The eight symmetries of a square: `index` // 2 quarter turns clockwise, then a horizontal flip if it is odd.

    Args:
        index: int32 (batch,), 0 to 7; 0 is the identity.
    """
    # Exact values: the computed cosine of 90 degrees is not exactly 0.
    cos = tf.gather([1.0, 0.0, -1.0, 0.0], index // 2)
    sin = tf.gather([0.0, 1.0, 0.0, -1.0], index // 2)
    mirrored = index % 2 == 1
    return matrices([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]) @ reflection(mirrored, tf.zeros_like(mirrored))


def shearing(degrees: tf.Tensor) -> tf.Tensor:
    """Leans vertical lines to the right by `degrees` (batch,); the middle row does not move."""
    return matrices([[1, tf.tan(degrees * (np.pi / 180)), 0], [0, 1, 0], [0, 0, 1]])


def perspective(left: tf.Tensor, top: tf.Tensor, size: tuple[Any, Any]) -> tf.Tensor:
    """Perspective: the left edge of the image grows by the share `left`, the right edge shrinks.

    Args:
        left: (batch,), |left| + |top| < 1.
        top: (batch,), the same for the top and bottom edges.
        size: (height, width) of the output.
    """
    # The corner (±1, ±1) of the image is seen at (x - top x y, y - left x y). That projection is
    #   [[1 - top², -left top, left], [-left top, 1 - left², top], [left, top, 1]],
    # and its inverse, up to a factor:
    height, width = (tf.cast(side, left.dtype) / 2 for side in size)
    determinant = 1 - left**2 - top**2
    both = 2 * left * top / determinant
    x = -left * (1 - left**2 + top**2) / determinant
    y = -top * (1 - top**2 + left**2) / determinant
    return matrices(
        [[1, both * width / height, x * width], [both * height / width, 1, y * height], [x / width, y / height, 1]]
    )


def window(wide: tf.Tensor, high: tf.Tensor, right: tf.Tensor, down: tf.Tensor) -> tf.Tensor:
    """Crop: fills the output with a window of the image.

    Args:
        wide: (batch,), the window's width as a share of the image's width.
        high: (batch,), the window's height as a share of the image's height.
        right: (batch,), the window's center, in output pixels to the right of the image's center.
        down: (batch,), the same downwards.
    """
    return matrices([[wide, 0, right], [0, high, down], [0, 0, 1]])


def compose(*transforms: tf.Tensor) -> tf.Tensor:
    """The product of matrices; the first is next to the image, the last next to the output."""
    composed = transforms[0]
    for transform in transforms[1:]:
        composed = composed @ transform
    return composed


def matrices(rows: list[list[Any]]) -> tf.Tensor:
    """Stacks entries, each (batch,) or 0 or 1, into float64 (batch, 3, 3)."""
    entries = [tf.cast(entry, tf.float64) if tf.is_tensor(entry) else entry for row in rows for entry in row]
    like = next(entry for entry in entries if tf.is_tensor(entry))
    plain = {0: tf.zeros_like(like), 1: tf.ones_like(like)}
    filled = [entry if tf.is_tensor(entry) else plain[entry] for entry in entries]
    return tf.reshape(tf.stack(filled, axis=-1), (-1, 3, 3))
