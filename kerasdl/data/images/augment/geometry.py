"""Geometry of images: projective matrices, for `resampling.resample`.

A matrix (batch, 3, 3) takes points of the output to points of the picture, both in output pixels from the centre,
x to the right and y down. So the one that is done last stands nearest to the output point, on the right of a product.
Every `(batch,)` argument holds a number a sample.

Matrices are float64: in float32 TensorFlow's vectorized functions differ in the last bit from its scalar ones, and so
would a sample by the size of the batch it is in.
"""

from typing import Any

import numpy as np
import tensorflow as tf


def rotation(degrees: tf.Tensor) -> tf.Tensor:
    """Turns what is seen clockwise by `degrees` (batch,).

    Example:
        >>> resample(images, rotation(tf.fill([len(images)], 90.0)), (64, 64))
    """
    angle = degrees * (np.pi / 180)
    cos, sin = tf.cos(angle), tf.sin(angle)
    return matrices([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])


def scaling(factor: tf.Tensor, right: tf.Tensor | float = 0.0, down: tf.Tensor | float = 0.0) -> tf.Tensor:
    """Enlarges what is seen by `factor` (batch,) about the point (`right`, `down`), which stays where it is."""
    still = 1 - 1 / factor
    return matrices([[1 / factor, 0, still * right], [0, 1 / factor, still * down], [0, 0, 1]])


def translation(right: tf.Tensor, down: tf.Tensor) -> tf.Tensor:
    """Moves what is seen by `right` and `down` pixels, both (batch,)."""
    return matrices([[1, 0, -right], [0, 1, -down], [0, 0, 1]])


def reflection(horizontal: tf.Tensor, vertical: tf.Tensor) -> tf.Tensor:
    """Swaps left and right where `horizontal` (batch,) is true, top and bottom where `vertical` (batch,) is."""
    x, y = (tf.where(mirrored, -1.0, 1.0) for mirrored in (horizontal, vertical))
    return matrices([[x, 0, 0], [0, y, 0], [0, 0, 1]])


def dihedral(index: tf.Tensor) -> tf.Tensor:
    """The eight ways to lay down a square: `index` // 2 quarter turns clockwise, then mirrored if it is odd.

    Args:
        index: int32 (batch,), 0 to 7; 0 changes nothing.
    """
    # From whole numbers, for the cosine of 90 degrees is not quite 0.
    cos = tf.gather([1.0, 0.0, -1.0, 0.0], index // 2)
    sin = tf.gather([0.0, 1.0, 0.0, -1.0], index // 2)
    mirrored = index % 2 == 1
    return matrices([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]) @ reflection(mirrored, tf.zeros_like(mirrored))


def shearing(degrees: tf.Tensor) -> tf.Tensor:
    """Leans vertical lines to the right by `degrees` (batch,); the middle row stays where it is."""
    return matrices([[1, tf.tan(degrees * (np.pi / 180)), 0], [0, 1, 0], [0, 0, 1]])


def perspective(left: tf.Tensor, top: tf.Tensor, size: tuple[Any, Any]) -> tf.Tensor:
    """Views the picture at a slant: its left edge becomes longer by the share `left`, its right edge shorter.

    Args:
        left: (batch,), |left| + |top| < 1.
        top: (batch,), the same for the top and the bottom edge.
        size: (height, width) of the output.
    """
    # The corner (±1, ±1) of the picture is seen at (x - top x y, y - left x y). That projection is
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
    """Fills the output with a window of the picture.

    Args:
        wide: (batch,), the window's width as a share of the picture's.
        high: (batch,), the same for the height.
        right: (batch,), where the window's centre is, in output pixels from the picture's.
        down: (batch,), the same downwards.
    """
    return matrices([[wide, 0, right], [0, high, down], [0, 0, 1]])


def compose(*transforms: tf.Tensor) -> tf.Tensor:
    """One matrix for the given ones; the first is nearest to the picture, the last to the output."""
    composed = transforms[0]
    for transform in transforms[1:]:
        composed = composed @ transform
    return composed


def matrices(rows: list[list[Any]]) -> tf.Tensor:
    """Float64 (batch, 3, 3) from entries that are (batch,), or 0, or 1."""
    entries = [tf.cast(entry, tf.float64) if tf.is_tensor(entry) else entry for row in rows for entry in row]
    like = next(entry for entry in entries if tf.is_tensor(entry))
    plain = {0: tf.zeros_like(like), 1: tf.ones_like(like)}
    filled = [entry if tf.is_tensor(entry) else plain[entry] for entry in entries]
    return tf.reshape(tf.stack(filled, axis=-1), (-1, 3, 3))
