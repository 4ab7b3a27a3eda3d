"""Evaluation of a regression model: error scores and the samples with the largest errors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from kerasdl.interpret.finite import not_finite
from kerasdl.interpret.showing import counted, html, short, summary
from kerasdl.outputs import only_output

if TYPE_CHECKING:
    from kerasdl.plots import Figure

MOST_TARGETS_IN_HTML = 4


@dataclass(frozen=True, repr=False)
class Regression:
    """Predictions of a regression model with the true values, in the user's units.

    Attributes:
        predictions: float (samples, targets).
        targets: float (samples, targets).
        names: Name of each target.

    Raises:
        ValueError: Shapes do not match.

    Example:
        >>> found = Regression.of(model, houses.valid, houses.target, houses.scale.undo)
        >>> found.rmse, found.r2        # (48503.1, 0.82)
    """

    predictions: np.ndarray
    targets: np.ndarray
    names: Sequence[str]

    def __post_init__(self) -> None:
        if not self.predictions.shape == self.targets.shape == (len(self.targets), len(self.names)):
            raise ValueError(
                "Predictions and targets must have shape (samples, targets). "
                f"Received: {self.predictions.shape} and {self.targets.shape} for {len(self.names)} names"
            )

    @classmethod
    def of(
        cls, model: keras.Model, dataset: Any, names: Sequence[str], undo: Callable[[np.ndarray], np.ndarray]
    ) -> "Regression":
        """Predict a dataset.

        Args:
            model: Returns (batch, targets).
            dataset: Batches of (inputs, targets).
            names: Name of each target.
            undo: Converts scaled predictions and targets to the user's units.

        Raises:
            ValueError: Several outputs.

        Example:
            >>> Regression.of(model, houses.valid, houses.target, houses.scale.undo).rmse
        """
        pairs = [
            (only_output(model, model.predict_on_batch(inputs)), np.asarray(targets)) for inputs, targets, *_ in dataset
        ]
        predictions, targets = (undo(np.concatenate(parts)) for parts in zip(*pairs, strict=True))
        return cls(predictions, targets, names)

    def __repr__(self) -> str:
        return summary(self, counted(len(self.targets), "sample"), counted(len(self.names), "target"))

    def _repr_html_(self) -> str:
        from kerasdl import plots

        few = slice(MOST_TARGETS_IN_HTML)
        return html(self, lambda: plots.residuals(self.predictions[:, few], self.targets[:, few], self.names[few]))

    @property
    def finite(self) -> "Regression":
        """The samples whose predictions and targets are finite."""
        kept = np.isfinite(self.predictions).all(axis=1) & np.isfinite(self.targets).all(axis=1)
        return Regression(self.predictions[kept], self.targets[kept], self.names)

    @property
    def residuals(self) -> np.ndarray:
        """Predictions minus targets (samples, targets)."""
        return self.predictions - self.targets

    @property
    def rmse(self) -> float:
        """Root mean squared error over all targets."""
        return float(np.sqrt((self.residuals**2).mean()))

    @property
    def mae(self) -> float:
        """Mean absolute error over all targets."""
        return float(np.abs(self.residuals).mean())

    @property
    def r2(self) -> float:
        """Coefficient of determination, averaged over the targets; NaN if a target is constant."""
        variances = self.targets.var(axis=0)
        unexplained = (self.residuals**2).mean(axis=0)
        return float(
            np.mean(1 - np.divide(unexplained, variances, out=np.full_like(variances, np.nan), where=variances > 0))
        )

    @property
    def warning(self) -> str:
        """A sentence if the model is worse than always predicting the mean of a target; otherwise empty."""
        if missing := not_finite(self):
            return missing
        errors, guesses = np.sqrt((self.residuals**2).mean(axis=0)), self.targets.std(axis=0)
        worse = [
            f"RMSE {error:.4g} instead of {guess:.4g} for {name}"
            for error, guess, name in zip(errors, guesses, self.names, strict=True)
            if error > guess
        ]
        return f"The model is worse than always predicting the mean: {', '.join(worse)}." if worse else ""

    @property
    def scores(self) -> dict[str, float]:
        """RMSE, MAE and R2 by name; with several targets also the RMSE of each."""
        each = np.sqrt((self.residuals**2).mean(axis=0))
        several = (
            {f"rmse_{name}": float(value) for name, value in zip(self.names, each, strict=True)}
            if len(each) > 1
            else {}
        )
        return {"rmse": self.rmse, "mae": self.mae, "r2": self.r2, **several}

    def worst(self, count: int = 9) -> np.ndarray:
        """Indices of the samples with the highest squared error summed over targets, highest first."""
        return np.argsort(-(self.residuals**2).sum(axis=1), kind="stable")[:count]

    def caption(self, index: int) -> str:
        """Title for a sample: "price: predicted 250,300, actual 240,000"."""
        # What float32 makes of 0 is 0.
        least = 1e-6 * np.abs(self.targets).max(axis=0)
        shown = [np.where(np.abs(each[index]) < least, 0, each[index]) for each in (self.predictions, self.targets)]
        each = zip(self.names, *shown, strict=True)
        return "; ".join(f"{name}: predicted {short(guess)}, actual {short(true)}" for name, guess, true in each)

    def figures(self) -> dict[str, "Figure"]:
        """Every figure of these predictions, by name; empty without a finite prediction.

        Example:
            >>> list(Regression.of(model, houses.valid, houses.target, houses.scale.undo).figures())
            ['residuals']
        """
        from kerasdl.interpret.figures import figures

        return figures(self)
