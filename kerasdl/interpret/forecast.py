"""Evaluation of a forecaster: a rolling-origin backtest beside simple forecasts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from kerasdl.deprecation import RenamedAttribute
from kerasdl.interpret.finite import not_finite
from kerasdl.interpret.showing import counted, html, short, summary
from kerasdl.outputs import only_output

if TYPE_CHECKING:
    from kerasdl.plots import Figure

# Of a model that equals a baseline but for float32.
ROUNDING = 1e-5


@dataclass(frozen=True, repr=False)
class Forecast:
    """Forecasts from many origins with the true values, in the user's units.

    Attributes:
        predictions: float (origins, horizon, targets).
        targets: True values, same shape.
        baselines: Simple forecasts by name, one at least, each of the same shape; of `TimeSeries`, its `baselines`.
        intervals: The lower and the upper end of each interval, of the same shape, by the share that it is to hold.

    Raises:
        ValueError: Shapes differ, or there is no baseline.

    Example:
        >>> found = Forecast.of(model, air)
        >>> found.rmse, found.baseline_rmse     # (21.3, 22.4)
    """

    predictions: np.ndarray
    targets: np.ndarray
    baselines: Mapping[str, np.ndarray]
    intervals: Mapping[float, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    better_baseline = RenamedAttribute("best_baseline")

    def __post_init__(self) -> None:
        if not self.baselines:
            raise ValueError("Forecasts need one baseline at least, to be compared with. Received: baselines={}")
        ends = (end for both in self.intervals.values() for end in both)
        shapes = [part.shape for part in (self.predictions, self.targets, *self.baselines.values(), *ends)]
        if len(set(shapes)) > 1 or len(shapes[0]) != 3:
            raise ValueError(f"All arrays must have one shape (origins, horizon, targets). Received: {shapes}")

    @classmethod
    def of(cls, model: keras.Model, data: Any, *, intervals: Any = None) -> "Forecast":
        """Forecast from every origin of the validation part.

        Args:
            model: A forecaster.
            data: A `kerasdl.data.series.TimeSeries`.
            intervals: An adapted `kerasdl.layers.PredictionIntervals`, for intervals of the forecasts.
        """
        batches = [(only_output(model, model.predict_on_batch(windows)), windows) for windows, _ in data.valid]
        std, mean = data.scale.std[: data.outputs], data.scale.mean[: data.outputs]
        predictions = np.concatenate([forecasts for forecasts, _ in batches]).astype(np.float64) * std + mean
        ends = {}
        if intervals is not None:
            rows = [keras.ops.convert_to_numpy(intervals(list(each))) for each in batches]
            found = np.concatenate(rows).astype(np.float64) * std + mean
            middle = len(intervals.levels)
            for place, level in enumerate(intervals.levels, start=1):
                ends[level] = found[:, :, middle - place], found[:, :, middle + place]
        origins = data.valid_origins
        return cls(predictions, data.futures(origins), data.baselines(origins), ends)

    def __repr__(self) -> str:
        origins, steps, targets = self.targets.shape
        return summary(self, counted(origins, "origin"), counted(steps, "step"), counted(targets, "target"))

    def _repr_html_(self) -> str:
        from kerasdl import plots

        by_step = {name: (range(1, len(errors) + 1), errors) for name, errors in self.rmse_by_step.items()}
        return html(self, lambda: plots.lines(by_step, "steps ahead", "RMSE", "Error by step"))

    @property
    def finite(self) -> "Forecast":
        """The origins whose forecasts and true values are finite."""
        kept = np.isfinite(self.predictions).all(axis=(1, 2)) & np.isfinite(self.targets).all(axis=(1, 2))
        baselines = {name: each[kept] for name, each in self.baselines.items()}
        intervals = {level: (low[kept], high[kept]) for level, (low, high) in self.intervals.items()}
        return Forecast(self.predictions[kept], self.targets[kept], baselines, intervals)

    @property
    def rmse(self) -> float:
        """Root mean squared error over origins, steps and targets."""
        return _rmse(self.predictions - self.targets)

    @property
    def mae(self) -> float:
        """Mean absolute error over origins, steps and targets."""
        return float(np.abs(self.predictions - self.targets).mean())

    @property
    def baseline_rmse(self) -> float:
        """RMSE of the best baseline."""
        return min(self.baseline_scores.values())

    @property
    def baseline_scores(self) -> dict[str, float]:
        """RMSE of each baseline, as in the metrics.json of a run folder: {"persistence_rmse": 48.0, …}."""
        return {f"{name}_rmse": _rmse(values - self.targets) for name, values in self.baselines.items()}

    @property
    def coverage(self) -> dict[str, float]:
        """Share of the targets that each interval holds, as in the metrics.json of a run folder: {"coverage_80": …}."""
        return {
            f"coverage_{100 * level:g}": float(((low <= self.targets) & (self.targets <= high)).mean())
            for level, (low, high) in self.intervals.items()
        }

    @property
    def best_baseline(self) -> tuple[str, np.ndarray]:
        """Name and values of the baseline with the lowest RMSE."""
        return min(self.baselines.items(), key=lambda item: _rmse(item[1] - self.targets))

    @property
    def ratio(self) -> float:
        """RMSE divided by that of the best baseline: below 1 the model is better than all."""
        return self.rmse / self.baseline_rmse if self.baseline_rmse else float("inf")

    @property
    def rmse_by_step(self) -> dict[str, np.ndarray]:
        """RMSE per step ahead (horizon,), of the model ("forecast") and of the baselines."""
        forecasts = {"forecast": self.predictions, **self.baselines}
        return {name: np.sqrt(((values - self.targets) ** 2).mean(axis=(0, 2))) for name, values in forecasts.items()}

    @property
    def warning(self) -> str:
        """A sentence if the model is worse than the best baseline; otherwise empty."""
        if missing := not_finite(self):
            return missing
        if self.rmse <= self.baseline_rmse * (1 + ROUNDING):
            return ""
        name, rmse = self.best_baseline[0], self.baseline_rmse
        return f"The model is worse than the best baseline ({name}): RMSE {self.rmse:.4g} instead of {rmse:.4g}."

    @property
    def scores(self) -> dict[str, float]:
        """RMSE, MAE and ratio by name, as in the metrics.json of a run folder."""
        return {"rmse": self.rmse, "mae": self.mae, "ratio": self.ratio}

    def worst(self, count: int = 9) -> np.ndarray:
        """Indices of the origins with the highest squared error summed over steps and targets, highest first.

        Origins nearer to a worse one than the horizon are left out: they would show the same rows again.
        """
        chosen: list[int] = []
        for index in np.argsort(-((self.predictions - self.targets) ** 2).sum(axis=(1, 2)), kind="stable"):
            if len(chosen) < count and all(abs(index - other) >= self.targets.shape[1] for other in chosen):
                chosen.append(int(index))
        return np.array(chosen, int)

    def caption(self, index: int) -> str:
        """Title for an origin: "RMSE 21.3"."""
        return f"RMSE {short(_rmse(self.predictions[index] - self.targets[index]))}"

    def figures(self) -> dict[str, "Figure"]:
        """Every figure of these forecasts, by name; empty without a finite forecast.

        Example:
            >>> truth = np.ones((9, 2, 1))
            >>> list(Forecast(truth, truth, {"zero": 0 * truth}).figures())
            ['residuals', 'error_by_step']
        """
        from kerasdl.interpret.figures import figures

        return figures(self)


def _rmse(errors: np.ndarray) -> float:
    return float(np.sqrt((errors**2).mean()))
