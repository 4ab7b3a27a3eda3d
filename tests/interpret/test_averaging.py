import numpy as np
import pytest
from kerasdl.interpret import Classification, Tagging, average

CLASSES = ["bad", "good"]


def classification(*probabilities, targets=(0, 1)):
    return Classification(np.log([[1 - p, p] for p in probabilities]), np.array(targets), CLASSES)


def tagging(*logits):
    return Tagging(np.array(logits), np.array([[1, 0], [1, 1]]), CLASSES)


def test_probabilities_are_averaged_and_not_logits():
    found = average([classification(0.1, 0.4), classification(0.9, 0.8), classification(0.2, 0.3)])
    np.testing.assert_allclose(found.probabilities[:, 1], [0.4, 0.5])
    assert found.targets.tolist() == [0, 1]


def test_each_tag_has_an_average_of_its_own():
    results = tagging([2.0, -1.0], [0.0, 5.0]), tagging([-3.0, -1.0], [40.0, 800.0])
    found = average(results)
    np.testing.assert_allclose(found.probabilities, np.mean([each.probabilities for each in results], axis=0))
    assert np.isfinite(found.logits).all()
    assert found.classes == CLASSES


def test_certain_and_wrong_is_finite():
    certain = Classification(np.array([[0.0, 5000.0]]), np.array([0]), CLASSES)
    assert np.isfinite(average([certain, certain]).losses).all()


@pytest.mark.parametrize("others", [[], [classification(0.1, 0.4), classification(0.1, 0.4, targets=(1, 1))]])
def test_results_on_other_samples_are_refused(others):
    with pytest.raises(ValueError, match="the same samples, in the same order"):
        average(others)
