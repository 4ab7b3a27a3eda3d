"""A training on the earlier part of a series' training data: what is best on the later part is best for the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from kerasdl.data import series
from kerasdl.layers import PredictionIntervals, cross_validated_ridge
from kerasdl.runs.folder import RunFolder
from kerasdl.runs.policy import Stage

# Of a short series more epochs teach nothing new.
MOST_EPOCHS = 100
# Of the later windows, to tell a gain from luck; and Student's t of nine degrees of freedom, at 97.5 %.
BLOCKS, T_QUANTILE = 10, 2.262


@dataclass(frozen=True)
class Rehearsal:
    """What a rehearsal found out.

    Attributes:
        epochs: The epoch with the lowest loss on the later part, counted from 1; 1 if no correction is kept.
        factor: By which to multiply the network's correction.
        forecasts: Standardized forecasts of the later part, with the multiplied correction.
        windows: Their windows.
        futures: The true values.

    Example:
        >>> zeros = np.zeros((9, 1, 1))
        >>> Rehearsal(3, 0.5, zeros, zeros, zeros).intervals([0.8], air).levels
        [0.8]
    """

    epochs: int
    factor: float
    forecasts: np.ndarray
    windows: np.ndarray
    futures: np.ndarray

    def intervals(self, levels: Sequence[float], data: series.TimeSeries) -> PredictionIntervals | None:
        """As wide as the errors on windows that the forecasts know nothing of.

        With a correction these are the windows of the later part. Without one the forecast is that of the ridge
        regression, whose errors all training windows show by cross-validation (jackknife+ without its plus, Barber et
        al., arXiv:1905.02928): they are four times as many, and the regressions know nine tenths of them.

        Args:
            levels: Shares that the intervals are to hold; without any there are no intervals.
            data: The series, of a forecaster with skip="ridge".
        """
        if not levels:
            return None
        layer = PredictionIntervals(sorted(set(levels)), name="intervals")
        if self.factor:
            layer.adapt(self.forecasts, self.windows, self.futures)
        else:
            part = data.rehearsal
            forecasts = cross_validated_ridge(data.in_order, part.in_order, part.valid, season=part.season)
            layer.adapt(forecasts, *_joined(data.in_order))
        return layer


def epochs_for(steps: int, data: series.TimeSeries) -> int:
    """As many epochs as so many training steps need, at most a hundred; one if the test windows could prove no gain.

    Example:
        >>> epochs_for(400, air)
        50
    """
    if len(data.valid_origins) < BLOCKS * data.horizon:
        return 1
    return min(-(-steps // data.steps), MOST_EPOCHS)


def units_for(data: series.TimeSeries) -> tuple[int]:
    """The width of a recurrent layer by the number of training windows: 16 below 200, 64 from 2,000 on, 32 between.

    Example:
        >>> units_for(air)
        (16,)
    """
    windows = len(data.train_origins)
    return (16 if windows < 200 else 32 if windows < 2000 else 64,)


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
    epochs = int(np.argmin(fitted.history["val_loss"])) + 1 if factor else 1
    return Rehearsal(epochs, factor, _predicted(model, part.valid), *_joined(part.valid))


def best_factor(model: keras.Model, later: Any) -> float:
    """The factor, from 0 to 1, of the network's correction that gives the least squared error; 0 if that may be luck.

    The gain over no correction must exceed what chance explains (Diebold and Mariano,
    doi:10.1080/07350015.1995.10524599). Windows overlap, and so do their errors: its standard error is that of the
    means of ten blocks of consecutive windows, and there must be windows enough for blocks as long as the horizon.

    Args:
        model: A forecaster with a `skip`.
        later: Batches (windows, futures) in order, that the network was not trained on.

    Example:
        >>> 0 <= best_factor(kerasdl.models.forecaster((24, 1), 1), air.rehearsal.valid) <= 1
        True
    """
    head = model.get_layer("head_dense")
    weights = head.get_weights()
    _, futures = _joined(later)
    corrected = _predicted(model, later)
    multiply_correction(model, 0)
    missing = futures - _predicted(model, later)
    head.set_weights(weights)
    correction = corrected - futures + missing
    size = float((correction**2).sum())
    factor = float(np.clip((missing * correction).sum() / size, 0, 1)) if size else 0.0
    gains = (missing**2 - (missing - factor * correction) ** 2).mean(axis=(1, 2))
    return factor if _is_no_luck(gains, horizon=futures.shape[1]) else 0.0


def _is_no_luck(gains: np.ndarray, *, horizon: int) -> bool:
    """Whether the mean of the gains, of windows in order, is above 0 by a one-sided t-test of block means."""
    if len(gains) < BLOCKS * horizon:
        return False
    means = np.array([block.mean() for block in np.array_split(gains, BLOCKS)])
    return bool(means.mean() > T_QUANTILE * means.std(ddof=1) / BLOCKS**0.5)


def multiply_correction(model: keras.Model, factor: float) -> None:
    """Multiply what the network of a forecaster adds to the simple forecast.

    Example:
        >>> multiply_correction(kerasdl.models.forecaster((24, 1), 1), 0.5)
    """
    head = model.get_layer("head_dense")
    head.set_weights([factor * each for each in head.get_weights()])


def _predicted(model: keras.Model, batches: Any) -> np.ndarray:
    return np.concatenate([model.predict_on_batch(windows) for windows, _ in batches]).astype(np.float64)


def _joined(batches: Any) -> tuple[np.ndarray, np.ndarray]:
    """All windows and all futures."""
    windows, futures = (np.concatenate([np.asarray(each) for each in parts]) for parts in zip(*batches, strict=True))
    return windows, futures
