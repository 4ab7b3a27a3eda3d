"""Resampling: images sampled once, bilinearly, through projective matrices."""

from typing import Any

import tensorflow as tf


def resample(images: tf.Tensor, transforms: tf.Tensor, size: tuple[Any, Any]) -> tf.Tensor:
    """Samples pictures once, bilinearly, through matrices; beyond the picture's border it is reflected.

    The identity shows the largest window about the centre that has the output's aspect. Nothing is smoothed: of a
    picture much larger than the output most pixels are passed over, so bring it near that size first.

    Args:
        images: uint8 or float32 (batch, any height, any width, channels).
        transforms: (batch, 3, 3), from output points to picture points, in output pixels from the centre.
        size: (height, width) of the output.

    Returns:
        float32 (batch, height, width, channels); the pixels themselves where each falls on one.

    Example:
        >>> resample(images, rotation(tf.fill([len(images)], 90.0)), (64, 64))
    """
    picture = tf.cast(tf.shape(images)[1:3], tf.float64)
    target = tf.cast(tf.stack(size), tf.float64)
    scale = tf.reduce_min(picture / target)
    (down, right), (middle, centre) = tf.unstack((picture - 1) / 2), tf.unstack((target - 1) / 2)
    one, zero = tf.ones_like(scale), tf.zeros_like(scale)
    to_picture = tf.stack([scale, zero, right, zero, scale, down, zero, zero, one])
    from_corner = tf.stack([one, zero, -centre, zero, one, -middle, zero, zero, one])
    matrix = tf.reshape(to_picture, (3, 3)) @ tf.cast(transforms, tf.float64) @ tf.reshape(from_corner, (3, 3))
    coefficients = tf.reshape(matrix, (-1, 9))
    return project(images, coefficients[:, :8] / coefficients[:, 8:], size)


def project(images: tf.Tensor, coefficients: tf.Tensor, size: tuple[Any, Any]) -> tf.Tensor:
    """Samples images bilinearly where projections take the output's pixels; beyond the border they are reflected.

    Args:
        images: uint8 or float32 (batch, any height, any width, channels).
        coefficients: (batch, 8): pixel (x, y) of the output is at ((a x + b y + c) / k, (d x + e y + f) / k) of
            the image, with k = g x + h y + 1.
        size: (height, width) of the output.

    Returns:
        float32 (batch, height, width, channels).

    Example:
        >>> project(images, [[1.0, 0, 0, 0, 1, 0, 0, 0]], (64, 64))   # the upper left corner
    """
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(images, tf.float32),
        transforms=tf.cast(coefficients, tf.float32),
        output_shape=tf.stack(size),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )
