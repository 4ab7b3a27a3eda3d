"""From the uniform numbers of a sample to what becomes of it."""

import math

import tensorflow as tf

COLUMNS = (
    *("flip", "flip_vertical", "dihedral"),
    *("crop", "crop_area", "crop_aspect", "crop_right", "crop_down"),
    *("warp_left", "warp_top", "rotate", "shear", "scale", "zoom", "zoom_right", "zoom_down"),
    *("translate_right", "translate_down", "pad_right", "pad_down"),
    *("brightness", "contrast", "saturation", "hue"),
    *("blur", "noise", "erase", "erase_aspect", "erase_right", "erase_down", "seed", "other_seed"),
)
"""What each uniform number of a sample is for."""


def named(draws: tf.Tensor) -> dict[str, tf.Tensor]:
    """Draws (batch, columns) as float64 (batch,) by name; float64 for the reason in geometry.py."""
    return dict(zip(COLUMNS, tf.unstack(tf.cast(draws, tf.float64), len(COLUMNS), axis=1), strict=True))


def happens(draw: tf.Tensor, probability: float, neutral: float = 0.5) -> tf.Tensor:
    """The draw, stretched to [0, 1), where the op happens, else `neutral`: one number decides both."""
    return tf.where(draw < probability, draw / max(probability, 1e-6), tf.cast(neutral, draw.dtype))


def between(low: float, high: float, draw: tf.Tensor) -> tf.Tensor:
    """From `low` to `high` as the draw goes from 0 to 1."""
    return low + (high - low) * draw


def whole(limit: int, draw: tf.Tensor) -> tf.Tensor:
    """One of the whole numbers from -limit to limit, all alike."""
    return tf.floor(draw * (2 * limit + 1)) - limit


def sides(area: tf.Tensor, aspect: float, draw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Width and height of a box, as shares of the image's.

    Args:
        area: (batch,), the box's, as a share of the image's.
        aspect: How many times wider than high, or higher than wide, it may be at most, relative to the image.
        draw: (batch,), which aspect, on a logarithmic scale, among those whose box fits into the image.
    """
    furthest = tf.minimum(tf.cast(math.log(aspect), area.dtype), -tf.math.log(area))
    root, half = tf.sqrt(area), tf.exp(between(-0.5, 0.5, draw) * furthest)
    return root * half, root / half
