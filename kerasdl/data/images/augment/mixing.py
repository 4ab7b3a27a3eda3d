"""MixUp and CutMix: mixing of the samples of a batch, both images and labels.

The partner of a sample is the one before it in the batch: batches are shuffled, and no sample is mixed with itself
unless it is the only one. Labels become shares of classes, so the loss is a CategoricalCrossentropy.
"""

import math
from dataclasses import dataclass

import tensorflow as tf
from kerasdl.arguments import known_arguments


@known_arguments()
@dataclass(frozen=True)
class MixUp:
    """Blends each image, and its label, with its partner's (Zhang et al., arXiv:1710.09412).

    Args:
        alpha: Parameter of Beta(alpha, alpha), from which each sample draws its share; the larger, the more even the
            blend. As in fastai the larger of the share and its complement is used, so that a sample keeps at least
            half of itself.

    Raises:
        ValueError: `alpha` is not a positive finite number.

    Example:
        >>> images = tf.cast(images, tf.float32)
        >>> images, labels = MixUp().mix(images, labels, tf.constant([0, 1, 2], tf.int64), classes=10)
    """

    alpha: float = 0.4

    def __post_init__(self) -> None:
        _check(self.alpha)

    def mix(
        self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor, *, classes: int
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Mixes a batch: a pure function of its arguments.

        Args:
            images: float32 (batch, height, width, channels).
            labels: Integers (batch,), or float32 (batch, classes).
            seed: int64 (3,).
            classes: Number of classes.

        Returns:
            Mixed images of the same shape and dtype, and labels float32 (batch, classes).

        Raises:
            ValueError: Labels of another shape or type.
        """
        share = _beta(self.alpha, tf.shape(images)[0], _seed(seed))
        share = tf.maximum(share, 1 - share)
        weight = share[:, None, None, None]
        return weight * images + (1 - weight) * _partners(images), _blended(labels, share, classes)


@known_arguments()
@dataclass(frozen=True)
class CutMix:
    """Pastes a box of its partner into each image; labels are shares of area (Yun et al., arXiv:1905.04899).

    Args:
        alpha: Parameter of Beta(alpha, alpha), from which each sample draws the share outside the box; 1 is uniform.
            The box is centered on a random point and clipped at the border: the label counts the remaining pixels.

    Raises:
        ValueError: `alpha` is not a positive finite number.

    Example:
        >>> images = tf.cast(images, tf.float32)
        >>> images, labels = CutMix().mix(images, labels, tf.constant([0, 1, 2], tf.int64), classes=10)
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        _check(self.alpha)

    def mix(
        self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor, *, classes: int
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Mixes a batch: a pure function of its arguments, see `MixUp.mix`."""
        shape, base = tf.shape(images), _seed(seed)
        side = tf.sqrt(1 - _beta(self.alpha, shape[0], base))
        # Not the seed of the share, so that a box's position is independent of its size.
        place = tf.random.stateless_uniform((2, shape[0]), base + 1)
        box = _near(shape[1], place[0], side)[:, :, None] & _near(shape[2], place[1], side)[:, None, :]
        share = 1 - tf.reduce_mean(tf.cast(box, tf.float32), axis=[1, 2])
        return tf.where(box[..., None], _partners(images), images), _blended(labels, share, classes)


def _check(alpha: float) -> None:
    if not 0 < alpha < math.inf:
        raise ValueError(f"alpha must be a positive finite number. Received: alpha={alpha}")


def _seed(seed: tf.Tensor) -> tf.Tensor:
    """The two numbers that a stateless op needs, from three."""
    return tf.random.experimental.stateless_fold_in(seed[:2], seed[2])


def _beta(alpha: float, count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Numbers (count,) from Beta(alpha, alpha), as the share of one Gamma variable in the sum of two."""
    one, other = tf.unstack(tf.random.stateless_gamma((2, count), seed, alpha=alpha))
    # For tiny alpha both may underflow to 0.
    return tf.math.divide_no_nan(one, one + other)


def _near(length: tf.Tensor, place: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
    """Which of `length` pixels are in an interval of that share, centered on a place in 0..1: bool (batch, length)."""
    centers = (tf.range(length, dtype=tf.float32) + 0.5) / tf.cast(length, tf.float32)
    return tf.abs(centers - place[:, None]) < share[:, None] / 2


def _partners(values: tf.Tensor) -> tf.Tensor:
    return tf.roll(values, 1, axis=0)


def _blended(labels: tf.Tensor, share: tf.Tensor, classes: int) -> tf.Tensor:
    """Labels blended with the partner's; `share` (batch,) is the sample's own weight."""
    labels = _shares(tf.convert_to_tensor(labels), classes)
    return share[:, None] * labels + (1 - share[:, None]) * _partners(labels)


def _shares(labels: tf.Tensor, classes: int) -> tf.Tensor:
    """Labels as float32 (batch, classes)."""
    if labels.dtype.is_integer and labels.shape.rank == 1:
        # For labels out of range one_hot returns zeros.
        tf.debugging.assert_less(labels, tf.cast(classes, labels.dtype), f"Labels must be below classes={classes}.")
        return tf.one_hot(labels, classes)
    if labels.dtype.is_floating and labels.shape.rank == 2 and labels.shape[1] == classes:
        return tf.cast(labels, tf.float32)
    raise ValueError(
        f"Labels must be integers (batch,) or float32 (batch, {classes}). Received: {labels.dtype.name} {labels.shape}"
    )
