"""The order of an epoch: a pure function of (seed, epoch) of which any part can be computed alone."""

import numpy as np
import tensorflow as tf
from kerasdl.errors import BadInput

# At TensorFlow's own 4, neighbours in the permutation of a small set are correlated.
ROUNDS = 12
# Batches among which samples are sorted by length: more give less padding, and epochs that are less random.
POOL = 50


def shuffled(places: tf.Tensor, *, count: int, seed: tf.Tensor) -> tf.Tensor:
    """The elements of a permutation of 0..count-1 at `places`, without computing the others.

    Args:
        places: int64 (any,), below `count`.
        count: Length of the permutation.
        seed: int64 (2,), such as (seed, epoch).

    Returns:
        int64 (any,).

    Example:
        >>> shuffled(tf.range(3, dtype=tf.int64), count=3, seed=tf.constant([0, 1], tf.int64))
    """
    # The raw op, because tf.random.experimental.index_shuffle has no argument for the rounds. It refuses no places.
    return tf.raw_ops.RandomIndexShuffle(
        index=tf.concat([places, [0]], axis=0),
        seed=tf.repeat([tf.concat([seed, [0]], axis=0)], tf.size(places) + 1, axis=0),
        max_index=tf.constant(count - 1, tf.int64),
        rounds=ROUNDS,
    )[:-1]


def by_length(lengths: tf.Tensor, *, batch_size: int, steps: int, seed: tf.Tensor) -> tf.Tensor:
    """A permutation whose batches hold samples of about the same length.

    A random permutation is sorted by length within pools of 50 batches; then whole batches are put in a random order.
    A last batch of another size stays the last, and comes from anywhere among the lengths.

    Args:
        lengths: int64 (count,), of the samples.
        batch_size: Samples per batch, of all workers together.
        steps: Number of batches; the last holds whatever is left, less or more.
        seed: int64 (2,), such as (seed, epoch), not negative.

    Returns:
        int64 (count,).

    Example:
        >>> by_length(tf.constant([9, 1, 9, 1], tf.int64), batch_size=2, steps=2, seed=seed)  # such as 0 2 3 1
    """
    count = lengths.shape[0]
    whole = steps - (count != steps * batch_size)
    places = tf.range(count, dtype=tf.int64)
    order = shuffled(places, count=count, seed=seed)
    if not whole:
        return order
    last_pool = (whole - 1) // POOL
    pools = tf.minimum(places // (POOL * batch_size), last_pool)
    order = tf.gather(order, tf.argsort(pools * (tf.reduce_max(lengths) + 1) + tf.gather(lengths, order), stable=True))
    # No epoch has this number.
    second = seed * [1, -1] - [0, 1]
    cut = batch_size * tf.random.stateless_uniform((), second, last_pool * POOL, whole + 1, dtype=tf.int64)
    end = cut + count - whole * batch_size
    batches = tf.reshape(tf.concat([order[:cut], order[end:]], axis=0), [whole, batch_size])
    moved = tf.gather(batches, shuffled(tf.range(whole, dtype=tf.int64), count=whole, seed=second))
    return tf.concat([tf.reshape(moved, [-1]), order[cut:end]], axis=0)


def systematic_sample(places: tf.Tensor, cumulative: np.ndarray, *, seed: tf.Tensor) -> tf.Tensor:
    """The sample at each place of an epoch in which samples are drawn in proportion to their weights.

    Systematic sampling: the places divide the weights into equal parts, so that a sample of weight w (in units of the
    mean weight) is drawn floor(w) or ceil(w) times per epoch; with equal weights, each exactly once.

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
    """The upper end of each sample's interval in [0, 1].

    Raises:
        BadInput: A weight is negative or not finite, or all are 0.
    """
    weights = np.asarray(weights, np.float64)
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise BadInput(f"Weights of samples must be finite and not negative. Received: {weights[at]} for sample {at}")
    if not weights.any():
        raise BadInput(f"All weights of samples are 0, so none would be drawn. Received: {len(weights)} weights")
    ends = np.cumsum(weights / weights.sum())
    # Rounding must neither leave a gap at the end nor give a sample of weight 0 an interval.
    ends[np.flatnonzero(weights)[-1] :] = 1.0
    return ends


def balanced_weights(counts: np.ndarray) -> np.ndarray:
    """Weights by which all classes count the same, float64 (classes,), 1 on average over the samples.

    Args:
        counts: Number of samples per class; a class without samples gets weight 0.

    Example:
        >>> balanced_weights(np.array([3, 1, 0])).tolist()
        [0.6666666666666666, 2.0, 0.0]
    """
    present = counts > 0
    return np.where(present, counts.sum() / (present.sum() * np.maximum(counts, 1)), 0.0)
