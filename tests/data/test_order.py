import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.order import balanced_weights, cumulative_weights, shard_count, shuffled, systematic_sample
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


def test_shards_by_hand():
    assert [shard_count(10, (worker, 3)) for worker in range(3)] == [4, 3, 3]
    with pytest.raises(ValueError, match="Workers count from 0. Received: worker 3 of 3"):
        shard_count(10, (3, 3))
    with pytest.raises(ValueError, match="Each worker needs a sample. Received: 2 samples for 3 workers"):
        shard_count(2, (0, 3))


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
