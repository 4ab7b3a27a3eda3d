"""Light and colour of images: brightness and contrast, saturation, hue.

The first three work on the logits of the pixels, so that nothing clips: black and white are approached, never passed.
Every `(batch,)` argument holds a number a sample.
"""

import tensorflow as tf

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in the brightness that is seen (ITU-R BT.601)."""


def light(images: tf.Tensor, *, brightness: tf.Tensor, contrast: tf.Tensor) -> tf.Tensor:
    """Scales the logits of pixels by `contrast` and shifts them by `brightness`.

    Args:
        images: float32 (batch, height, width, channels), 0..255.
        brightness: (batch,), 0 for no change.
        contrast: (batch,), 1 for no change.

    Returns:
        float32 of the shape of `images`, whole numbers in 0..255.

    Example:
        >>> light(images, brightness=tf.fill([len(images)], 0.3), contrast=tf.ones(len(images)))
    """
    return _pixels(_logits(images) * _spread(contrast) + _spread(brightness))


def saturate(images: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Moves colours away from their grey, or towards it; grey pixels stay as they are.

    Args:
        images: float32 (batch, height, width, 3), 0..255.
        factor: (batch,): 0 makes grey, 1 changes nothing.

    Returns:
        float32 of the shape of `images`, whole numbers in 0..255.

    Example:
        >>> saturate(images, tf.fill([len(images)], 1.2))
    """
    logits = _logits(images)
    grey = tf.reduce_sum(logits * tf.constant(LUMA), axis=-1, keepdims=True)
    return _pixels(grey + _spread(factor) * (logits - grey))


def turn_hue(images: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
    """Turns the circle of colours; the largest and the smallest channel of a pixel, so grey ones too, stay as they are.

    Args:
        images: float32 (batch, height, width, 3), 0..255.
        share: (batch,), of the whole circle: 1/3 makes red green.

    Returns:
        float32 of the shape of `images`, within 0..255.

    Example:
        >>> turn_hue(images, tf.fill([len(images)], 0.05))
    """
    hue, saturation, value = tf.split(tf.image.rgb_to_hsv(images), 3, axis=-1)
    turned = tf.image.hsv_to_rgb(tf.concat([(hue + _spread(share)) % 1.0, saturation, value], axis=-1))
    # Through HSV and back is not the same to the last bit.
    return tf.where(_spread(share) == 0, images, tf.clip_by_value(turned, 0.0, 255.0))


def _spread(numbers: tf.Tensor) -> tf.Tensor:
    """Numbers (batch,) to float32 (batch, 1, 1, 1)."""
    return tf.cast(numbers, tf.float32)[:, None, None, None]


def _logits(images: tf.Tensor) -> tf.Tensor:
    """Logits of values 0..255; the ends, a quarter inwards, stay finite and come back when rounded."""
    values = tf.clip_by_value(images, 0.25, 254.75)
    return tf.math.log(values / (255 - values))


def _pixels(logits: tf.Tensor) -> tf.Tensor:
    """Rounded, as the pixels of validation are, so that no change is none to the last bit."""
    # A table of 256 entries would do the same, but gathering from it takes longer than this arithmetic.
    return tf.round(255 * tf.sigmoid(logits))
