"""Which samples are for validation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kerasdl.data import splits
from kerasdl.errors import BadInput


@given(st.lists(st.integers(2, 30), min_size=2, max_size=5), st.floats(0.05, 0.9), st.integers(0, 9))
def test_every_class_gives_the_same_share(counts, share, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    held_out = splits.stratified(labels, list(map(str, range(len(counts)))), share, seed)
    for label, count in enumerate(counts):
        taken = held_out[labels == label].sum()
        assert 1 <= taken <= count - 1
        assert abs(taken - share * count) <= max(0.5, 1 - share * count, share * count - (count - 1))


def test_a_seed_draws_the_same_and_another_seed_others():
    assert (splits.at_random(50, 0.2, 1) == splits.at_random(50, 0.2, 1)).all()
    assert (splits.at_random(50, 0.2, 1) != splits.at_random(50, 0.2, 2)).any()
    assert splits.at_random(50, 0.2, 1).sum() == 10


def test_the_latest_are_held_out_moments_whole():
    times = np.array([3, 1, 2, 5, 4, 5, 5, 1, 2, 3])
    assert splits.latest(times, 0.2).tolist() == [False] * 3 + [True, False, True, True] + [False] * 3


def test_groups_stay_together():
    groups = np.array(list("aabbccdddd"))
    held_out = splits.whole_groups(groups, 0.3, seed=0)
    assert all(len(set(held_out[groups == name])) == 1 for name in "abcd")
    assert 3 <= held_out.sum() < 10


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (lambda: splits.at_random(10, 1.0, 0), "between 0 and 1"),
        (lambda: splits.at_random(1, 0.2, 0), "At least two rows"),
        (lambda: splits.latest(np.ones(5), 0.2), "split by time leaves none for training"),
        (lambda: splits.whole_groups(np.array(["a", "a"]), 0.2, 0), "At least two groups"),
        (lambda: splits.stratified(np.array([0, 0]), ["a"], 0.2, 0), "There is only one class"),
        (lambda: splits.stratified(np.array([0, 0, 1]), ["a", "b"], 0.2, 0), "at least two samples.*'b' with 1"),
    ],
)
def test_what_cannot_be_split(split, message):
    with pytest.raises(BadInput, match=message):
        split()
