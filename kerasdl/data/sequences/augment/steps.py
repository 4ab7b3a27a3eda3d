"""Sequences padded with NaN on the right: their lengths, their moments, and values between their steps.

Everything is float64: in float32 TensorFlow's vectorized functions differ from its scalar ones in the last bit, so that
a sample would depend on the size of its batch.
"""

import math

import tensorflow as tf


def is_step(sequences: tf.Tensor) -> tf.Tensor:
    """Which steps are no padding, bool (batch, length, 1), of sequences (batch, length, channels)."""
    return tf.reduce_any(~tf.math.is_nan(sequences), axis=2, keepdims=True)


def moments(sequences: tf.Tensor) -> tf.Tensor:
    """Mean and standard deviation of each channel over the steps of a sequence: a pair of (batch, 1, channels)."""
    real = tf.cast(is_step(sequences), sequences.dtype)
    filled, count = tf.where(real > 0, sequences, 0), tf.reduce_sum(real, axis=1, keepdims=True)
    mean = tf.math.divide_no_nan(tf.reduce_sum(filled, axis=1, keepdims=True), count)
    squares = tf.reduce_sum(real * tf.square(filled - mean), axis=1, keepdims=True)
    return mean, tf.sqrt(tf.math.divide_no_nan(squares, count))


def warped(shares: tf.Tensor, strength: tf.Tensor, phase: tf.Tensor) -> tf.Tensor:
    """Places in time whose speed goes once up and down, from 1 - strength to 1 + strength.

    The speed at share s is 1 + strength * cos(2 pi (s + phase)); the ends stay where they are.

    Args:
        shares: (batch, length), from 0 (the first step) to 1 (the last).
        strength: (batch,), below 1; 0 for no change.
        phase: (batch,), in turns.

    Returns:
        (batch, length), rising from 0 to 1.

    Example:
        >>> half = tf.constant([[0.0, 0.5, 1.0]], tf.float64)
        >>> warped(half, tf.constant([0.5], tf.float64), tf.constant([0.75], tf.float64)).numpy().round(3).tolist()
        [[0.0, 0.659, 1.0]]
    """
    turn, strength, start = 2 * math.pi, strength[:, None], phase[:, None]
    return shares + strength / turn * (tf.sin(turn * (shares + start)) - tf.sin(turn * start))


def resampled(sequences: tf.Tensor, shares: tf.Tensor) -> tf.Tensor:
    """Values at places between the steps, interpolated linearly; padding stays padding.

    Args:
        sequences: (batch, length, channels).
        shares: (batch, length), the place of each step of the output, from 0 (the first step of its sequence) to 1 (the
            last).

    Returns:
        (batch, length, channels).

    Example:
        >>> ramp = tf.constant([[[0.0], [1.0], [2.0], [float("nan")]]], tf.float64)
        >>> resampled(ramp, tf.constant([[0.0, 0.25, 1.0, 9.0]], tf.float64)).numpy().ravel().tolist()
        [0.0, 0.5, 2.0, nan]
    """
    real = is_step(sequences)
    last = tf.reduce_sum(tf.cast(real[..., 0], tf.int32), axis=1, keepdims=True) - 1
    places = tf.clip_by_value(shares, 0, 1) * tf.cast(last, shares.dtype)
    before = tf.cast(places, tf.int32)
    low, high = (tf.gather(sequences, each, batch_dims=1) for each in (before, tf.minimum(before + 1, last)))
    weight = (places - tf.cast(before, places.dtype))[..., None]
    return tf.where(real, low + weight * (high - low), sequences)


def within(places: tf.Tensor, total: tf.Tensor, share: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
    """Which steps, or channels, have their center in an interval of that share of `total`.

    Args:
        places: (length,), 0, 1, …
        total: (batch,), how many of them count.
        share: (batch,), length of the interval as a share of them; 0 for none.
        start: (batch,), from 0 (it begins with the first) to 1 (it ends with the last).

    Returns:
        bool (batch, length).

    Example:
        >>> count, half, end = (tf.constant([number], tf.float64) for number in (4.0, 0.5, 1.0))
        >>> within(tf.range(4, dtype=tf.float64), count, half, end).numpy().tolist()
        [[False, False, True, True]]
    """
    begin, centers = (start * (1 - share) * total)[:, None], places + 0.5
    return (centers >= begin) & (centers < begin + (share * total)[:, None])
