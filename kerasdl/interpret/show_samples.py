"""Samples as a person looks at them, in one call: a training batch, what was predicted, and the highest losses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from kerasdl.errors import BadInput
from kerasdl.interpret.classification import Classification
from kerasdl.interpret.forecast import Forecast
from kerasdl.interpret.regression import Regression
from kerasdl.interpret.tagging import Tagging

if TYPE_CHECKING:
    from kerasdl.plots import Figure

Result = Classification | Tagging | Regression | Forecast


def show_batch(data: Any, count: int = 12) -> "Figure":
    """Draw samples of the first training batch with their labels, as the model gets them: fastai's `show_batch`.

    Images are augmented, rows of tables have the values of the user's file, and texts are read from their tokens, with
    "[UNK]" for unknown words.

    Args:
        data: Images, a table, documents, streams of tokens, series or sequences, of `kerasdl.data`.
        count: Number of samples, at most.

    Raises:
        BadInput: Another kind of data, or a count below 1.

    Example:
        >>> show_batch(pets).savefig("batch.png")
    """
    _check_data(data, count)
    return data.draw_batch(count)


def show_results(result: Result, data: Any, *, count: int = 12, seed: int = 0) -> "Figure":
    """Draw validation samples with what was predicted, and what is true: fastai's `show_results`.

    Args:
        result: The evaluation of `data.valid`.
        data: Images, a table, documents, series or sequences, of `kerasdl.data`.
        count: Number of samples, at most.
        seed: Random seed of the choice.

    Raises:
        BadInput: The result is of other samples than the data; a count below 1; or another kind of result or data.

    Example:
        >>> show_results(found, pets).savefig("results.png")
    """
    _check(result, data, count)
    return _draw(result, data, np.random.default_rng(seed).permutation(len(result.targets))[:count])


def show_top_losses(result: Result, data: Any, *, count: int = 12) -> "Figure":
    """Draw the validation samples with the highest loss, or the largest error: fastai's `plot_top_losses`.

    They tell most: there are the wrong labels, the bad crops, the missing classes.

    Args:
        result: The evaluation of `data.valid`.
        data: Images, a table, documents, series or sequences, of `kerasdl.data`.
        count: Number of samples, at most.

    Raises:
        BadInput: As for `show_results`.

    Example:
        >>> show_top_losses(found, pets).savefig("worst.png")
    """
    _check(result, data, count)
    worst = result.top_losses if isinstance(result, Classification | Tagging) else result.worst
    return _draw(result, data, worst(count))


def _draw(result: Result, data: Any, indices: np.ndarray) -> "Figure":
    titles = [result.caption(index) for index in indices]
    if isinstance(result, Forecast):
        return data.draw(indices, titles, forecasts=result.predictions[indices])
    return data.draw(indices, titles)


def _check_data(data: Any, count: int) -> None:
    if not hasattr(data, "draw_batch"):
        raise BadInput(
            "Give the data themselves, not their batches: Images, a Table, Documents, Streams, TimeSeries or Sequences "
            f"of kerasdl.data. Received: {type(data).__name__}"
        )
    if count < 1:
        raise BadInput(f"Draw at least one sample. Received: count={count}")


def _check(result: Result, data: Any, count: int) -> None:
    """Raise unless each sample of the result is the validation sample of the data with the same index."""
    if not isinstance(result, Result):
        raise BadInput(
            "Samples can be drawn of a Classification, Tagging, Regression or Forecast. "
            f"Received: {type(result).__name__}"
        )
    _check_data(data, count)
    labels = data.valid_labels
    if np.shape(result.targets) != np.shape(labels):
        raise BadInput(
            "The result must be that of the validation part: evaluate data.valid of these data. Received: a "
            f"{type(result).__name__} of targets {_shape(result.targets)} for {type(data).__name__} with validation "
            f"labels {_shape(labels)}"
        )
    if others := _others(result, data):
        raise BadInput(
            "The result has as many samples as the validation part, but other ones: evaluate data.valid of these data, "
            f"split with the same seed, in the units of the data. Received: {others:,} samples with other labels"
        )


def _shape(values: Sequence) -> str:
    return "x".join(map(str, np.shape(values)))


def _others(result: Result, data: Any) -> int:
    """How many samples have another label in the result than in the data."""
    scale = getattr(data, "scale", None)
    if isinstance(result, Classification | Tagging):
        differ = result.targets != data.valid_labels
    elif scale is None:
        # Of numbers in images, only the user knows the units.
        return 0
    else:
        is_forecast = isinstance(result, Forecast)
        truth = data.futures(data.valid_origins) if is_forecast else scale.undo(data.valid_labels)
        # What float32 and back make of a label.
        rounding = 1e-5 * scale.std[: truth.shape[-1]]
        differ = ~np.isclose(result.targets, truth, atol=rounding, equal_nan=True)
    return int(differ.any(axis=tuple(range(1, differ.ndim))).sum())
