import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.errors import BadInput
from kerasdl.interpret import Classification, Tagging, Thresholds
from sklearn import metrics


@settings(max_examples=6)
@given(st.integers(1, 20), st.integers(0, 1000))
def test_the_metrics_of_every_threshold_equal_scikit_learn(count, seed):
    random = np.random.default_rng(seed)
    probabilities, targets = random.uniform(size=count).round(1), random.integers(0, 2, count)
    found = Thresholds.of(probabilities, targets)
    best, cheapest = found.best(), found.best(costs=(1, 3))
    f1, costs = {}, {}
    for index, value in enumerate(found.values):
        predicted = probabilities > value
        f1[value] = metrics.f1_score(targets, predicted, zero_division=0)
        false, missed = ((predicted & (targets == 0)).sum(), (~predicted & (targets == 1)).sum())
        costs[value] = 1 * false + 3 * missed
        assert found.f1[index] == pytest.approx(f1[value])
        assert found.accuracy[index] == pytest.approx(metrics.accuracy_score(targets, predicted))
        precision = metrics.precision_score(targets, predicted, zero_division=np.nan)
        assert found.precision[index] == pytest.approx(precision, nan_ok=True)
        recall = metrics.recall_score(targets, predicted, zero_division=np.nan)
        assert found.recall[index] == pytest.approx(recall, nan_ok=True)
    assert f1[best] == pytest.approx(max(f1.values()))
    assert costs[cheapest] == min(costs.values())
    # No other threshold tells the samples apart in another way.
    assert {tuple(probabilities > value) for value in np.linspace(0, 1, 41)} <= {
        tuple(probabilities > value) for value in found.values
    }


PROBABILITIES, TARGETS = np.array([0.1, 0.3, 0.6, 0.8]), np.array([0, 1, 0, 1])


def test_by_hand():
    found = Thresholds.of(PROBABILITIES, TARGETS)
    assert found.values == pytest.approx([0, 0.2, 0.45, 0.5, 0.7, 1])
    assert found.true_positives.tolist() == [2, 2, 1, 1, 1, 0]
    assert found.false_positives.tolist() == [2, 1, 1, 1, 0, 0]
    assert found.best() == pytest.approx(0.2)  # F1 of 2 * 2 / (3 + 2); above 0.7 it is 2 / 3
    assert found.best(costs=(1, 5)) == pytest.approx(0.2)
    assert found.best(costs=(5, 1)) == pytest.approx(0.7)
    assert found.best(costs=(0, 1)) == pytest.approx(0.2)  # as cheap as 0, and nearer to 0.5
    assert found.best(costs=(1, 0)) == pytest.approx(0.7)


def test_where_nothing_depends_on_it_the_threshold_is_a_half():
    assert Thresholds.of(np.array([0.2, 0.9]), np.array([0, 0])).best() == 0.5
    assert Thresholds.of(np.zeros(0), np.zeros(0)).best() == 0.5
    assert Thresholds.of(np.array([0.9]), np.array([1])).best() == 0.5


@pytest.mark.parametrize("costs", [(0, 0), (-1, 2), (1,), (1, float("nan")), (1, float("inf"))])
def test_costs_that_are_none_are_refused(costs):
    with pytest.raises(BadInput, match=r"from 0 on, not both 0. Received: costs=\("):
        Thresholds.of(PROBABILITIES, TARGETS).best(costs)


def test_of_two_classes_it_is_that_of_the_second():
    logits = np.log(np.stack([1 - PROBABILITIES, PROBABILITIES], axis=1))
    found = Classification(logits, TARGETS, ["cat", "dog"])
    assert found.threshold() == pytest.approx(0.2)
    assert found.threshold(costs=(5, 1)) == pytest.approx(0.7)
    assert found.thresholds.accuracy[found.thresholds.values == 0.5] == found.accuracy
    with pytest.raises(BadInput, match="tells two classes apart.*Received: 3 classes"):
        Classification(np.eye(3), np.arange(3), "abc").threshold()


def test_of_tags_it_is_one_for_all():
    logits = np.log(PROBABILITIES / (1 - PROBABILITIES))
    assert Tagging(logits.reshape(2, 2), TARGETS.reshape(2, 2), "ab").threshold() == pytest.approx(0.2)


def test_nan_is_left_out():
    logits = np.array([[0.0, -1.0], [0.0, 1.0], [np.nan, 0.0]])
    assert Classification(logits, np.array([0, 1, 0]), "ab").threshold() == pytest.approx(0.5)
