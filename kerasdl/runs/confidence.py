"""How sure predictions are, in numbers: calibration of classes, coverage of quantiles."""

from dataclasses import replace

import numpy as np
from kerasdl import interpret


def confidence(result: interpret.Classification | interpret.Regression) -> dict[str, float]:
    """How far the confidence of predictions can be believed, as in the metrics.json of a run folder.

    Args:
        result: The evaluation of `data.valid`.

    Returns:
        For classes: "calibration_error", the expected calibration error, from 0; the "temperature" by which the logits
        are to be divided; and "recalibrated_loss", the loss with it, where each half of the samples takes that of the
        other half: if it is not below "loss", a temperature does not help. Without an error among the samples only the
        first. For numbers: the coverage of quantiles, if there are some.

    Raises:
        ModuleNotFoundError: scipy is not installed.

    Example:
        >>> list(confidence(found))
        ['calibration_error', 'temperature', 'recalibrated_loss']
    """
    if isinstance(result, interpret.Regression):
        return result.coverage
    found = {"calibration_error": result.calibration.error}
    halves = [_some(result, start) for start in (0, 1)]
    # Without an error in one of them the temperature is as low as it can be, and says nothing.
    if any((half.predictions == half.targets).all() for half in halves):
        return found
    losses = [half.recalibrated(other.temperature).losses for half, other in zip(halves, halves[::-1], strict=True)]
    return found | {"temperature": result.temperature, "recalibrated_loss": float(np.concatenate(losses).mean())}


def _some(result: interpret.Classification, start: int) -> interpret.Classification:
    """Every second sample with a finite prediction."""
    finite = result.finite
    return replace(finite, logits=finite.logits[start::2], targets=finite.targets[start::2])
