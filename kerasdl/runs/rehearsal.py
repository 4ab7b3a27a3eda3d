"""A training on the earlier part of a series' training data: what is best on the later part is best for the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from kerasdl.data import series
from kerasdl.layers import PredictionIntervals
from kerasdl.runs.folder import RunFolder
from kerasdl.runs.policy import Stage

# Of a short series more epochs teach nothing new.
MOST_EPOCHS = 100


@dataclass(frozen=True)
class Rehearsal:
    """What a rehearsal found out.

    Attributes:
        epochs: The epoch with the lowest loss on the later part, counted from 1.
        factor: By which to multiply the network's correction.
        forecasts: Standardized forecasts of the later part, with the multiplied correction.
        windows: Their windows.
        futures: The true values.

    Example:
        >>> zeros = np.zeros((9, 1, 1))
        >>> Rehearsal(3, 0.5, zeros, zeros, zeros).intervals([0.8]).levels
        [0.8]
    """

    epochs: int
    factor: float
    forecasts: np.ndarray
    windows: np.ndarray
    futures: np.ndarray

    def intervals(self, levels: Sequence[float]) -> PredictionIntervals | None:
        """As wide as the errors on the later part, which the network of the rehearsal was not trained on.

        Args:
            levels: Shares that the intervals are to hold; without any there are no intervals.
        """
        if not levels:
            return None
        layer = PredictionIntervals(sorted(set(levels)), name="intervals")
        layer.adapt(self.forecasts, self.windows, self.futures)
        return layer


def epochs_for(steps: int, data: series.TimeSeries) -> int:
    """As many epochs as so many training steps need, at most a hundred.

    Example:
        >>> epochs_for(400, air)
        50
    """
    return min(-(-steps // data.steps), MOST_EPOCHS)


def rehearse(run: RunFolder, model: keras.Model, data: series.TimeSeries, peak_lr: float, epochs: int) -> Rehearsal:
    """Train a forecaster on the earlier part of the training data; find out what is best on the later part.

    Args:
        run: Where logs and figures go; their names begin with "rehearsal_".
        model: A compiled forecaster with a `skip`. It is not the one to keep.
        data: The series.
        peak_lr: The peak learning rate.
        epochs: Number of epochs, at most.

    Example:
        >>> found = rehearse(run, model, air, 0.005, epochs=2)
    """
    part = data.rehearsal
    best = keras.callbacks.EarlyStopping("val_loss", patience=epochs, restore_best_weights=True)
    stage = Stage(run, peak_lr, more=[best], prefix="rehearsal_")
    fitted = model.fit(part.train, validation_data=part.valid, epochs=epochs, shuffle=False, callbacks=stage.callbacks)
    stage.finish(fitted.history, ["loss"])
    factor = best_factor(model, part.valid)
    multiply_correction(model, factor)
    windows, futures = (np.concatenate([np.asarray(each) for each in parts]) for parts in zip(*part.valid, strict=True))
    epochs = int(np.argmin(fitted.history["val_loss"])) + 1
    return Rehearsal(epochs, factor, _predicted(model, part.valid), windows, futures)


def best_factor(model: keras.Model, later: Any) -> float:
    """The factor, from 0 to 1, of the network's correction that gives the least squared error.

    Args:
        model: A forecaster with a `skip`.
        later: Batches (windows, futures) that the network was not trained on.

    Example:
        >>> 0 <= best_factor(kerasdl.models.forecaster((24, 1), 1), air.rehearsal.valid) <= 1
        True
    """
    head = model.get_layer("head_dense")
    weights = head.get_weights()
    futures = np.concatenate([np.asarray(future) for _, future in later])
    corrected = _predicted(model, later)
    multiply_correction(model, 0)
    simple = _predicted(model, later)
    head.set_weights(weights)
    correction = corrected - simple
    size = float((correction**2).sum())
    return float(np.clip(((futures - simple) * correction).sum() / size, 0, 1)) if size else 0.0


def multiply_correction(model: keras.Model, factor: float) -> None:
    """Multiply what the network of a forecaster adds to the simple forecast.

    Example:
        >>> multiply_correction(kerasdl.models.forecaster((24, 1), 1), 0.5)
    """
    head = model.get_layer("head_dense")
    head.set_weights([factor * each for each in head.get_weights()])


def _predicted(model: keras.Model, batches: Any) -> np.ndarray:
    return np.concatenate([model.predict_on_batch(windows) for windows, _ in batches]).astype(np.float64)
