"""From uniform random numbers to the parameters of an augmentation."""

import math

import tensorflow as tf
from kerasdl.data.draws import between

COLUMNS = (
    *("flip", "flip_vertical", "dihedral"),
    *("crop", "crop_area", "crop_aspect", "crop_right", "crop_down"),
    *("warp_left", "warp_top", "rotate", "shear", "scale", "zoom", "zoom_right", "zoom_down"),
    *("translate_right", "translate_down", "pad_right", "pad_down"),
    *("brightness", "contrast", "saturation", "hue"),
    *("blur", "noise", "erase", "erase_aspect", "erase_right", "erase_down", "seed", "other_seed"),
)
"""The use of each uniform number of a sample."""


def named(draws: tf.Tensor) -> dict[str, tf.Tensor]:
    """Draws (batch, columns) as float64 (batch,) by name; geometry.py says why float64."""
    return dict(zip(COLUMNS, tf.unstack(tf.cast(draws, tf.float64), len(COLUMNS), axis=1), strict=True))


def whole(limit: int, draw: tf.Tensor) -> tf.Tensor:
    """Maps a draw to an integer from -limit to limit, uniformly."""
    return tf.floor(draw * (2 * limit + 1)) - limit


def sides(area: tf.Tensor, aspect: float, draw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Width and height of a box, as shares of the image's width and height.

    Args:
        area: (batch,), area of the box as a share of the image's area.
        aspect: The largest aspect ratio relative to the image; its reciprocal is the smallest.
        draw: (batch,), position on the logarithmic scale of the aspect ratios for which the box fits into the image.
    """
    furthest = tf.minimum(tf.cast(math.log(aspect), area.dtype), -tf.math.log(area))
    root, half = tf.sqrt(area), tf.exp(between(-0.5, 0.5, draw) * furthest)
    return root * half, root / half
