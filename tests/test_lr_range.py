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


FASTAI = {rule: rule for rule in ("valley", "slide", "minimum", "steep")} | {"min_grad_lr": "min_grad_lr_v1"}


@pytest.mark.parametrize("rule", FASTAI)
@pytest.mark.parametrize("case", CURVES, ids=lambda case: case["kind"])
def test_rules_equal_fastai(case, rule):
    rates, losses = (np.array(case[name][10:95]) for name in ("lrs", "losses"))
    assert lr_range.RULES[rule](rates, losses) == pytest.approx(case[FASTAI[rule]], rel=1e-6)
    if case["kind"] != "flat":
        assert result(case).suggestion(rule) == pytest.approx(case[FASTAI[rule]], rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("classic", 5e-3, 1e-1), ("late", 5e-2, 1.5), ("noisy", 2e-3, 1e-1), ("falling", 1e-2, 10)],
)
def test_descent_is_in_the_expected_range(kind, low, high):
    found = result(next(case for case in CURVES if case["kind"] == kind))
    assert low <= found.suggestion() <= high
    assert found.suggestions["descent"] == found.suggestion("descent") == found.suggestion()
    assert set(found.suggestions) == set(lr_range.RULES)


def test_a_flat_curve_has_no_suggestion_and_says_why():
    case = next(case for case in CURVES if case["kind"] == "flat")
    assert lr_range.descent(np.array(case["lrs"][10:95]), np.array(case["losses"][10:95])) is None
    found = result(case)
    assert found.suggestions == {}
    for rule in lr_range.RULES:
        with pytest.raises(
            BadInput, match=r"does not fall, so no learning rate can be suggested.*Received: mean loss 0\.69"
        ):
            found.suggestion(rule)
    assert (
        found.plot().axes[0].get_title()
        == "No suggestion: The loss does not fall, so no learning rate can be suggested"
    )


RATES = np.logspace(-7, 1, 100)
NOISE = {
    "normal": lambda random: random.normal(0.7, 0.05, 100),
    "around zero": lambda random: random.normal(0, 1, 100),
    # Squared errors of heavy-tailed targets, in dollars.
    "heavy tail": lambda random: 1e10 * np.exp(random.normal(0, 0.4, 100)),
    "very heavy tail": lambda random: 1e10 * np.exp(random.normal(0, 1, 100)),
}


def share_with_a_suggestion(curves):
    return np.mean([not lr_range.LRRange(RATES, each, lr_range.smooth(each), "").why_none for each in curves])


@pytest.mark.parametrize("noise", NOISE)
def test_pure_noise_has_a_suggestion_in_less_than_one_percent_of_tests(noise):
    random = np.random.default_rng(0)
    assert share_with_a_suggestion(NOISE[noise](random) for _ in range(1000)) < 0.01


def test_a_loss_with_a_heavy_tail_that_halves_has_a_suggestion():
    falls = np.concatenate([np.ones(60), np.linspace(1, 0.5, 20), np.full(8, 0.5), np.linspace(0.5, 3, 12)])
    random = np.random.default_rng(0)
    curves = [falls * NOISE["heavy tail"](random) for _ in range(200)]
    # Two of three if the errors are compared on a linear scale.
    assert share_with_a_suggestion(curves) > 0.9
    found = [lr_range.LRRange(RATES, each, lr_range.smooth(each), "") for each in curves]
    rates = [each.suggestion() for each in found if not each.why_none]
    # A seventh of the rates at which the loss falls: those of steps 60 to 88.
    assert RATES[55] / 7 < min(rates)
    assert max(rates) < RATES[95] / 7


def test_a_few_high_losses_do_not_move_the_suggestion():
    losses = np.concatenate([np.ones(60), np.linspace(1, 0.3, 20), np.full(20, 0.3)])
    plain = lr_range.LRRange(RATES, losses, lr_range.smooth(losses), "").suggestion()
    losses[[15, 25, 40, 62]] = 40
    disturbed = lr_range.LRRange(RATES, losses, lr_range.smooth(losses), "").suggestion()
    assert 1 / 6 < disturbed / plain < 3


def test_descent_by_hand():
    rates, losses = np.logspace(-4, 0, 9), np.array([2.0, 2, 2, 1.8, 1.5, 1.15, 1, 1.2, 9])
    # 90 % of the fall from 2 to 1 is at 1.1: the last point above is the sixth.
    assert lr_range.descent(rates, losses) == pytest.approx(rates[5] / 7)


def test_suggestions_use_the_validation_losses():
    rates, falling, rising = np.logspace(-7, 1, 100), np.linspace(2, 1, 100), np.linspace(1, 2, 100)
    assert lr_range.LRRange(rates, rising, falling, "", valid_losses=falling).suggestions
    assert not lr_range.LRRange(rates, falling, rising, "", valid_losses=rising).suggestions


