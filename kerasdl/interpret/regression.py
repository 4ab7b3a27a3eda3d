"""Evaluation of a regression model: error scores and the samples with the largest errors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
        quantiles: Predicted quantiles of the same shape, by the share of the targets that is to lie below each; then
            `predictions` are the medians.

    Raises:
        ValueError: Shapes do not match.

    Example:
        >>> found = Regression.of(model, houses.valid, houses.target, houses.scale.undo)
        >>> found.rmse, found.r2        # (48503.1, 0.82)
    """

    predictions: np.ndarray
    targets: np.ndarray
    names: Sequence[str]
    quantiles: Mapping[float, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.predictions.shape == self.targets.shape == (len(self.targets), len(self.names)):
            raise ValueError(
                "Predictions and targets must have shape (samples, targets). "
                f"Received: {self.predictions.shape} and {self.targets.shape} for {len(self.names)} names"
            )
        if shapes := {each.shape for each in self.quantiles.values()} - {self.targets.shape}:
            raise ValueError(f"Quantiles must have the shape of the targets. Received: {sorted(shapes)}")

    @classmethod
    def of(
        cls,
        model: keras.Model,
        dataset: Any,
        names: Sequence[str],
        undo: Callable[[np.ndarray], np.ndarray],
        *,
        quantiles: Sequence[float] = (),
    ) -> "Regression":
        """Predict a dataset.

        Args:
            model: Returns (batch, targets).
            dataset: Batches of (inputs, targets).
            names: Name of each target.
            undo: Converts scaled predictions and targets to the user's units.
            quantiles: Which quantiles of a single target the model returns, if it does; 0.5 must be among them.

        Raises:
            ValueError: Several outputs; quantiles without the median.

        Example:
            >>> Regression.of(model, houses.valid, houses.target, houses.scale.undo).rmse
        """
        pairs = [
            (only_output(model, model.predict_on_batch(inputs)), np.asarray(targets)) for inputs, targets, *_ in dataset
        ]
        predictions, targets = (undo(np.concatenate(parts)) for parts in zip(*pairs, strict=True))
        if not quantiles:
            return cls(predictions, targets, names)
        if 0.5 not in quantiles:
            raise ValueError(f"The median, 0.5, must be among the quantiles. Received: quantiles={quantiles}")
        columns = dict(zip(quantiles, predictions.T[:, :, None], strict=True))
        return cls(columns[0.5], targets, names, columns)

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
        quantiles = {quantile: each[kept] for quantile, each in self.quantiles.items()}
        return Regression(self.predictions[kept], self.targets[kept], self.names, quantiles)

    @property
    def coverage(self) -> dict[str, float]:
        """Share of the targets between each two opposite quantiles, and below each other one but the median.

        As in the metrics.json of a run folder: {"coverage_90": 0.891} for 0.05 and 0.95, {"below_80": 0.79} for 0.8.
        """
        shares, rest = {}, {round(each, 6): values for each, values in sorted(self.quantiles.items()) if each != 0.5}
        for low in list(rest):
            high = round(1 - low, 6)
            if low < high and high in rest:
                inside = (rest.pop(low) <= self.targets) & (self.targets <= rest.pop(high))
                shares[f"coverage_{100 * (high - low):g}"] = float(inside.mean())
        return shares | {f"below_{100 * each:g}": float((self.targets <= rest[each]).mean()) for each in rest}

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
        """A sentence if the model is worse than always predicting the mean of a target; otherwise empty.

        If it predicts quantiles: worse than always the median, whose mean absolute error is the lowest.
        """
        if missing := not_finite(self):
            return missing
        if self.quantiles:
            error, guess = self.mae, float(np.abs(self.targets - np.median(self.targets, axis=0)).mean())
            said = f"The model is worse than always predicting the median: MAE {error:.4g} instead of {guess:.4g}."
            return said if error > guess else ""
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
