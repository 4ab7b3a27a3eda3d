import kerasdl  # isort: skip
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


def test_a_rehearsal_finds_the_epoch_that_is_best_later(tmp_path):
    numbers = np.tile([0.0, 1.0, 0.0, -1.0], 30) + 0.1 * np.random.default_rng(0).normal(size=120)
    numbers[55:80] *= -0.3
    data = series.from_frame(pd.DataFrame({"y": numbers}), target="y", lookback=6, batch_size=60)
    model = models.forecaster((6, 1), 1, units=(3,))
    model.compile(keras.optimizers.Adam(), data.loss)
    run = runs.RunFolder(tmp_path / "run")
    found = runs.rehearse(run, model, data, 0.05, 3)
    lines = (run.path / "history.csv").read_text().splitlines()
    losses = [float(dict(zip(lines[0].split(","), line.split(","), strict=True))["val_loss"]) for line in lines[1:]]
    assert found.epochs == np.argmin(losses) + 1
    # Of the weights of that epoch; what is multiplied by the best factor has 1 as its best factor, or nothing is left.
    loss = np.mean((found.forecasts - found.futures) ** 2)
    assert loss <= min(losses) * (1 + 1e-5)
    assert runs.best_factor(model, data.rehearsal.valid) == pytest.approx(float(found.factor > 0), abs=1e-3)
    assert found.intervals([]) is None
    layer = found.intervals([0.5, 0.9])
    ends = layer([found.forecasts, found.windows]).numpy()
    # Half of the later windows; rounding may put one of them on either side.
    held = ((ends[:, 0, 1] <= found.futures[:, 0]) & (found.futures[:, 0] <= ends[:, 0, 3])).mean()
    assert len(ends) * held == pytest.approx((len(ends) + 1) // 2, abs=1)
    assert (run.path / "rehearsal_curves.png").exists()


def test_epochs_by_the_length_of_a_series():
    assert [runs.epochs_for(400, SimpleNamespace(steps=steps)) for steps in (1, 8, 300, 500)] == [100, 50, 2, 1]


assert kerasdl
