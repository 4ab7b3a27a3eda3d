import kerasdl  # isort: skip
import sys

import numpy as np
import pytest
from kerasdl.layers import cross_validated_ridge, ridge_regression
from sklearn.linear_model import Ridge

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.normal(size=400)
MODULE = sys.modules["kerasdl.layers.ridge_regression"]


def cut(series, lookback=5, horizon=3, outputs=1):
    """Windows and futures of a series (rows, channels), in two batches."""
    origins = np.arange(lookback, len(series) - horizon + 1)
    windows = np.stack([series[origin - lookback : origin] for origin in origins])
    futures = np.stack([series[origin : origin + horizon, :outputs] for origin in origins])
    return [(windows[:7], futures[:7]), (windows[7:], futures[7:])]


def forecast(fitted, windows):
    kernel, bias = fitted
    return np.tensordot(windows, kernel, 2) + bias


def test_it_is_scikit_learns_ridge_at_the_strength_that_is_best_later(monkeypatch):
    monkeypatch.setattr(MODULE, "STRENGTHS", (0.1, 1000.0))
    data = cut(RANDOM.normal(size=(60, 2)))
    windows, futures = map(np.concatenate, zip(*data, strict=True))
    # Later, all is the other way round: the stronger penalty is the better one.
    found = ridge_regression(data, data, [(-each, future) for each, future in data])
    flat = windows.reshape(len(windows), -1)
    known = Ridge(1000 * flat.var(axis=0).mean() * len(flat)).fit(flat, futures[..., 0])
    assert forecast(found, windows)[..., 0] == pytest.approx(known.predict(flat), abs=1e-9)


def test_a_line_is_continued_far_beyond_its_range():
    line = 3 + 2.0 * np.arange(60)[:, None]
    data = cut(line)
    kernel, _ = found = ridge_regression(data[:1], data[:1], data[1:])
    assert forecast(found, line[None, -5:] + 1e4)[0, :, 0] == pytest.approx(1e4 + 3 + 2.0 * np.arange(60, 63), rel=1e-6)
    # A kernel whose coefficients sum to 1 repeats any level.
    assert kernel.sum(axis=(0, 1)) == pytest.approx(np.ones((3, 1)))


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (NOISE, [NOISE.mean()] * 3),
        (NOISE.cumsum(), [NOISE.sum()] * 3),
        (np.tile(NOISE[:4], 100) + NOISE.cumsum() / 20, (np.tile(NOISE[:4], 100) + NOISE.cumsum() / 20)[-4:-1]),
    ],
    ids=["mean", "last value", "last season"],
)
def test_the_strongest_penalty_leaves_the_naive_forecast(series, expected, monkeypatch):
    monkeypatch.setattr(MODULE, "STRENGTHS", (np.inf,))
    data = cut(series[:, None])
    kernel, _ = found = ridge_regression(data, data, data, season=4)
    assert forecast(found, series[None, -5:, None])[0, :, 0] == pytest.approx(expected, abs=0.5)
    assert set(kernel.ravel()) <= {0.0, 1.0}


def test_covariates_count_by_their_values():
    cause = RANDOM.normal(size=(200, 1))
    data = cut(np.hstack([np.vstack([np.zeros((1, 1)), cause[:-1]]), cause]), horizon=1)
    kernel, bias = ridge_regression(data, data, data)
    assert kernel[-1, 1, 0, 0] == pytest.approx(1, abs=1e-3)
    assert np.abs(kernel).sum() == pytest.approx(1, abs=0.02)
    assert bias == pytest.approx(0, abs=1e-3)


def test_constant_series_are_continued():
    data = cut(np.full((30, 1), 5.0))
    assert forecast(ridge_regression(data, data, data), np.full((1, 5, 1), 5.0)) == pytest.approx(5)


def test_each_block_is_forecast_by_the_windows_that_do_not_overlap_with_it(monkeypatch):
    monkeypatch.setattr(MODULE, "STRENGTHS", (0.1,))
    data = cut(RANDOM.normal(size=(67, 1)))
    windows, futures = map(np.concatenate, zip(*data, strict=True))
    found = cross_validated_ridge(data, data, data)
    assert found.shape == futures.shape
    # Sixty windows: the second block is six to eleven, and four to thirteen know values of it.
    others = np.r_[0:4, 14:60]
    known = [(windows[others], futures[others])]
    reference = MODULE._chosen(MODULE._Sums.of(data), MODULE._Sums.of(data), None)
    kernel = MODULE._fit(MODULE._Sums.of(known), reference)
    assert found[6:12, :, 0] == pytest.approx(np.pad(windows[6:12, :, 0], ((0, 0), (0, 1)), constant_values=1) @ kernel)


def test_a_cross_validation_of_few_windows():
    data = cut(RANDOM.normal(size=(20, 1)), lookback=3, horizon=6)
    assert np.isfinite(cross_validated_ridge(data, data, data)).all()
    single = [(np.ones((1, 3, 1)), np.ones((1, 2, 1)))]
    assert cross_validated_ridge(single, single, single).tolist() == [[[0], [0]]]


@pytest.mark.parametrize("batches", [[], [(np.full((2, 3, 1), np.nan), np.zeros((2, 1, 1)))]])
def test_no_batches_and_numbers_that_are_not_finite_raise(batches):
    with pytest.raises(ValueError, match="needs windows of finite numbers"):
        ridge_regression(batches, batches, batches)


assert kerasdl
