from itertools import chain

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.order import (
    POOL,
    balanced_weights,
    by_length,
    cumulative_weights,
    shuffled,
    systematic_sample,
)
from kerasdl.errors import BadInput

SEED = tf.constant([3, 1], tf.int64)


@given(st.integers(1, 300), st.integers(0, 9))
@settings(max_examples=20)
def test_a_permutation_whole_or_in_parts(count, seed):
    pair = tf.constant([seed, 0], tf.int64)
    whole = shuffled(tf.range(count, dtype=tf.int64), count=count, seed=pair).numpy()
    assert sorted(whole) == list(range(count))
    part = shuffled(tf.range(count // 2, count, dtype=tf.int64), count=count, seed=pair).numpy()
    assert np.array_equal(part, whole[count // 2 :])


def in_batches(lengths, batch_size, seed):
    """The lengths of each batch, after a look at whether each sample is there once."""
    steps = -(-len(lengths) // batch_size)
    order = by_length(tf.constant(lengths, tf.int64), batch_size=batch_size, steps=steps, seed=seed).numpy()
    assert sorted(order) == list(range(len(lengths)))
    return [np.array(lengths)[order[step * batch_size :][:batch_size]] for step in range(steps)]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.integers(1, 8), st.integers(0, 9))
@settings(max_examples=30)
def test_the_batches_of_a_pool_follow_each_other_in_length_but_for_their_order(lengths, batch_size, epoch):
    batches = in_batches(lengths, batch_size, tf.constant([0, epoch], tf.int64))
    assert list(chain.from_iterable(sorted(sorted(batch) for batch in batches))) == sorted(lengths)


def test_batches_of_several_pools_are_in_any_order_and_the_rest_comes_from_anywhere_in_the_last():
    lengths = np.arange(4 * (2 * POOL + 7) + 2)
    epochs = [in_batches(lengths, 4, tf.constant([0, epoch], tf.int64)) for epoch in range(12)]
    for batches in epochs:
        # Random samples of a pool, in order, are about two apart, and the ranges of its batches do not overlap.
        assert np.mean([np.ptp(batch) for batch in batches]) < 3 * 4
        firsts = [batch[0] for batch in batches[:-1]]
        assert abs(np.corrcoef(range(len(firsts)), firsts)[0, 1]) < 0.3
        assert len(batches[-1]) == 2
    assert np.ptp([batches[-1][0] for batches in epochs]) > len(lengths) / 2
    assert len({tuple(np.concatenate(batches)) for batches in epochs}) == 12


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60).filter(lambda weights: max(weights) > 1e-3))
@settings(max_examples=40)
def test_a_sample_comes_as_often_as_its_share_up_or_down_to_a_whole_number(weights):
    count = len(weights)
    indices = systematic_sample(
        tf.range(count, dtype=tf.int64), cumulative_weights(np.array(weights)), seed=SEED
    ).numpy()
    expected = count * np.array(weights) / np.sum(weights)
    times = np.bincount(indices, minlength=count)
    assert (np.floor(expected - 1e-6) <= times).all()
    assert (times <= np.ceil(expected + 1e-6)).all()


def test_equal_weights_give_each_once():
    indices = systematic_sample(tf.range(7, dtype=tf.int64), cumulative_weights(np.full(7, 0.3)), seed=SEED).numpy()
    assert indices.tolist() == list(range(7))


def test_balanced_weights_by_hand():
    assert balanced_weights(np.array([3, 1])).tolist() == pytest.approx([2 / 3, 2])
    # A class without samples takes nothing from the others.
    assert balanced_weights(np.array([1, 0, 1])).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, -1], r"finite and not negative. Received: -1.0 for sample 1"),
        ([np.nan], "Received: nan"),
        ([0, 0], "All weights of samples are 0"),
    ],
)
def test_weights_that_cannot_be_used(weights, message):
    with pytest.raises(BadInput, match=message):
        cumulative_weights(np.array(weights))


def test_neighbours_in_the_order_are_not_correlated():
    def order(epoch):
        return shuffled(tf.range(200, dtype=tf.int64), count=200, seed=tf.constant([0, epoch], tf.int64)).numpy()

    correlations = [np.corrcoef(order(epoch)[:-1], order(epoch)[1:])[0, 1] for epoch in range(25)]
    # 199 pairs have a standard deviation of 0.071, the mean of 25 epochs one of 0.014.
    assert abs(np.mean(correlations)) < 0.045
    assert np.std(correlations) < 0.11
