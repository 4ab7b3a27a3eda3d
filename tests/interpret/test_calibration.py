import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.errors import BadInput
from kerasdl.interpret import Calibration, Classification, Tagging
from scipy.special import expit
from sklearn.calibration import calibration_curve


@settings(max_examples=10)
@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 1000))
def test_the_curve_equals_that_of_scikit_learn(count, bins, seed):
    random = np.random.default_rng(seed)
    # Rounded, so that some lie on the ends of bins.
    probabilities, came_true = random.uniform(size=count).round(1), random.integers(0, 2, count)
    found = Calibration.of(probabilities, came_true, bins=bins)
    shares, confidences = calibration_curve(came_true, probabilities, n_bins=bins)
    filled = found.counts > 0
    assert found.shares[filled] == pytest.approx(shares)
    assert found.confidences[filled] == pytest.approx(confidences)
    assert np.isnan(found.shares[~filled]).all()
    assert found.counts.sum() == count


def test_the_expected_calibration_error_by_hand():
    found = Calibration.of(np.array([0.8, 0.8, 0.8, 0.8, 0.3, 0.5]), np.array([1, 1, 1, 0, 0, 1]), bins=2)
    assert found.counts.tolist() == [2, 4]
    assert found.error == pytest.approx((2 * abs(0.5 - 0.4) + 4 * abs(0.75 - 0.8)) / 6)
    assert np.isnan(Calibration.of(np.zeros(0), np.zeros(0, bool)).error)


def test_the_predictions_of_a_classifier_are_its_most_probable_classes():
    logits = np.log([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1]])
    found = Classification(logits, np.array([0, 0]), "abc").calibration
    assert len(found.counts) == 15
    assert found.confidences[found.counts > 0] == pytest.approx([0.6, 0.7])
    assert found.shares[found.counts > 0].tolist() == [0, 1]


def test_every_single_tag_is_a_prediction():
    found = Tagging(np.log([[0.9 / 0.1, 0.1 / 0.9]]), np.array([[0, 1]]), "ab").calibration
    assert found.counts.sum() == 2
    assert found.error == pytest.approx(0.9)


def overconfident(factor):
    """Logits that are too large by a factor: of each 100 samples with a logit of 2, as many are right as is likely."""
    steps = np.linspace(-3, 3, 61)
    right = (expit(steps) * 100).round().astype(int)
    targets = np.concatenate([np.arange(100) < count for count in right]).astype(int)
    return factor * np.repeat(steps, 100), targets


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_the_temperature_is_what_the_logits_are_too_large_by(factor):
    logits, targets = overconfident(factor)
    found = Classification(np.stack([np.zeros_like(logits), logits], axis=1), targets, ["no", "yes"])
    tags = Tagging(logits[:, None], targets[:, None], ["yes"])
    assert found.temperature == pytest.approx(factor, rel=0.01)
    assert tags.temperature == pytest.approx(factor, rel=0.01)
    again = found.recalibrated(found.temperature)
    assert again.temperature == pytest.approx(1, abs=1e-3)
    assert again.accuracy == found.accuracy
    assert again.calibration.error < 0.005 < found.calibration.error


def test_no_temperature_near_it_has_a_lower_loss():
    random = np.random.default_rng(0)
    targets = random.integers(0, 5, 200)
    found = Classification(random.normal(0, 3, (200, 5)) + 3 * np.eye(5)[targets], targets, "abcde")
    best, least = found.temperature, found.recalibrated(found.temperature).loss
    assert all(found.recalibrated(best * factor).loss > least for factor in (0.9, 0.99, 1.01, 1.1))


def test_temperatures_that_samples_cannot_tell():
    right = Classification(np.eye(2) * 3, np.array([0, 1]), "ab")
    assert right.temperature < 0.2
    assert Classification(np.eye(2) * 3, np.array([1, 0]), "ab").temperature == pytest.approx(100, rel=1e-3)
    assert np.isnan(Classification(np.full((1, 2), np.nan), np.array([1]), "ab").temperature)
    one_is_nan = Classification(np.array([[3.0, 0], [0, 3], [0, 2], [np.nan, 0]]), np.array([0, 1, 0, 1]), "ab")
    assert one_is_nan.temperature == pytest.approx(one_is_nan.finite.temperature)


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan"), float("inf")])
def test_a_temperature_that_is_none_is_refused(temperature):
    with pytest.raises(BadInput, match=r"must be a number above 0. Received: temperature="):
        Classification(np.eye(2), np.array([0, 1]), "ab").recalibrated(temperature)
