import numpy as np
import pytest
from kerasdl import interpret, runs


def classified(sharpness, count=400):
    """Two classes, whose probability is right at a sharpness of 1."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, count)
    targets = (random.random(count) < 1 / (1 + np.exp(-logits))).astype(int)
    return interpret.Classification(np.stack([0 * logits, sharpness * logits], axis=1), targets, ["no", "yes"])


def test_a_temperature_helps_a_classifier_that_is_too_sure():
    sure, right = classified(4.0), classified(1.0)
    found = runs.confidence(sure)
    assert found["temperature"] == pytest.approx(4, abs=0.8)
    assert found["calibration_error"] == sure.calibration.error > runs.confidence(right)["calibration_error"]
    assert found["recalibrated_loss"] < sure.loss - 0.1
    assert runs.confidence(right)["recalibrated_loss"] == pytest.approx(right.loss, abs=0.01)


def test_of_classes_without_an_error_there_is_no_temperature():
    logits = np.eye(2)[[0, 1, 0, 1, 1]]
    found = interpret.Classification(logits, logits.argmax(axis=1), ["no", "yes"])
    assert list(runs.confidence(found)) == ["calibration_error"]


def test_of_numbers_it_is_the_coverage_of_their_quantiles():
    targets = np.arange(10.0)[:, None]
    assert runs.confidence(interpret.Regression(targets, targets, ["price"])) == {}
    quantiles = {0.1: 0 * targets, 0.5: targets, 0.9: 0 * targets + 6}
    found = interpret.Regression(targets, targets, ["price"], quantiles)
    assert runs.confidence(found) == {"coverage_80": 0.7}
