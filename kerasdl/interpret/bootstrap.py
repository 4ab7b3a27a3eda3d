"""Bootstrap: how far the scores of a result would differ on other samples of the same kind."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any

import numpy as np
from kerasdl.errors import BadInput
from kerasdl.interpret.classification import Classification
from kerasdl.interpret.forecast import Forecast
from kerasdl.interpret.regression import Regression
from kerasdl.interpret.tagging import Tagging

# Of the variance of all samples.
LEAST_VARIANCE = 1e-12
# Values of each sample (samples, values), and the scores of the means of these values (values, repeats).
Means = tuple[np.ndarray, Callable[[np.ndarray], dict[str, np.ndarray]]]


def bootstrap(
    result: Classification | Tagging | Regression | Forecast, *, repeats: int = 1000, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Percentile intervals of the scores (Efron, doi:10.1214/aos/1176344552).

    The samples are drawn anew, with replacement and as many as there are; the interval holds the middle 95 % of the
    scores of such draws. It tells what the choice of samples adds to a score, and nothing of another training.

    The forecasts of neighbouring origins overlap, so that their errors are alike. Therefore blocks of consecutive
    origins are drawn, as long as the horizon at least, and at least the cube root of the number of origins; the last
    origin is followed by the first (Politis and Romano, 1992). Single origins would give intervals that are too narrow.

    Args:
        result: An evaluation.
        repeats: Number of draws.
        seed: Random seed of the draws.

    Returns:
        The lower and upper end for each of `result.scores`, by name; NaN if a score is not finite in one of the draws,
        and for a single sample, or fewer origins than two blocks: they do not tell how far others differ.

    Raises:
        BadInput: Another kind of result.

    Example:
        >>> right = np.arange(100) < 90
        >>> found = Classification(np.where(right[:, None], [1.0, 0.0], [0.0, 1.0]), np.zeros(100, int), ["cat", "dog"])
        >>> found.accuracy, bootstrap(found)["accuracy"]
        (0.9, (0.84, 0.96))
    """
    values, scores = _means(result)
    count, random = len(values), np.random.default_rng(seed)
    block = max(result.targets.shape[1], round(count ** (1 / 3))) if isinstance(result, Forecast) else 1
    if count < 2 * block:
        return dict.fromkeys(result.scores, (float("nan"), float("nan")))
    means = np.empty((repeats, values.shape[1]))
    # Of an infinite loss there is no interval.
    with np.errstate(invalid="ignore"):
        for repeat in range(repeats):
            # How often each sample is drawn takes the place of the samples themselves.
            means[repeat] = np.bincount(_drawn(random, count, block), minlength=count) @ values / count
        drawn = scores(means.T)
        return {name: _interval(drawn[name]) for name in result.scores}


def _drawn(random: np.random.Generator, count: int, block: int) -> np.ndarray:
    starts = random.integers(count, size=-(-count // block))
    return starts if block == 1 else ((starts[:, None] + np.arange(block)) % count).ravel()[:count]


def _interval(scores: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(scores, (2.5, 97.5))
    return float(low), float(high)


@singledispatch
def _means(result: Any) -> Means:
    raise BadInput(
        "Only the scores of a Classification, Tagging, Regression or Forecast have intervals. "
        f"Received: {type(result).__name__}"
    )


@_means.register
def _(result: Classification | Tagging) -> Means:
    right = result.predictions == result.targets
    right = right.mean(axis=tuple(range(1, right.ndim)))
    return np.stack([right, result.losses], axis=1), lambda means: dict(zip(("accuracy", "loss"), means, strict=True))


@_means.register
def _(result: Regression) -> Means:
    # The variance is taken from squares, which are precise if the values are around 0 and not too large.
    scale = np.maximum(result.targets.std(axis=0), np.finfo(float).tiny)
    centred = (result.targets - result.targets.mean(axis=0)) / scale
    errors, names = result.residuals, result.names
    parts = errors**2, np.abs(errors), centred, centred**2

    def scores(means: np.ndarray) -> dict[str, np.ndarray]:
        squares, sizes, centres, spreads = means.reshape(len(parts), len(names), -1)
        variances = spreads - centres**2
        # Of samples that are all alike, rounding leaves less.
        variances = np.where(variances > LEAST_VARIANCE, variances, np.nan) * scale[:, None] ** 2
        r2 = 1 - squares / variances
        each = {f"rmse_{name}": np.sqrt(square) for name, square in zip(names, squares, strict=True)}
        return {"rmse": np.sqrt(squares.mean(axis=0)), "mae": sizes.mean(axis=0), "r2": r2.mean(axis=0), **each}

    return np.hstack(parts), scores


@_means.register
def _(result: Forecast) -> Means:
    errors = [each - result.targets for each in (result.predictions, *result.baselines.values())]
    squares = [(each**2).mean(axis=(1, 2)) for each in errors]

    def scores(means: np.ndarray) -> dict[str, np.ndarray]:
        mae, square, *others = means
        rmse, baseline = np.sqrt(square), np.sqrt(np.min(others, axis=0))
        return {"rmse": rmse, "mae": mae, "ratio": rmse / np.where(baseline, baseline, np.nan)}

    return np.stack([np.abs(errors[0]).mean(axis=(1, 2)), *squares], axis=1), scores
