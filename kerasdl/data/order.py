"""The order of an epoch: a pure function of (seed, epoch), of which any part can be had alone."""

import numpy as np
import tensorflow as tf
from kerasdl.errors import BadInput

# At TensorFlow's own 4, neighbours in the permutation of a small set are correlated.
ROUNDS = 12


def shuffled(places: tf.Tensor, *, count: int, seed: tf.Tensor) -> tf.Tensor:
    """Where a permutation of 0..count-1 puts `places`, without making the whole of it.

    Args:
        places: int64 (any,), below `count`.
        count: Length of the permutation.
        seed: int64 (2,), such as (seed, epoch).

    Returns:
        int64 (any,).

    Example:
        >>> shuffled(tf.range(3, dtype=tf.int64), count=3, seed=tf.constant([0, 1], tf.int64))
    """
    # The raw op, for tf.random.experimental.index_shuffle does not let the rounds be set.
    return tf.raw_ops.RandomIndexShuffle(
        index=places,
        seed=tf.repeat([tf.concat([seed, [0]], axis=0)], tf.size(places), axis=0),
        max_index=tf.constant(count - 1, tf.int64),
        rounds=ROUNDS,
    )


def systematic_sample(places: tf.Tensor, cumulative: np.ndarray, *, seed: tf.Tensor) -> tf.Tensor:
    """The sample at each place of an epoch in which samples come as often as their weights say.

    Systematic sampling: the places divide the weights into equal parts, so that a sample of weight w comes either
    floor(w) or ceil(w) times an epoch, w counted in mean weights; with equal weights, each exactly once.

    Args:
        places: int64 (any,), below the number of samples.
        cumulative: From `cumulative_weights`.
        seed: int64 (2,), such as (seed, epoch).

    Returns:
        int64 (any,), indices of samples.

    Example:
        >>> systematic_sample(tf.range(4, dtype=tf.int64), cumulative_weights([3, 1, 0, 0]), seed=seed)  # 0 0 0 1
    """
    offset = tf.random.stateless_uniform((), seed, dtype=tf.float64)
    heights = (tf.cast(places, tf.float64) + offset) / len(cumulative)
    return tf.searchsorted(tf.constant(cumulative), heights, side="right", out_type=tf.int64)


def cumulative_weights(weights: np.ndarray) -> np.ndarray:
    """The upper end of each sample's part of [0, 1].

    Raises:
        BadInput: A weight that is negative or not finite, or none above 0.
    """
    weights = np.asarray(weights, np.float64)
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise BadInput(f"A sample is drawn with a weight from 0 up. Received: {weights[at]} for sample {at}")
    if not weights.any():
        raise BadInput(f"No sample would be drawn: all weights are 0. Received: {len(weights)} weights")
    ends = np.cumsum(weights / weights.sum())
    # Rounding must not leave a gap above the last sample that counts, nor let a sample of weight 0 be drawn.
    ends[np.flatnonzero(weights)[-1] :] = 1.0
    return ends


def balanced_weights(labels: np.ndarray, classes: int) -> np.ndarray:
    """Weights by which every class is drawn alike, (count,) float64, 1 on average."""
    counts = np.bincount(labels, minlength=classes)
    return len(labels) / (np.count_nonzero(counts) * counts[labels])


def shard_count(count: int, shard: tuple[int, int]) -> int:
    """How many of `count` places fall to worker `shard[0]` of `shard[1]`, which takes every shard[1]-th of them.

    Raises:
        ValueError: No such worker, or fewer places than workers.
    """
    index, workers = shard
    if not 0 <= index < workers:
        raise ValueError(f"Workers count from 0. Received: worker {index} of {workers}")
    if count < workers:
        raise ValueError(f"Each worker needs a sample. Received: {count} samples for {workers} workers")
    return -(-(count - index) // workers)
