"""Thresholds: from which probability on to predict, and what that gets right and wrong."""

from dataclasses import dataclass

import numpy as np
from kerasdl.errors import BadInput


@dataclass(frozen=True, eq=False)
class Thresholds:
    """What is right at every threshold, where a sample is predicted as positive if its probability is above it.

    Attributes:
        values: 0, 0.5, 1 and halfway between any two neighbouring probabilities, ascending (thresholds,).
        true_positives: Number of positive samples that are predicted as such (thresholds,).
        false_positives: Number of other samples that are predicted as positive (thresholds,).
        positives: Number of positive samples.
        negatives: Number of other samples.

    Example:
        >>> found = Thresholds.of(np.array([0.1, 0.4, 0.6, 0.9]), np.array([0, 1, 0, 1]))
        >>> found.best(), found.best(costs=(5, 1))
        (0.25, 0.75)
        >>> found.accuracy[found.values == 0.5]
        array([0.5])
    """

    values: np.ndarray
    true_positives: np.ndarray
    false_positives: np.ndarray
    positives: int
    negatives: int

    @classmethod
    def of(cls, probabilities: np.ndarray, targets: np.ndarray) -> "Thresholds":
        """Try every threshold.

        Args:
            probabilities: Of being positive (count,).
            targets: Whether a sample is positive (count,).

        Example:
            >>> Thresholds.of(np.array([0.2, 0.8]), np.array([0, 1])).values
            array([0. , 0.5, 1. ])
        """
        distinct, is_positive = np.unique(probabilities), np.asarray(targets, bool)
        values = np.union1d((distinct[1:] + distinct[:-1]) / 2, [0, 0.5, 1])
        true, false = (
            len(each) - np.searchsorted(np.sort(each), values, side="right")
            for each in (probabilities[is_positive], probabilities[~is_positive])
        )
        return cls(values, true, false, int(is_positive.sum()), int((~is_positive).sum()))

    @property
    def precision(self) -> np.ndarray:
        """Fraction right of what is predicted as positive (thresholds,); NaN where nothing is."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> np.ndarray:
        """Fraction found of the positive samples (thresholds,); NaN if there are none."""
        return _ratio(self.true_positives, np.full(len(self.values), self.positives))

    @property
    def f1(self) -> np.ndarray:
        """Harmonic mean of precision and recall (thresholds,); 0 where no positive sample is found."""
        predicted = self.true_positives + self.false_positives
        return np.nan_to_num(_ratio(2 * self.true_positives, predicted + self.positives))

    @property
    def accuracy(self) -> np.ndarray:
        """Fraction of the samples that are predicted as they are (thresholds,)."""
        right = self.true_positives + self.negatives - self.false_positives
        return _ratio(right, np.full(len(self.values), self.positives + self.negatives))

    def best(self, costs: tuple[float, float] | None = None) -> float:
        """The threshold with the highest F1, or with the lowest costs; of several the one nearest to 0.5.

        Args:
            costs: Of a false positive and of a false negative, in any unit.

        Raises:
            BadInput: Costs that are not two numbers from 0 on, one of them above.

        Example:
            >>> Thresholds.of(np.array([0.2, 0.8]), np.array([0, 1])).best()
            0.5
        """
        if costs is None:
            gains = self.f1
        elif len(costs) == 2 and min(costs) >= 0 and 0 < sum(costs) < float("inf"):
            gains = -(costs[0] * self.false_positives + costs[1] * (self.positives - self.true_positives))
        else:
            raise BadInput(
                "Give the cost of a false positive and that of a false negative, from 0 on, not both 0. "
                f"Received: costs={costs}"
            )
        best = self.values[gains == gains.max()]
        return float(best[np.abs(best - 0.5).argmin()])


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return part / np.where(whole, whole, np.nan)
