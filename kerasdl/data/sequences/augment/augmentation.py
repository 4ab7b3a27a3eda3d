"""Augmentation of batches of sequences: slicing and warping in one resampling, then values, then masks.

All random numbers come from the caller, one row per sample, so that a sample's augmentation does not depend on its
batch.
"""

import math
from dataclasses import dataclass, fields
from typing import ClassVar

import tensorflow as tf
from kerasdl.arguments import known_arguments
from kerasdl.data.draws import between, happens
from kerasdl.data.sequences.augment.steps import is_step, moments, resampled, warped, within

COLUMNS = (
    *("slice", "slice_start", "warp", "warp_phase", "scale", "jitter", "seed", "other_seed"),
    *("time_mask", "time_mask_start", "channel_mask", "channel_mask_start"),
)
"""The use of each uniform number of a sample."""
_BELOW_1 = ("slice", "warp", "time_mask", "channel_mask")


@known_arguments()
@dataclass(frozen=True, repr=False)
class Augmentation:
    """Random changes of sequences, each with its strength; 0 switches it off.

    Draws are uniform unless stated otherwise. A sequence keeps its length, and its padding.

    Attributes:
        slice: A part of the sequence is stretched to its length; its share is drawn from [1 - slice, 1] (window
            slicing, Le Guennec et al., 2016, https://shs.hal.science/halshs-01357973).
        warp: The speed of time goes once up and down, between 1 - w and 1 + w, with w drawn from [0, warp] and any
            phase (time warping, Um et al., arXiv:1706.00527).
        scale: Factor on the distance from the sequence's mean, one for all channels, drawn log-uniformly from
            [1 / (1 + scale), 1 + scale].
        jitter: Standard deviation of Gaussian noise as a share of that of the channel in the sequence, drawn from
            [0, jitter].
        time_mask: Steps in a row get the channel's mean in the sequence; their share is drawn from [0, time_mask]
            (SpecAugment, arXiv:1904.08779).
        channel_mask: The same for neighboring channels: with the bands of a spectrogram, frequency masking.
        probability: Probability of each change.

    Raises:
        ValueError: A strength or the probability is out of range.

    Example:
        >>> augment = kerasdl.data.sequences.augment.Augmentation(jitter=0.1)
        >>> augment.seeded(waves[:4, :, None], seed=0).shape
        TensorShape([4, 30, 1])
    """

    slice: float = 0.0
    warp: float = 0.0
    scale: float = 0.0
    jitter: float = 0.0
    time_mask: float = 0.0
    channel_mask: float = 0.0
    probability: float = 1.0

    num_draws: ClassVar[int] = len(COLUMNS)
    """Uniform random numbers per sample."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            # Written so that NaN is an error, too.
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} must be a non-negative number. Received: {name}={value}")
            if name in _BELOW_1 and not value < 1:
                raise ValueError(f"{name} must be below 1. Received: {name}={value}")
        if not self.probability <= 1:
            raise ValueError(f"probability must be at most 1. Received: probability={self.probability}")

    def __repr__(self) -> str:
        """Shows only values that differ from the defaults."""
        set_ones = {field.name: getattr(self, field.name) for field in fields(self)}
        shown = [f"{name}={value!r}" for name, value in set_ones.items() if value != getattr(type(self), name)]
        return f"Augmentation({', '.join(shown)})"

    def __call__(self, sequences: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        """Augments a batch.

        Args:
            sequences: (batch, length, channels), NaN after the end of a shorter one.
            draws: float32 (batch, `num_draws`), uniform in [0, 1).

        Returns:
            float32 of the shape of `sequences`.
        """
        draw = dict(zip(COLUMNS, tf.unstack(tf.cast(draws, tf.float64), len(COLUMNS), axis=1), strict=True))
        x = tf.cast(sequences, tf.float64)
        x = self._resampled(x, draw) if self.slice or self.warp else x
        mean, deviation = moments(x)
        if self.scale:
            factor = between(-1, 1, happens(draw["scale"], self.probability)) * math.log(1 + self.scale)
            x = mean + tf.exp(factor)[:, None, None] * (x - mean)
        if self.jitter:
            strength = self._drawn(self.jitter, draw["jitter"])[:, None, None]
            x += strength * deviation * _noise(x, tf.stack([draw["seed"], draw["other_seed"]], axis=1))
        return tf.cast(self._masked(x, mean, draw), tf.float32)

    def seeded(self, sequences: tf.Tensor, seed: int) -> tf.Tensor:
        """Augments a batch with random numbers from a seed: a pure function of (sequences, seed).

        Args:
            sequences: (batch, length, channels), NaN after the end of a shorter one.
            seed: Random seed.

        Returns:
            float32 of the shape of `sequences`.

        Example:
            >>> standard().seeded(waves[:4, :, None], seed=3).shape
            TensorShape([4, 30, 1])
        """
        return self(sequences, tf.random.stateless_uniform((tf.shape(sequences)[0], self.num_draws), (seed, 0)))

    def _drawn(self, strength: float, draw: tf.Tensor) -> tf.Tensor:
        return strength * happens(draw, self.probability, neutral=0.0)

    def _resampled(self, x: tf.Tensor, draw: dict[str, tf.Tensor]) -> tf.Tensor:
        steps = tf.cast(tf.range(tf.shape(x)[1]), tf.float64)
        last = tf.reduce_sum(tf.cast(is_step(x), tf.float64), axis=(1, 2)) - 1
        shares = tf.minimum(steps / tf.maximum(last, 1)[:, None], 1)
        shares = warped(shares, self._drawn(self.warp, draw["warp"]), draw["warp_phase"])
        share = 1 - self._drawn(self.slice, draw["slice"])
        return resampled(x, (draw["slice_start"] * (1 - share))[:, None] + share[:, None] * shares)

    def _masked(self, x: tf.Tensor, mean: tf.Tensor, draw: dict[str, tf.Tensor]) -> tf.Tensor:
        real, (_, length, channels) = is_step(x), tf.unstack(tf.shape(x))
        counts = tf.reduce_sum(tf.cast(real, tf.float64), axis=(1, 2)), tf.cast(channels, tf.float64)[None]
        for name, size, count in zip(("time_mask", "channel_mask"), (length, channels), counts, strict=True):
            if strength := getattr(self, name):
                share = self._drawn(strength, draw[name])
                hidden = within(
                    tf.range(tf.cast(size, tf.float64), dtype=tf.float64), count, share, draw[f"{name}_start"]
                )
                hidden = hidden[:, :, None] if name == "time_mask" else hidden[:, None, :]
                x = tf.where(hidden & real, mean, x)
        return x


@known_arguments()
def standard() -> Augmentation:
    """For sensors, curves and motions: slices from 0.9 of the length, speeds from 0.8 to 1.2, a tenth of noise.

    Example:
        >>> standard()
        Augmentation(slice=0.1, warp=0.2, scale=0.1, jitter=0.1)
    """
    return Augmentation(slice=0.1, warp=0.2, scale=0.1, jitter=0.1)


@known_arguments()
def spec_augment() -> Augmentation:
    """For spectrograms: masks of up to a fifth of the time and a third of the bands (SpecAugment, arXiv:1904.08779).

    The paper masks up to 27 of 80 bands, and for Switchboard up to a fifth of the time. It fills with the mean, too.

    Example:
        >>> spec_augment()
        Augmentation(time_mask=0.2, channel_mask=0.3375)
    """
    return Augmentation(time_mask=0.2, channel_mask=27 / 80)


def _noise(x: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """Normal numbers of the shape of `x`, with one seed (two numbers) per sample."""
    shape, bits = tf.shape(x)[1:], tf.bitcast(tf.cast(seeds, tf.float32), tf.int32)
    drawn = tf.map_fn(lambda seed: tf.random.stateless_normal(shape, seed), bits, fn_output_signature=tf.float32)
    return tf.cast(tf.reshape(drawn, tf.shape(x)), x.dtype)
