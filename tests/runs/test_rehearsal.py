import kerasdl  # isort: skip
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest
from kerasdl import models, runs
from kerasdl.data import series

WINDOWS = np.random.default_rng(0).normal(size=(30, 6, 1)).astype("float32")


@pytest.mark.parametrize(("wanted", "factor"), [(0.25, 0.25), (3.0, 1.0), (-1.0, 0.0)])
def test_the_best_factor_of_a_correction(wanted, factor):
    model = models.forecaster((6, 1), 1, units=(3,))
    head = model.get_layer("head_dense")
    naive = model(WINDOWS).numpy()
    weights = [np.random.default_rng(1).normal(size=(3, 1)), np.array([0.5])]
    head.set_weights(weights)
    correction = model(WINDOWS).numpy() - naive
    later = [(WINDOWS[:20], (naive + wanted * correction)[:20]), (WINDOWS[20:], (naive + wanted * correction)[20:])]
    assert runs.best_factor(model, later) == pytest.approx(factor, abs=1e-5)
    np.testing.assert_allclose(head.get_weights()[0], weights[0], rtol=1e-6)
    runs.multiply_correction(model, 0.5)
    np.testing.assert_allclose(model(WINDOWS), naive + 0.5 * correction, atol=1e-5)


def test_of_no_correction_nothing_is_left():
    assert runs.best_factor(models.forecaster((6, 1), 1, units=(3,)), [(WINDOWS, WINDOWS[:, :1])]) == 0


@pytest.mark.parametrize(
    ("gains", "horizon", "kept"),
    [
        # Of ten blocks: a mean of 0.5 and a standard error of 0.17; of 0.25 and 0.14, which is not 2.26 times as much.
        ([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 1, True),
        ([0.0, 0, 0, 0, 0, 0, 0, 0.5, 1, 1], 1, False),
        ([1.0] * 9, 1, False),
        ([1.0] * 39, 4, False),
        ([1.0] * 40, 4, True),
        # Errors of one half, all alike, are one case of luck.
        (np.repeat([0.0, 0, 0, 0, 0, 0, 0, 0, 1, 1], 100), 1, False),
        ([0.0] * 10, 1, False),
    ],
)
def test_a_gain_counts_if_it_is_no_luck(gains, horizon, kept):
    module = sys.modules["kerasdl.runs.rehearsal"]
    assert module._is_no_luck(np.asarray(gains), horizon=horizon) is kept


def test_a_correction_that_may_be_luck_is_dropped():
    model = models.forecaster((6, 1), 1, units=(3,))
    naive = model(WINDOWS).numpy()
    model.get_layer("head_dense").set_weights([np.zeros((3, 1)), np.ones(1)])
    correction = model(WINDOWS).numpy() - naive
    # It helps in the first three windows only.
    later = [(WINDOWS, naive + correction * (np.arange(30) < 3)[:, None, None])]
    assert runs.best_factor(model, later) == 0


def test_a_rehearsal_finds_the_epoch_that_is_best_later(tmp_path):
    numbers = np.tile([0.0, 1.0, 0.0, -1.0], 30) + 0.1 * np.random.default_rng(0).normal(size=120)
    data = series.from_frame(pd.DataFrame({"y": numbers}), target="y", lookback=6, batch_size=16)
    model = models.forecaster((6, 1), 1, units=(8,))
    model.compile(keras.optimizers.Adam(), data.loss)
    run = runs.RunFolder(tmp_path / "run")
    found = runs.rehearse(run, model, data, 0.1, 3)
    lines = (run.path / "history.csv").read_text().splitlines()
    losses = [float(dict(zip(lines[0].split(","), line.split(","), strict=True))["val_loss"]) for line in lines[1:]]
    assert found.epochs == np.argmin(losses) + 1
    assert found.factor > 0
    # Of the weights of that epoch; what is multiplied by the best factor has 1 as its best factor.
    assert np.mean((found.forecasts - found.futures) ** 2) <= min(losses) * (1 + 1e-5)
    assert runs.best_factor(model, data.rehearsal.valid) == pytest.approx(1, abs=1e-3)
    assert found.intervals([], data) is None
    layer = found.intervals([0.5, 0.9], data)
    ends = layer([found.forecasts, found.windows]).numpy()
    # Half of the later windows; rounding may put one of them on either side.
    held = ((ends[:, 0, 1] <= found.futures[:, 0]) & (found.futures[:, 0] <= ends[:, 0, 3])).mean()
    assert len(ends) * held == pytest.approx((len(ends) + 1) // 2, abs=1)
    assert (run.path / "rehearsal_curves.png").exists()


def test_without_a_correction_intervals_are_of_the_ridge_regression():
    numbers = np.random.default_rng(0).normal(size=60).cumsum()
    data = series.from_frame(pd.DataFrame({"y": numbers}), target="y", lookback=4, horizon=2)
    part = data.rehearsal
    found = runs.Rehearsal(1, 0.0, *np.zeros((3, 5, 2, 1))).intervals([0.5], data)
    ((windows, futures),) = data.in_order.rebatch(100)
    errors = futures - kerasdl.layers.cross_validated_ridge(data.in_order, part.in_order, part.valid)
    ends = found([np.zeros_like(futures), windows]).numpy()
    # Of 35 windows the eighteenth error of each step.
    assert (np.abs(errors) <= ends[:, :, 2] * (1 + 1e-5)).sum(axis=(0, 2)).tolist() == [18, 18]


@pytest.mark.parametrize(("windows", "width"), [(199, 16), (200, 32), (1999, 32), (2000, 64)])
def test_width_by_the_number_of_windows(windows, width):
    assert runs.units_for(SimpleNamespace(train_origins=range(windows))) == (width,)


def test_epochs_by_the_length_of_a_series():
    data = [SimpleNamespace(steps=steps, valid_origins=range(40), horizon=4) for steps in (1, 8, 300, 500)]
    assert [runs.epochs_for(400, each) for each in data] == [100, 50, 2, 1]
    # Nine tenths of what ten blocks need.
    assert runs.epochs_for(400, SimpleNamespace(steps=1, valid_origins=range(36), horizon=4)) == 1


assert kerasdl
