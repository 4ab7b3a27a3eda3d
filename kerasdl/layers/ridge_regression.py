"""Forecasts by ridge regression on the window, in closed form."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

# Of the penalty, relative to the mean variance of an input.
STRENGTHS = (*(10.0**power for power in range(-6, 4)), np.inf)
# Blocks of a cross-validation.
FOLDS = 10
Batches = Iterable[tuple[Any, Any]]


def ridge_regression(data: Batches, early: Batches, later: Batches, *, season: int | None = None) -> tuple:
    """Forecasts linear in the window, by ridge regression (Hoerl and Kennard, doi:10.1080/00401706.1970.10488634).

    The penalty draws the coefficients towards a naive forecast: the mean; the last value with its mean change; or the
    last season with its. Towards the last two, the inputs are the window minus its last values, so that the forecast of
    a growing series stays in its range. Which of them, and how strong the penalty, is chosen: candidates are fitted on
    `early` and compared on `later`, and the best is fitted on `data`. The strongest penalty leaves the naive forecast.

    Args:
        data: Batches of standardized windows (batch, lookback, channels) and futures (batch, horizon, outputs); the
            outputs are the first channels.
        early: Batches of the earlier windows of `data`.
        later: Batches of its later windows.
        season: Length of a season in steps; longer ones than the lookback, and None, leave the season out.

    Returns:
        The kernel (lookback, channels, horizon, outputs) and the bias (horizon, outputs), float64.

    Raises:
        ValueError: There is no batch, or a value is not finite.

    Example:
        >>> windows = np.arange(20.0)[:, None, None] + np.arange(3)[:, None]
        >>> batches = [(windows, windows[:, -1:] + 1)]
        >>> kernel, bias = kerasdl.layers.ridge_regression(batches, batches, batches)
        >>> (np.array([[7.0], [8.0], [9.0]]).ravel() @ kernel.ravel() + bias.ravel()).round(4).tolist()
        [10.0]
    """
    whole, first, last = map(_Sums.of, (data, early, later))
    kernel = _fit(whole, _chosen(first, last, season))
    return kernel[:-1].reshape(whole.shape), kernel[-1].reshape(whole.shape[2:])


def cross_validated_ridge(data: Batches, early: Batches, later: Batches, *, season: int | None = None) -> np.ndarray:
    """Forecasts of windows by ridge regressions that know nothing of them, to learn how large the errors are.

    The windows, in order, are cut into ten blocks; each is forecast by a regression on all windows but those whose
    futures overlap with the block (while half of the windows remain). That later windows help to forecast earlier ones
    does no harm if the errors of the regression are not correlated (Bergmeir, Hyndman and Koo,
    doi:10.1016/j.csda.2017.11.003). Reference and strength are those of `ridge_regression`.

    Args:
        data: As for `ridge_regression`, in order.
        early: As for `ridge_regression`.
        later: As for `ridge_regression`.
        season: As for `ridge_regression`.

    Returns:
        Forecasts (windows, horizon, outputs), float64; of a single window, zeros.

    Raises:
        ValueError: As for `ridge_regression`.

    Example:
        >>> windows = np.arange(20.0)[:, None, None] + np.arange(3)[:, None]
        >>> batches = [(windows, windows[:, -1:] + 1)]
        >>> kerasdl.layers.cross_validated_ridge(batches, batches, batches)[7].round(3).tolist()
        [[10.0]]
    """
    whole, first, last = map(_Sums.of, (data, early, later))
    chosen = _chosen(first, last, season)
    windows, futures = (np.concatenate([np.asarray(each) for each in parts]) for parts in zip(*data, strict=True))
    forecasts, count = np.zeros(futures.shape), len(windows)
    gap = min(futures.shape[1] - 1, count // 4)
    for block in np.array_split(np.arange(count), min(FOLDS, count)) if count > 1 else []:
        near = slice(max(0, block[0] - gap), block[-1] + 1 + gap)
        kernel = _fit(whole.without(_Sums.of([(windows[near], futures[near])])), chosen)
        forecasts[block] = (_flat(windows[block]) @ kernel).reshape(-1, *futures.shape[1:])
    return forecasts


@dataclass(frozen=True)
class _Sums:
    """Sums over all windows, a 1 at the end of each: all that a regression needs, however many windows there are.

    Attributes:
        shape: (lookback, channels, horizon, outputs).
        inputs: Products of inputs (inputs + 1, inputs + 1).
        products: Products of inputs and targets (inputs + 1, targets).
        squares: Sum of the squared targets.
    """

    shape: tuple[int, ...]
    inputs: np.ndarray
    products: np.ndarray
    squares: float

    @classmethod
    def of(cls, batches: Batches) -> "_Sums":
        sums: list[Any] = [0.0, 0.0, 0.0]
        shape: tuple[int, ...] = ()
        for batch in batches:
            windows, futures = (np.asarray(each, np.float64) for each in batch)
            shape = (*windows.shape[1:], *futures.shape[1:])
            flat = _flat(windows)
            targets = futures.reshape(len(futures), -1)
            sums = [a + b for a, b in zip(sums, (flat.T @ flat, flat.T @ targets, (targets**2).sum()), strict=True)]
        if not shape or not all(np.isfinite(each).all() for each in sums):
            raise ValueError(f"A regression needs windows of finite numbers. Received: batches of {shape}")
        return cls(shape, *sums)

    def without(self, some: "_Sums") -> "_Sums":
        """The sums over the other windows."""
        return _Sums(self.shape, self.inputs - some.inputs, self.products - some.products, self.squares - some.squares)

    def error(self, kernel: np.ndarray) -> float:
        """The sum of the squared errors of a linear forecast."""
        return float(self.squares - 2 * (kernel * self.products).sum() + (kernel * (self.inputs @ kernel)).sum())


def _flat(windows: np.ndarray) -> np.ndarray:
    """The inputs of the regression: the values of each window, and a 1."""
    return np.pad(windows.reshape(len(windows), -1), ((0, 0), (0, 1)), constant_values=1)


def _chosen(early: _Sums, later: _Sums, season: int | None) -> tuple[int, float]:
    """The reference and the strength of the penalty that, fitted on earlier windows, are best on later ones."""
    references = [0, 1, *([season] if season and 1 < season <= early.shape[0] else [])]
    errors = {
        (reference, strength): later.error(kernel)
        for reference in references
        for strength, kernel in _fits(early, reference, STRENGTHS)
    }
    return min(errors, key=lambda each: errors[each])


def _fit(sums: _Sums, chosen: tuple[int, float]) -> np.ndarray:
    reference, strength = chosen
    ((_, kernel),) = _fits(sums, reference, [strength])
    return kernel


def _fits(sums: _Sums, season: int, strengths: Iterable[float]) -> Iterator[tuple[float, np.ndarray]]:
    """The kernel for each strength, drawn towards the mean (0), the last value (1) or the last season."""
    differences, naive = _reference(sums.shape, season)
    inputs = differences.T @ sums.inputs @ differences
    products = differences.T @ (sums.products - sums.inputs @ naive)
    count, means, target_means = inputs[-1, -1], inputs[-1, :-1] / inputs[-1, -1], products[-1] / inputs[-1, -1]
    # The intercept is not penalized.
    variances, directions = np.linalg.eigh(inputs[:-1, :-1] - count * np.outer(means, means))
    along = directions.T @ (products[:-1] - count * np.outer(means, target_means))
    scale = max(variances.mean(), np.finfo(float).tiny)
    for strength in strengths:
        slopes = directions @ (along / (np.maximum(variances, 0) + strength * scale)[:, None])
        yield strength, naive + differences @ np.vstack([slopes, target_means - means @ slopes])


def _reference(shape: tuple[int, ...], season: int) -> tuple[np.ndarray, np.ndarray]:
    """What maps inputs to those of the regression, and to the naive forecast; of season 0, inputs and zeros."""
    lookback, channels, horizon, outputs = shape
    size = lookback * channels
    differences, naive = np.eye(size + 1), np.zeros((size + 1, horizon, outputs))
    for output in range(outputs if season else 0):
        differences[size - channels + output, output:size:channels] -= 1
        rows = lookback - season + np.arange(horizon) % season
        naive[rows * channels + output, np.arange(horizon), output] = 1
    return differences, naive.reshape(size + 1, -1)
