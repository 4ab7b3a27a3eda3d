"""A training on the earlier part of a series' training data: what is best on the later part is best for the whole."""

from typing import Any

import keras
import numpy as np
from kerasdl.data import series
from kerasdl.runs.folder import RunFolder
from kerasdl.runs.policy import Stage

# Of a short series more epochs teach nothing new.
MOST_EPOCHS = 100


def epochs_for(steps: int, data: series.TimeSeries) -> int:
    """As many epochs as so many training steps need, at most a hundred.

    Example:
        >>> epochs_for(400, air)
        50
    """
    return min(-(-steps // data.steps), MOST_EPOCHS)


def rehearse(
    run: RunFolder, model: keras.Model, data: series.TimeSeries, peak_lr: float, epochs: int
) -> tuple[int, float]:
    """Train a forecaster on the earlier part of the training data; find out what is best on the later part.

    Args:
        run: Where logs and figures go; their names begin with "rehearsal_".
        model: A compiled forecaster with a `skip`. It is not the one to keep.
        data: The series.
        peak_lr: The peak learning rate.
        epochs: Number of epochs, at most.

    Returns:
        The epoch with the lowest loss, counted from 1; and the factor by which to multiply the network's correction.

    Example:
        >>> epochs, factor = rehearse(run, model, air, 0.005, epochs=2)
    """
    part = data.rehearsal
    best = keras.callbacks.EarlyStopping("val_loss", patience=epochs, restore_best_weights=True)
    stage = Stage(run, peak_lr, more=[best], prefix="rehearsal_")
    fitted = model.fit(part.train, validation_data=part.valid, epochs=epochs, shuffle=False, callbacks=stage.callbacks)
    stage.finish(fitted.history, ["loss"])
    return int(np.argmin(fitted.history["val_loss"])) + 1, best_factor(model, part.valid)


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
