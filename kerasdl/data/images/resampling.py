"""Resampling of images: bilinear, once, through projective matrices."""

from typing import Any

import tensorflow as tf


def resample(images: tf.Tensor, transforms: tf.Tensor, size: tuple[Any, Any]) -> tf.Tensor:
    """Resamples images bilinearly through matrices; beyond the border the image is reflected.

    The identity gives the largest centered window with the aspect ratio of the output. There is no antialiasing:
    downscale images that are much larger than the output first.

    Args:
        images: uint8 or float32 (batch, any height, any width, channels).
        transforms: (batch, 3, 3), from output points to image points, in output pixels from the center.
        size: (height, width) of the output.

    Returns:
        float32 (batch, height, width, channels); exact pixel values where points fall on pixel centers.

    Example:
        >>> smaller = resample(images, tf.eye(3, batch_shape=[len(images)]), (64, 64))
    """
    picture = tf.cast(tf.shape(images)[1:3], tf.float64)
    target = tf.cast(tf.stack(size), tf.float64)
    scale = tf.reduce_min(picture / target)
    (down, right), (middle, center) = tf.unstack((picture - 1) / 2), tf.unstack((target - 1) / 2)
    one, zero = tf.ones_like(scale), tf.zeros_like(scale)
    to_picture = tf.stack([scale, zero, right, zero, scale, down, zero, zero, one])
    from_corner = tf.stack([one, zero, -center, zero, one, -middle, zero, zero, one])
    matrix = tf.reshape(to_picture, (3, 3)) @ tf.cast(transforms, tf.float64) @ tf.reshape(from_corner, (3, 3))
    coefficients = tf.reshape(matrix, (-1, 9))
    return project(images, coefficients[:, :8] / coefficients[:, 8:], size)


def project(images: tf.Tensor, coefficients: tf.Tensor, size: tuple[Any, Any]) -> tf.Tensor:
    """Resamples images bilinearly through projections; beyond the border the image is reflected.

    Args:
        images: uint8 or float32 (batch, any height, any width, channels).
        coefficients: (batch, 8): output pixel (x, y) is sampled at ((a x + b y + c) / k, (d x + e y + f) / k) of the
            image, with k = g x + h y + 1.
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
