"""Noise, blur and erasing on image batches; every `(batch,)` argument holds one number per sample."""

from typing import Any

import tensorflow as tf


def add_noise(images: tf.Tensor, deviation: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """Adds Gaussian noise, independent for every pixel and channel.

    Args:
        images: float32 (batch, height, width, channels), 0..255.
        deviation: (batch,), standard deviation in pixel values; 0 for no change.
        seeds: int32 (batch, 2), one random seed per sample.

    Returns:
        float32 of the shape of `images`, within 0..255.

    Example:
        >>> add_noise(tf.cast(images, tf.float32), tf.fill([len(images)], 10.0), tf.zeros((len(images), 2), tf.int32))
    """
    noise = _each(tf.random.stateless_normal, images, seeds)
    return tf.clip_by_value(images + tf.cast(deviation, tf.float32)[:, None, None, None] * noise, 0.0, 255.0)


def blur(images: tf.Tensor, sigma: tf.Tensor, *, radius: int) -> tf.Tensor:
    """Gaussian blur; images are reflected beyond the border.

    Args:
        images: float32 (batch, height, width, channels).
        sigma: (batch,), standard deviation in pixels; 0 for no change.
        radius: Number of neighbors on each side; three times the largest `sigma` is enough.

    Returns:
        float32 of the shape of `images`.

    Example:
        >>> blur(tf.cast(images, tf.float32), tf.fill([len(images)], 1.5), radius=5)
    """
    # exp(-huge) is 0, so that sigma=0 is exactly no change; geometry.py says why float64.
    offsets = tf.range(-radius, radius + 1, dtype=tf.float64)
    weights = tf.exp(-0.5 * tf.square(offsets / tf.maximum(tf.cast(sigma, tf.float64), 1e-3)[:, None]))
    weights = tf.cast(weights / tf.reduce_sum(weights, axis=1, keepdims=True), tf.float32)
    return _smooth(_smooth(images, weights, axis=1), weights, axis=2)


def erase(
    images: tf.Tensor, wide: tf.Tensor, high: tf.Tensor, right: tf.Tensor, down: tf.Tensor, seeds: tf.Tensor
) -> tf.Tensor:
    """Fills a box with random pixels (random erasing, Zhong et al., arXiv:1708.04896).

    Args:
        images: float32 (batch, height, width, channels).
        wide: (batch,), the box's width as a share of the image's width; 0 for no change.
        high: (batch,), the box's height as a share of the image's height.
        right: (batch,), the box's position, from 0 (at the left border) to 1 (at the right border).
        down: (batch,), the same from top to bottom.
        seeds: int32 (batch, 2), one random seed per sample.

    Returns:
        float32 of the shape of `images`, integers in the box.

    Example:
        >>> half = tf.fill([len(images)], 0.5)
        >>> erase(tf.cast(images, tf.float32), half, half, half, half, tf.zeros((len(images), 2), tf.int32))
    """
    inside = within(tf.shape(images)[1], high, down)[:, :, None] & within(tf.shape(images)[2], wide, right)[:, None, :]
    pixels = tf.floor(256 * _each(tf.random.stateless_uniform, images, seeds))
    return tf.where(inside[..., None], pixels, images)


def within(length: tf.Tensor, share: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
    """Which of `length` pixels have their center in an interval of that share, at a place from 0 to 1.

    Returns:
        bool (batch, length).
    """
    centers = (tf.cast(tf.range(length), share.dtype) + 0.5) / tf.cast(length, share.dtype)
    start = ((1 - share) * place)[:, None]
    return (centers >= start) & (centers < start + share[:, None])


def _smooth(images: tf.Tensor, weights: tf.Tensor, axis: int) -> tf.Tensor:
    """The weighted sum of neighbors along an axis; weights are (batch, neighbors)."""
    neighbors, length = weights.shape[1], tf.shape(images)[axis]
    # Reflected repeatedly: an image may be smaller than the radius.
    places = tf.range(-(neighbors // 2), length + neighbors // 2) % (2 * length)
    padded = tf.gather(images, tf.minimum(places, 2 * length - 1 - places), axis=axis)

    def add(smooth: tf.Tensor, shift: tf.Tensor) -> tf.Tensor:
        moved = padded[:, shift : shift + length] if axis == 1 else padded[:, :, shift : shift + length]
        return smooth + weights[:, shift, None, None, None] * moved

    # A TensorFlow loop: graph optimization reorders a plain chain of sums.
    return tf.foldl(add, tf.range(neighbors), tf.zeros_like(images))


def _each(draw: Any, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """Random numbers of the shape of `images`, with one seed per sample."""
    shape = tf.shape(images)[1:]
    numbers = tf.map_fn(lambda seed: draw(shape, seed), seeds, fn_output_signature=tf.float32)
    return tf.reshape(numbers, tf.shape(images))
