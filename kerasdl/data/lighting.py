"""Light and colour of images: brightness and contrast as a table, saturation, hue.

The first three work on the logits of the pixels, so that nothing clips: black and white are approached, never passed.
Every `(batch,)` argument holds a number a sample.
"""

import tensorflow as tf

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in the brightness that is seen (ITU-R BT.601)."""


def light(images: tf.Tensor, *, brightness: tf.Tensor, contrast: tf.Tensor) -> tf.Tensor:
    """Scales the logits of pixels by `contrast` and shifts them by `brightness`.

    Args:
        images: float32 (batch, height, width, channels), 0..255; taken to whole numbers.
        brightness: (batch,), 0 for no change.
        contrast: (batch,), 1 for no change.

    Returns:
        float32 of the shape of `images`, within 0..255.

    Example:
        >>> light(images, brightness=tf.fill([len(images)], 0.3), contrast=tf.ones(len(images)))
    """
    return tf.gather(lighting_table(brightness, contrast), tf.cast(tf.round(images), tf.int32), batch_dims=1)


def lighting_table(brightness: tf.Tensor, contrast: tf.Tensor) -> tf.Tensor:
    """What each pixel value 0..255 becomes when its logit is scaled by `contrast` and shifted by `brightness`.

    Args:
        brightness: (batch,), 0 for no change.
        contrast: (batch,), 1 for no change.

    Returns:
        float32 (batch, 256), within 0..255; exactly 0, 1, … 255 where nothing changes.

    Example:
        >>> lighting_table(tf.constant([0.0]), tf.constant([1.0]))[0, 7].numpy()
        np.float32(7.0)
    """
    values = tf.range(256, dtype=tf.float32)
    logits = _logits(values)
    return _moved(values, logits, logits * contrast[:, None] + brightness[:, None])


def saturate(images: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Moves colours away from their grey, or towards it; grey pixels stay as they are.

    Args:
        images: float32 (batch, height, width, 3), 0..255.
        factor: (batch,): 0 makes grey, 1 changes nothing.

    Returns:
        float32 of the shape of `images`, within 0..255.

    Example:
        >>> saturate(images, tf.fill([len(images)], 1.2))
    """
    logits = _logits(images)
    grey = tf.tensordot(logits, tf.constant(LUMA), 1)[..., None]
    return _moved(images, logits, grey + factor[:, None, None, None] * (logits - grey))


def turn_hue(images: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
    """Turns the circle of colours; lightness, saturation and grey pixels stay as they are.

    Args:
        images: float32 (batch, height, width, 3), 0..255.
        share: (batch,), of the whole circle: 1/3 makes red green.

    Returns:
        float32 of the shape of `images`, within 0..255.

    Example:
        >>> turn_hue(images, tf.fill([len(images)], 0.05))
    """
    share = share[:, None, None]
    hue, saturation, value = tf.unstack(tf.image.rgb_to_hsv(images), axis=-1)
    turned = tf.image.hsv_to_rgb(tf.stack([(hue + share) % 1.0, saturation, value], axis=-1))
    return tf.where(share[..., None] == 0, images, turned)


def _logits(values: tf.Tensor) -> tf.Tensor:
    """Logits of values 0..255; the ends, half a step inwards, stay finite."""
    share = tf.clip_by_value(values / 255, 1 / 512, 1 - 1 / 512)
    return tf.math.log(share / (1 - share))


def _moved(values: tf.Tensor, before: tf.Tensor, after: tf.Tensor) -> tf.Tensor:
    """Values whose logits have moved; as a difference, so that no change is none to the last bit."""
    return tf.clip_by_value(values + 255 * (tf.sigmoid(after) - tf.sigmoid(before)), 0.0, 255.0)
