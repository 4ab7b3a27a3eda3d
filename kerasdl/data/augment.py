"""Augmentation of image batches: geometry composed into one transform and resampled once, lighting as one table.

Every random number comes from the caller, a row a sample, so that what happens to a sample does not depend on the
batch it travels in.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class Augmentation:
    """How far an image may be changed; every strength is 0 for "not at all".

    Attributes:
        crop: A window is cut at a random place, its side drawn from [1 - crop, 1] of the image's.
        rotate: Degrees, drawn from [-rotate, rotate].
        zoom: Factor about the centre, drawn from [1 / (1 + zoom), 1 + zoom].
        translate: Shift along each axis, drawn from [-translate, translate] of the image's side.
        brightness: Shift on the logit scale, drawn from [-brightness, brightness]; nothing clips.
        contrast: Factor on the logit scale, drawn from [1 / (1 + contrast), 1 + contrast].
        flip: Whether every other image is mirrored left to right.

    Example:
        >>> augmentation = Augmentation(rotate=10)
        >>> augmentation(images, tf.random.stateless_uniform((len(images), augmentation.draws), (1, 2)))
    """

    crop: float = 0.0
    rotate: float = 0.0
    zoom: float = 0.0
    translate: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    flip: bool = False

    def __post_init__(self) -> None:
        strengths = {name: value for name, value in vars(self).items() if name != "flip"}
        for name, value in strengths.items():
            if value < 0:
                raise ValueError(f"A strength cannot be negative. Received: {name}={value}")
        if self.crop >= 1:
            raise ValueError(f"crop is the share cut away and must be below 1. Received: crop={self.crop}")

    draws = 10
    """Uniform numbers that a sample needs."""

    def __call__(self, images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        """Augments a batch.

        Args:
            images: uint8 (batch, height, width, channels).
            draws: float32 (batch, `draws`), uniform in [0, 1).

        Returns:
            float32 of the shape of `images`, within 0..255.
        """
        column = iter(tf.unstack(draws, axis=1))
        height, width = images.shape[1], images.shape[2]
        side = 1 - self.crop * next(column)
        transform = _compose(
            reflection(next(column) < 0.5 * self.flip),
            rotation(_between(-self.rotate, self.rotate, next(column))),
            scaling(_factor(self.zoom, next(column)) / side),
            # A window of side s may lie anywhere: its centre is up to (1 - s) / 2 from the image's.
            translation(_between(-1, 1, next(column)) * (1 - side) / 2 * width, 0 * side),
            translation(0 * side, _between(-1, 1, next(column)) * (1 - side) / 2 * height),
            translation(_between(-self.translate, self.translate, next(column)) * width, 0 * side),
            translation(0 * side, _between(-self.translate, self.translate, next(column)) * height),
        )
        table = lighting_table(
            brightness=_between(-self.brightness, self.brightness, next(column)),
            contrast=_factor(self.contrast, next(column)),
        )
        lit = tf.gather(table, tf.cast(images, tf.int32), batch_dims=1)
        return tf.ensure_shape(resample(lit, transform), images.shape)


def standard(*, flip: bool = False) -> Augmentation:
    """The usual augmentation of a classifier's images; `flip` only where a mirrored image is as likely.

    Example:
        >>> standard(flip=True).rotate
        10.0
    """
    return Augmentation(crop=0.1, rotate=10.0, zoom=0.05, translate=0.05, brightness=0.4, contrast=0.2, flip=flip)


def rotation(degrees: tf.Tensor) -> tf.Tensor:
    """Matrices (batch, 3, 3) that turn what is seen clockwise by `degrees` (batch,)."""
    angle = degrees * (np.pi / 180)
    cos, sin, zero, one = tf.cos(angle), tf.sin(angle), tf.zeros_like(angle), tf.ones_like(angle)
    return _matrix([[cos, sin, zero], [-sin, cos, zero], [zero, zero, one]])


def scaling(factor: tf.Tensor) -> tf.Tensor:
    """Matrices (batch, 3, 3) that enlarge what is seen by `factor` (batch,)."""
    zero, one = tf.zeros_like(factor), tf.ones_like(factor)
    return _matrix([[1 / factor, zero, zero], [zero, 1 / factor, zero], [zero, zero, one]])


def translation(right: tf.Tensor, down: tf.Tensor) -> tf.Tensor:
    """Matrices (batch, 3, 3) that move what is seen by `right` and `down` pixels, both (batch,)."""
    zero, one = tf.zeros_like(right), tf.ones_like(right)
    return _matrix([[one, zero, -right], [zero, one, -down], [zero, zero, one]])


def reflection(mirrored: tf.Tensor) -> tf.Tensor:
    """Matrices (batch, 3, 3) that swap left and right where `mirrored` (batch,) is true."""
    sign = tf.where(mirrored, -1.0, 1.0)
    zero, one = tf.zeros_like(sign), tf.ones_like(sign)
    return _matrix([[sign, zero, zero], [zero, one, zero], [zero, zero, one]])


def resample(images: tf.Tensor, transform: tf.Tensor) -> tf.Tensor:
    """Samples images once, bilinearly, through matrices that take output to input points, both from the centre.

    Args:
        images: float32 (batch, height, width, channels).
        transform: float32 (batch, 3, 3), affine. Beyond the border the image is reflected.

    Returns:
        float32 of the shape of `images`.

    Example:
        >>> resample(images, rotation(tf.fill([len(images)], 90.0)))
    """
    shape = tf.shape(images)
    right, down = tf.cast(shape[2] - 1, tf.float32) / 2, tf.cast(shape[1] - 1, tf.float32) / 2
    a, b, x = (transform[:, 0, i] for i in range(3))
    c, d, y = (transform[:, 1, i] for i in range(3))
    zero = tf.zeros_like(a)
    coefficients = [a, b, x + right - a * right - b * down, c, d, y + down - c * right - d * down, zero, zero]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack(coefficients, axis=1),
        output_shape=shape[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )


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
    share = tf.clip_by_value(values / 255, 1 / 512, 1 - 1 / 512)
    logits = tf.math.log(share / (1 - share))
    changed = tf.sigmoid(logits * contrast[:, None] + brightness[:, None])
    # As a difference, so that no change is none to the last bit.
    return tf.clip_by_value(values + 255 * (changed - tf.sigmoid(logits)), 0.0, 255.0)


def _compose(*transforms: tf.Tensor) -> tf.Tensor:
    """The transform that does the given ones in order."""
    # Each takes output points back to input points, so the last one done stands nearest to the output point.
    composed = transforms[0]
    for transform in transforms[1:]:
        composed = composed @ transform
    return composed


def _between(low: float, high: float, draw: tf.Tensor) -> tf.Tensor:
    return low + (high - low) * draw


def _factor(strength: float, draw: tf.Tensor) -> tf.Tensor:
    """From 1 / (1 + strength) to 1 + strength, as often below 1 as above."""
    return (1 + strength) ** _between(-1.0, 1.0, draw)


def _matrix(rows: list[list[Any]]) -> tf.Tensor:
    """Stacks (batch,) entries into (batch, 3, 3)."""
    return tf.stack([tf.stack(row, axis=-1) for row in rows], axis=1)
