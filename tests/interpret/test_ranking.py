import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.interpret import Classification, Tagging
from sklearn import metrics


@settings(max_examples=5)
@given(st.integers(4, 40), st.integers(3, 5), st.integers(0, 1000))
def test_areas_of_several_classes_equal_scikit_learn(count, classes, seed):
    random = np.random.default_rng(seed)
    targets = np.arange(count) % classes
    found = Classification(random.normal(size=(count, classes)), targets, list("abcde"[:classes]))
    one_hot, present = np.eye(classes)[targets], min(count, classes)
    assert list(found.roc) == list(found.precision_recall) == list("abcde"[:present])
    ovr = [metrics.roc_auc_score(one_hot[:, each], found.probabilities[:, each]) for each in range(present)]
    assert [curve.area for curve in found.roc.values()] == pytest.approx(ovr)
    assert found.roc_area == pytest.approx(np.mean(ovr))
    if present == classes:
        macro = metrics.roc_auc_score(targets, found.probabilities, multi_class="ovr", average="macro")
        assert found.roc_area == pytest.approx(macro)
        macro = metrics.average_precision_score(one_hot, found.probabilities, average="macro")
        assert found.average_precision == pytest.approx(macro)


# Of the second class: 0.9 and 0.4 are, 0.6 and 0.1 are not.
LOGITS = np.log([[0.1, 0.9], [0.6, 0.4], [0.4, 0.6], [0.9, 0.1]])


def test_two_classes_by_hand():
    found = Classification(LOGITS, np.array([1, 1, 0, 0]), ["cat", "dog"])
    assert list(found.roc) == ["dog"]
    assert found.roc_area == pytest.approx(3 / 4)  # three of the four pairs are in order
    curve = found.roc["dog"]
    assert curve.x.tolist() == [0, 0, 0.5, 0.5, 1]
    assert curve.y.tolist() == [0, 0.5, 0.5, 1, 1]
    assert found.average_precision == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    curve = found.precision_recall["dog"]
    assert curve.x.tolist() == [1, 1, 0.5, 0.5, 0]
    assert curve.y == pytest.approx([2 / 4, 2 / 3, 1 / 2, 1, 1])


def test_tags_have_a_curve_each():
    found = Tagging(np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]]), np.array([[1, 0, 0], [0, 1, 0]]), "abc")
    assert {name: curve.area for name, curve in found.roc.items()} == {"a": 1.0, "b": 0.0}
    assert found.roc_area == 0.5


def test_where_all_samples_are_alike_there_is_no_curve():
    found = Classification(LOGITS, np.array([1, 1, 1, 1]), ["cat", "dog"])
    assert (found.roc, found.precision_recall) == ({}, {})
    assert np.isnan([found.roc_area, found.average_precision]).all()


def test_a_prediction_that_is_not_finite_has_no_rank():
    found = Classification(np.vstack([LOGITS, [np.nan, 0]]), np.array([0, 1, 0, 1, 1]), ["cat", "dog"])
    whole = Classification(LOGITS, np.array([0, 1, 0, 1]), ["cat", "dog"])
    assert (found.roc_area, found.average_precision) == (whole.roc_area, whole.average_precision)
