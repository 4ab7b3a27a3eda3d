import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.interpret import Classification, ClassScores
from sklearn import metrics


@settings(max_examples=8)
@given(st.integers(1, 40), st.integers(1, 5), st.integers(0, 1000))
def test_scores_equal_scikit_learn(count, classes, seed):
    random = np.random.default_rng(seed)
    names = list("abcde"[:classes])
    found = Classification(random.normal(size=(count, classes)), random.integers(0, classes, count), names)
    for index, each in enumerate(found.per_class):
        true, predicted = found.targets == index, found.predictions == index
        assert each.precision == pytest.approx(metrics.precision_score(true, predicted, zero_division=0))
        assert each.recall == pytest.approx(metrics.recall_score(true, predicted, zero_division=0))
        assert each.f1 == pytest.approx(metrics.f1_score(true, predicted, zero_division=0))
        assert (each.name, each.samples) == (names[index], true.sum())


def test_by_hand():
    found = Classification(np.eye(3)[[0, 1, 1, 1]], np.array([0, 0, 0, 1]), ["cat", "dog", "emu"])
    cat, dog, emu = found.per_class
    assert cat == ("cat", 1.0, pytest.approx(1 / 3), 0.5, 3)
    assert dog == ("dog", pytest.approx(1 / 3), 1.0, 0.5, 1)
    assert emu == ("emu", 0.0, 0.0, 0.0, 0)


def test_without_a_sample_there_is_nothing_to_find():
    assert Classification(np.zeros((0, 1)), np.zeros(0, int), "a").per_class == [ClassScores("a", 0.0, 0.0, 0.0, 0)]
