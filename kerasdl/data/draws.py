"""From uniform random numbers to decisions and strengths, for every kind of augmentation."""

import tensorflow as tf


def happens(draw: tf.Tensor, probability: float, neutral: float = 0.5) -> tf.Tensor:
    """The draw, rescaled to [0, 1), if below `probability`, else `neutral`: one number decides whether and how much."""
    return tf.where(draw < probability, draw / max(probability, 1e-6), tf.cast(neutral, draw.dtype))


def between(low: float, high: float, draw: tf.Tensor) -> tf.Tensor:
    """Maps a draw from [0, 1) to [low, high)."""
    return low + (high - low) * draw
