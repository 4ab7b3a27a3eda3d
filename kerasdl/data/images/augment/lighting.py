"""Lighting and color of images: brightness and contrast, saturation, hue.

The first three work on the logits of pixel values, so that nothing clips. Every `(batch,)` argument holds one number
per sample.
"""

import numpy as np
import tensorflow as tf
from kerasdl.data.images.opencv import opencv
from kerasdl.data.python_call import buffers, python_call

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in perceived brightness (ITU-R BT.601)."""


def light(images: tf.Tensor, *, brightness: tf.Tensor, contrast: tf.Tensor) -> tf.Tensor:
    """Scales the logits of pixel values by `contrast` and shifts them by `brightness`.

    Args:
        images: uint8, or float32, which is rounded first, (batch, height, width, channels), 0..255.
        brightness: (batch,), 0 for no change.
        contrast: (batch,), 1 for no change.

    Returns:
        float32 of the shape of `images`, whole numbers in 0..255.

    Example:
        >>> light(images, brightness=tf.fill([len(images)], 0.3), contrast=tf.ones(len(images)))
    """
    images = tf.convert_to_tensor(images)
    if images.dtype != tf.uint8:
        images = tf.cast(tf.round(images), tf.uint8)
    # One table per image: what each of the 256 values becomes.
    contrast, brightness = (tf.cast(numbers, tf.float32)[:, None] for numbers in (contrast, brightness))
    tables = _pixels(_logits(tf.range(256, dtype=tf.float32)) * contrast + brightness)
    (lit,) = python_call(_looked_up, [images, tables], [tf.float32], pure=True)
    return tf.ensure_shape(lit, images.shape)


def _looked_up(images: np.ndarray, tables: np.ndarray) -> np.ndarray:
    found = buffers().unfilled(images.shape, np.float32)
    for image, table, target in zip(images, tables, found, strict=True):
        # As one row of values, whatever the channels.
        opencv().LUT(image.reshape(1, -1), table, target.reshape(1, -1))
    return found


def saturate(images: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Moves colors away from gray or towards it; gray pixels do not change.

    Args:
        images: float32 (batch, height, width, 3), 0..255.
        factor: (batch,), 0 for grayscale, 1 for no change.

    Returns:
        float32 of the shape of `images`, whole numbers in 0..255.

    Example:
        >>> saturate(tf.cast(images, tf.float32), tf.fill([len(images)], 1.2))
    """
    logits = _logits(images)
    gray = tf.reduce_sum(logits * tf.constant(LUMA), axis=-1, keepdims=True)
    return _pixels(gray + _spread(factor) * (logits - gray))


def turn_hue(images: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
    """Rotates the hue; the largest and smallest channel values of a pixel do not change, nor do gray pixels.

    Args:
        images: float32 (batch, height, width, 3), 0..255.
        share: (batch,), share of the full color circle: 1/3 turns red to green.

    Returns:
        float32 of the shape of `images`, within 0..255.

    Example:
        >>> turn_hue(tf.cast(images, tf.float32), tf.fill([len(images)], 0.05))
    """
    hue, saturation, value = tf.split(tf.image.rgb_to_hsv(images), 3, axis=-1)
    turned = tf.image.hsv_to_rgb(tf.concat([(hue + _spread(share)) % 1.0, saturation, value], axis=-1))
    # Conversion to HSV and back is not exact.
    return tf.where(_spread(share) == 0, images, tf.clip_by_value(turned, 0.0, 255.0))


def _spread(numbers: tf.Tensor) -> tf.Tensor:
    """Reshapes (batch,) to float32 (batch, 1, 1, 1)."""
    return tf.cast(numbers, tf.float32)[:, None, None, None]


def _logits(images: tf.Tensor) -> tf.Tensor:
    """Logits of values 0..255; clipping by a quarter keeps the ends finite, and rounding restores them."""
    values = tf.clip_by_value(images, 0.25, 254.75)
    return tf.math.log(values / (255 - values))


def _pixels(logits: tf.Tensor) -> tf.Tensor:
    """Rounded pixel values, as in validation, so that "no change" is exact."""
    return tf.round(255 * tf.sigmoid(logits))
