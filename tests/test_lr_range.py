import json
from pathlib import Path

import numpy as np
import pytest
from kerasdl import lr_range
from hypothesis import given
from hypothesis import strategies as st
from kerasdl.errors import BadInput

GOLDEN = Path(__file__).parent / "golden"
CURVES = json.loads((GOLDEN / "lr_suggestions.json").read_text())
RAMP = json.loads((GOLDEN / "schedules.json").read_text())["lr_range"]


def result(case):
    rates, losses = np.array(case["lrs"]), np.array(case["losses"])
    return lr_range.LRRange(rates, losses, losses, "All steps were taken.")


@pytest.mark.parametrize("rule", lr_range.RULES)
@pytest.mark.parametrize("case", [case for case in CURVES if case["kind"] != "flat"], ids=lambda case: case["kind"])
def test_suggestions_equal_fastai(case, rule):
    assert result(case).suggestion(rule) == pytest.approx(case[rule], rel=1e-6)


def test_the_ramp_equals_fastai():
    rates = lr_range.ramp(np.arange(RAMP["num_it"]), RAMP["num_it"], RAMP["start"], RAMP["end"])
    np.testing.assert_allclose(rates, RAMP["values"], rtol=1e-7)


def test_smoothing_by_hand():
    # 0.5 * 1 + 0.5 * 3 with the weights 1/3 and 2/3 of a debiased average
    assert lr_range.smooth([1.0, 3.0], beta=0.5).tolist() == pytest.approx([1.0, 7 / 3])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_smoothed_losses_stay_between_the_extremes(losses):
    smoothed = lr_range.smooth(losses)
    assert (smoothed >= min(losses) - 1e-6).all()
    assert (smoothed <= max(losses) * (1 + 1e-9) + 1e-6).all()


def test_divergence():
    assert not lr_range.diverged([1.0, 0.5, 1.9])
    assert lr_range.diverged([1.0, 0.5, 2.1])
    assert lr_range.diverged([1.0, float("nan")])
    assert lr_range.diverged([float("inf")])


def test_a_loss_that_never_falls_gets_no_suggestion():
    rates = np.logspace(-7, 1, 100)
    rising = np.linspace(1, 2, 100)
    with pytest.raises(BadInput, match=r"never fell.*Received: lowest loss 1\.1"):
        lr_range.LRRange(rates, rising, rising, "").suggestion()


def test_a_short_test_says_so():
    rates, losses = np.logspace(-3, 1, 20), np.linspace(1, 0, 20)
    with pytest.raises(BadInput, match="too short to read: The loss diverged at step 20"):
        lr_range.LRRange(rates, losses, losses, "The loss diverged at step 20.").suggestion()


def test_points_that_are_not_finite_are_left_out():
    rates = np.logspace(-7, 1, 100)
    losses = np.concatenate([np.linspace(2, 1, 60), [np.nan] * 40])
    assert lr_range.LRRange(rates, losses, losses, "").suggestion("minimum") == pytest.approx(rates[59] / 10)


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match="Received: rule='best'"):
        result(CURVES[0]).suggestion("best")
