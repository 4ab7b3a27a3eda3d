"""Calibration: whether what is predicted with a probability of 80 % comes true in 80 % of the cases."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from kerasdl.optional import import_optional

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.01, 100.0


@dataclass(frozen=True, eq=False)
class Calibration:
    """How often predictions come true, by their probability, in bins of the same width (Guo et al., arXiv:1706.04599).

    Attributes:
        edges: Ends of the bins (bins + 1,); the upper one belongs to a bin.
        confidences: Mean probability of the predictions in each bin (bins,); NaN in an empty one.
        shares: Fraction of them that came true (bins,); NaN in an empty one.
        counts: Number of predictions in each bin (bins,).

    Example:
        >>> found = Calibration.of(np.array([0.9, 0.9, 0.9, 0.9, 0.6]), np.array([1, 1, 1, 0, 1]), bins=2)
        >>> found.confidences.round(2), found.shares, round(found.error, 2)
        (array([ nan, 0.84]), array([nan, 0.8]), 0.04)
    """

    edges: np.ndarray
    confidences: np.ndarray
    shares: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, probabilities: np.ndarray, came_true: np.ndarray, *, bins: int = 15) -> "Calibration":
        """Compare probabilities with what happened.

        Args:
            probabilities: Of each prediction (count,).
            came_true: Whether it was right (count,).
            bins: Number of bins between 0 and 1; 15 is the paper's.

        Example:
            >>> Calibration.of(np.array([0.5, 0.5]), np.array([True, False])).error
            0.0
        """
        edges = np.linspace(0, 1, bins + 1)
        places = np.searchsorted(edges[1:-1], probabilities)
        counts = np.bincount(places, minlength=bins)
        filled = np.where(counts, counts, np.nan)
        sums = (np.bincount(places, weights=each, minlength=bins) for each in (probabilities, came_true))
        confidences, shares = (each / filled for each in sums)
        return cls(edges, confidences, shares, counts)

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of share and confidence, weighted by the number of predictions."""
        if not self.counts.any():
            return float("nan")
        return float(np.nansum(self.counts * np.abs(self.shares - self.confidences)) / self.counts.sum())


def fit_temperature(loss: Callable[[float], float]) -> float:
    """The temperature from 0.01 to 100 with the lowest loss (Guo et al., arXiv:1706.04599).

    Args:
        loss: The loss at a temperature. That of a classifier falls up to one temperature and rises from there.

    Returns:
        The temperature; NaN if the loss is.

    Raises:
        ModuleNotFoundError: scipy is not installed.

    Example:
        >>> round(fit_temperature(lambda temperature: (temperature - 2) ** 2), 3)
        2.0
    """
    if np.isnan(loss(1.0)):
        return float("nan")
    minimize = import_optional("scipy.optimize").minimize_scalar
    bounds = np.log([LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE])
    found = minimize(lambda log: loss(float(np.exp(log))), bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))
