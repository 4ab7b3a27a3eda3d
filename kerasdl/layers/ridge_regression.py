"""Forecasts by ridge regression on the window, in closed form."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

# Of the penalty, relative to the mean variance of an input.
STRENGTHS = (*(10.0**power for power in range(-6, 4)), np.inf)
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
    seasons = [0, 1, *([season] if season and 1 < season <= whole.shape[0] else [])]
    errors = {
        (reference, strength): last.error(kernel)
        for reference in seasons
        for strength, kernel in _fits(first, reference, STRENGTHS)
    }
    reference, strength = min(errors, key=lambda each: errors[each])
    ((_, kernel),) = _fits(whole, reference, [strength])
    return kernel[:-1].reshape(whole.shape), kernel[-1].reshape(whole.shape[2:])


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
            flat = np.pad(windows.reshape(len(windows), -1), ((0, 0), (0, 1)), constant_values=1)
            targets = futures.reshape(len(futures), -1)
            sums = [a + b for a, b in zip(sums, (flat.T @ flat, flat.T @ targets, (targets**2).sum()), strict=True)]
        if not shape or not all(np.isfinite(each).all() for each in sums):
            raise ValueError(f"A regression needs windows of finite numbers. Received: batches of {shape}")
        return cls(shape, *sums)

    def error(self, kernel: np.ndarray) -> float:
        """The sum of the squared errors of a linear forecast."""
        return float(self.squares - 2 * (kernel * self.products).sum() + (kernel * (self.inputs @ kernel)).sum())


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
