"""What a model of numbers gets right, and where it is most wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np


@dataclass(frozen=True)
class Regression:
    """Predicted numbers beside the true ones, in the user's units.

    Attributes:
        predictions: float (count, numbers).
        targets: float (count, numbers).
        names: What each number is.

    Raises:
        ValueError: Shapes that do not fit.

    Example:
        >>> found = Regression.of(model, houses.valid, houses.target, houses.scale.undo)
        >>> found.rmse, found.r2
        (48503.1, 0.82)
    """

    predictions: np.ndarray
    targets: np.ndarray
    names: Sequence[str]

    def __post_init__(self) -> None:
        if not self.predictions.shape == self.targets.shape == (len(self.targets), len(self.names)):
            raise ValueError(
                "Predictions and targets must be (samples, numbers). "
                f"Received: {self.predictions.shape} and {self.targets.shape} for {len(self.names)} names"
            )

    @classmethod
    def of(
        cls, model: keras.Model, dataset: Any, names: Sequence[str], undo: Callable[[np.ndarray], np.ndarray]
    ) -> "Regression":
        """Runs `model` over `dataset`, batches of (inputs, targets); `undo` brings both to the user's units."""
        pairs = [(model.predict_on_batch(inputs), np.asarray(targets)) for inputs, targets in dataset]
        predictions, targets = (undo(np.concatenate(parts)) for parts in zip(*pairs, strict=True))
        return cls(predictions, targets, names)

    @property
    def residuals(self) -> np.ndarray:
        """Prediction less truth (count, numbers)."""
        return self.predictions - self.targets

    @property
    def rmse(self) -> float:
        """Root of the mean squared error, over all numbers."""
        return float(np.sqrt((self.residuals**2).mean()))

    @property
    def mae(self) -> float:
        """Mean absolute error, over all numbers."""
        return float(np.abs(self.residuals).mean())

    @property
    def r2(self) -> float:
        """Share of the targets' variance that is explained, mean over the numbers; NaN where a target never varies."""
        variances = self.targets.var(axis=0)
        unexplained = (self.residuals**2).mean(axis=0)
        return float(
            np.mean(1 - np.divide(unexplained, variances, out=np.full_like(variances, np.nan), where=variances > 0))
        )

    @property
    def scores(self) -> dict[str, float]:
        """RMSE, MAE and R2 by name, and each number's RMSE where there are several."""
        each = np.sqrt((self.residuals**2).mean(axis=0))
        several = (
            {f"rmse_{name}": float(value) for name, value in zip(self.names, each, strict=True)}
            if len(each) > 1
            else {}
        )
        return {"rmse": self.rmse, "mae": self.mae, "r2": self.r2, **several}

    def worst(self, count: int = 9) -> np.ndarray:
        """Indices of the samples with the highest squared error over their numbers, worst first."""
        return np.argsort(-(self.residuals**2).sum(axis=1), kind="stable")[:count]