def test_a_plot_marks_rules_and_given_learning_rates():
    case = CURVES[0]
    lines = result(case).plot({"mine": 3e-3}, rules=["descent", "valley"]).axes[0].get_lines()
    marked = {line.get_label().split(":")[0]: line.get_xdata()[0] for line in lines[2:]}
    assert marked == pytest.approx({"descent": result(case).suggestion(), "valley": case["valley"], "mine": 3e-3})


def test_the_ramp_equals_fastai():
    rates = lr_range.ramp(np.arange(RAMP["num_it"]), RAMP["num_it"], RAMP["start"], RAMP["end"])
    np.testing.assert_allclose(rates, RAMP["values"], rtol=1e-7)


def test_a_linear_ramp_by_hand():
    assert lr_range.ramp(np.array([0, 5, 10]), 10, 0.1, 1.1, shape="linear").tolist() == pytest.approx([0.1, 0.6, 1.1])
    with pytest.raises(ValueError, match="Received: shape='cubic'"):
        lr_range.ramp(0, 10, 0.1, 1.1, shape="cubic")


def test_smoothing_by_hand():
    # 1 and 3 with the weights 1/3 and 2/3 of a bias-corrected average
    assert lr_range.smooth([1.0, 3.0], beta=0.5).tolist() == pytest.approx([1.0, 7 / 3])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_smoothed_losses_stay_between_minimum_and_maximum(losses):
    smoothed = lr_range.smooth(losses)
    assert (smoothed >= min(losses) - 1e-6).all()
    assert (smoothed <= max(losses) * (1 + 1e-9) + 1e-6).all()


def test_divergence():
    assert not lr_range.diverged([1.0, 0.5, 1.9])
    assert lr_range.diverged([1.0, 0.5, 2.1])
    assert lr_range.diverged([1.0, float("nan")])
    assert lr_range.diverged([float("inf")])
    # Losses below zero: 4 - 1 times their size above the lowest.
    assert not lr_range.diverged([-0.5, -0.9, -0.6])
    assert not lr_range.diverged([-1.0, -3.0, 5.9])
    assert lr_range.diverged([-1.0, -3.0, 6.1])


def test_a_loss_that_never_falls_has_no_suggestion():
    rates = np.logspace(-7, 1, 100)
    rising = np.linspace(1, 2, 100)
    with pytest.raises(BadInput, match=r"does not fall.*Received: mean loss 1\.056"):
        lr_range.LRRange(rates, rising, rising, "").suggestion()


def test_a_test_with_too_few_steps_has_no_suggestion():
    rates, losses = np.logspace(-3, 1, 20), np.linspace(1, 0, 20)
    with pytest.raises(BadInput, match="too short for a suggestion: The loss diverged at step 20"):
        lr_range.LRRange(rates, losses, losses, "The loss diverged at step 20.").suggestion()


def test_points_that_are_not_finite_are_ignored():
    rates = np.logspace(-7, 1, 100)
    losses = np.concatenate([np.linspace(2, 1, 60), [np.nan] * 40])
    assert lr_range.LRRange(rates, losses, losses, "").suggestion("minimum") == pytest.approx(rates[59] / 10)


def test_an_unknown_rule_raises():
    with pytest.raises(ValueError, match="Received: rule='best'"):
        result(CURVES[0]).suggestion("best")


def test_it_prints_as_one_line_and_a_notebook_shows_the_plot():
    found = result(CURVES[0])
    assert repr(found) == f"LRRange(100 learning rates, 1e-07 to 8.3: descent {found.suggestion():.2g})"
    assert repr(lr_range.LRRange(RATES, RATES, RATES, "")).endswith("1e-07 to 10: no suggestion)")
    assert found._repr_png_().startswith(b"\x89PNG")


def test_a_test_without_a_step_prints():
    nothing = np.array([])
    assert "0 learning rates" in repr(lr_range.LRRange(nothing, nothing, nothing, "The data ended."))


def test_the_loss_rises_where_four_steps_are_above_the_beginning():
    losses = np.full(60, 1.0)
    losses[50:] = [1.4, 1.4, 1.4, 1.4, 2, 2, 2, 2, 2, 2]  # the first four with a mean above 1.5: 1.4, 1.4, 2, 2
    assert lr_range.LRRange(RATES[:60], losses, losses, "").rise == RATES[51]
    assert lr_range.LRRange(RATES[:60], losses[::-1], losses, "").rise == float("inf")
    losses[30] = 9  # one batch
    assert lr_range.LRRange(RATES[:60], losses, losses, "").rise == RATES[27]


def test_noise_does_not_rise():
    random = np.random.default_rng(0)
    curves = (np.exp(random.normal(-3, 0.4, 40)) for _ in range(500))
    rises = [np.isfinite(lr_range.LRRange(RATES[:40], each, each, "").rise) for each in curves]
    assert np.mean(rises) < 0.05


def test_a_loss_that_is_not_a_number_has_risen():
    losses = np.concatenate([np.ones(30), [np.nan] * 10])
    assert lr_range.LRRange(RATES[:40], losses, losses, "").rise == RATES[27]
    assert lr_range.LRRange(RATES[:3], losses[:3], losses[:3], "").rise == float("inf")
