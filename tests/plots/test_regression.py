import re

import numpy as np
import pytest
from kerasdl import plots


def test_residuals_of_every_target(drawn):
    predictions, targets = np.array([[1.0, 5.0], [2.0, 7.0]]), np.array([[1.5, 5.0], [2.0, 9.0]])
    axes = drawn(plots.residuals(predictions, targets, ["price in $", "rent"]))
    expected = ["true price in $", "predicted - true", "true rent", "predicted - true"]
    assert [ax.get_xlabel() for ax in axes] == expected
    assert axes[2].collections[0].get_offsets().tolist() == [[5, 5], [9, 7]]
    assert list(axes[2].lines[0].get_xdata()) == pytest.approx([5 - 0.2, 9 + 0.2])  # a margin of a twentieth


def test_the_axes_end_before_a_few_values_that_are_far_away():
    true = np.linspace(-1, 1, 101)[:, None]  # its middle half is 1 wide
    predicted = true.copy()
    predicted[:2, 0] = 1e9, 3
    left, right = plots.residuals(predicted, true, ["price"]).axes
    assert left.get_title() == "Predicted over true\n1 of 101 beyond the axes"
    low, high = left.get_xlim()
    assert (low, high) == pytest.approx((-1 - 0.05 * 11.5, 10.5 + 0.05 * 11.5), abs=0.1)
    assert right.get_title() == "Residuals"  # the others are all 0: there is no middle to stay near
    predicted += np.random.default_rng(0).normal(0, 0.1, predicted.shape)
    right = plots.residuals(predicted, true, ["price"]).axes[1]
    assert right.get_title() == "Residuals\n2 of 101 beyond the axes"
    assert max(bar.get_x() for bar in right.patches) < 3


def test_huge_and_tiny_numbers_have_a_unit_in_the_label():
    true = np.array([[-1.0], [2.0], [5.0]])
    left, right = plots.residuals(2e9 * true, 2e9 * true + 4e-6, ["price"]).axes
    assert (left.get_xlabel(), left.get_ylabel()) == ("true price (in 1e9)", "predicted (in 1e9)")
    assert left.collections[0].get_offsets()[0].tolist() == pytest.approx([-2, -2])
    tiny = np.append(np.linspace(-1e-300, 1e-300, 99), [1e99])[:, None]
    assert plots.residuals(tiny, tiny, ["price"]).axes[0].get_xlabel() == "true price (in 1e-99)"
    left, right = plots.residuals(2e-9 * true, 3e-9 * true, ["price"]).axes
    assert right.get_xlabel() == "predicted - true (in 1e-9)"


def test_positive_values_of_many_sizes_have_logarithmic_axes():
    true = np.logspace(0, 4, 9)[:, None]
    left, _ = plots.residuals(true * 1.1, true, ["price"]).axes
    assert (left.get_xscale(), left.get_yscale()) == ("log", "log")
    assert left.get_xlim() == pytest.approx((1 / 1.2, 1.1e4 * 1.2))
    assert plots.residuals(true, true - 1, ["price"]).axes[0].get_xscale() == "linear"


def test_what_is_not_finite_is_left_out():
    predicted, true = np.array([[1.0], [np.nan], [np.inf], [2.0]]), np.array([[1.0], [1.0], [1.0], [np.nan]])
    left, right = plots.residuals(predicted, true, ["price"]).axes
    assert left.collections[0].get_offsets().tolist() == [[1, 1]]
    assert sum(bar.get_height() for bar in right.patches) == 1
    assert left.get_title() == "Predicted over true\n3 of 4 beyond the axes"
    plots.residuals(true[3:], true[3:], ["price"]).canvas.draw()  # nothing is left


def test_any_numbers_are_drawn_or_counted():
    special = [0.0, 1e17, 0.1, 0.1 + 1e-17, 1e-300, 5e-324, -1e300, 1e308, -1e308, 1e99, 41.0, np.nan]
    random = np.random.default_rng(0)
    for _ in range(12):
        predicted, true = random.choice(special, (2, 6, 1))
        right = plots.residuals(predicted, true, ["price"]).axes[1]
        beyond = re.search(r"(\d+) of 6 beyond", right.get_title())
        assert sum(bar.get_height() for bar in right.patches) + int(beyond[1] if beyond else 0) == 6
