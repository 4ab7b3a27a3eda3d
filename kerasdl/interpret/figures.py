"""Every figure of a result, by the name of the file that it is written to."""

from functools import singledispatch
from typing import Any

import numpy as np
from kerasdl import plots  # results import this module only when they draw
from kerasdl.interpret.classification import Classification
from kerasdl.interpret.finite import not_finite
from kerasdl.interpret.forecast import Forecast
from kerasdl.interpret.probability_scores import ProbabilityScores
from kerasdl.interpret.regression import Regression
from kerasdl.interpret.tagging import Tagging

MOST_BARS, MOST_TARGETS = 30, 6


def figures(result: Any) -> dict[str, plots.Figure]:
    """Every figure of an evaluation. Samples whose prediction is not finite are left out, and each figure says so.

    Args:
        result: A Classification, Tagging, Regression or Forecast.

    Returns:
        Figures by name; none if there is no sample.

    Example:
        >>> list(figures(Regression(np.ones((2, 1)), np.ones((2, 1)), ["price"])))
        ['residuals']
    """
    finite = result.finite
    drawn = _figures(finite) if len(finite.targets) else {}
    if note := not_finite(result):
        for figure in drawn.values():
            figure.suptitle(note, fontsize=9)
    return drawn


@singledispatch
def _figures(result: Any) -> dict[str, plots.Figure]:
    raise NotImplementedError


@_figures.register
def _(result: Classification) -> dict[str, plots.Figure]:
    drawn = {"confusion": plots.confusion(result.confusion, result.classes)}
    if len(result.classes) > 2:
        drawn["confusion_normalized"] = plots.confusion(result.confusion, result.classes, normalize=True)
    drawn["per_class"] = plots.per_class(result.per_class)
    if pairs := result.most_confused():
        drawn["most_confused"] = plots.most_confused(pairs)
    drawn["calibration"] = _calibration(result)
    if len(result.classes) == 2:
        drawn |= _of_two(result, f"of {result.classes[1]}")
    return drawn


@_figures.register
def _(result: Tagging) -> dict[str, plots.Figure]:
    hardest = dict(list(result.tag_losses.items())[:MOST_BARS])
    return {
        "per_tag": plots.per_class(result.per_tag, kind="tag"),
        "hardest_tags": plots.bars(hardest, "mean loss (nats)", "Hardest tags"),
        "calibration": _calibration(result),
        **_of_two(result, "of all single tags"),
    }


@_figures.register
def _(result: Regression) -> dict[str, plots.Figure]:
    if len(result.names) == 1:
        return {"residuals": plots.residuals(result.predictions, result.targets, result.names)}
    columns = zip(result.predictions.T[..., None], result.targets.T[..., None], result.names, strict=True)
    r2 = np.array([Regression(predicted, true, [name]).r2 for predicted, true, name in columns])
    order = np.argsort(r2, kind="stable")
    worst = order[:MOST_TARGETS]
    names = [result.names[place] for place in worst]
    drawn = {"residuals": plots.residuals(result.predictions[:, worst], result.targets[:, worst], names)}
    if len(varying := order[np.isfinite(r2[order])][:MOST_BARS]):
        bars = {result.names[place]: float(r2[place]) for place in varying}
        drawn["r2"] = plots.bars(bars, "R2", "R2 of each target, lowest first")
    return drawn


@_figures.register
def _(result: Forecast) -> dict[str, plots.Figure]:
    targets = result.targets.shape[2]
    names = ["value"] if targets == 1 else [f"target {number}" for number in range(1, targets + 1)][:MOST_TARGETS]
    predictions, truth = (each.reshape(-1, targets)[:, : len(names)] for each in (result.predictions, result.targets))
    drawn = {"residuals": plots.residuals(predictions, truth, names)}
    if result.targets.shape[1] > 1:
        steps = {name: (range(1, len(errors) + 1), errors) for name, errors in result.rmse_by_step.items()}
        drawn["error_by_step"] = plots.lines(steps, "steps ahead", "RMSE", "Error by step")
    return drawn


def _calibration(result: ProbabilityScores) -> plots.Figure:
    found = result.calibration
    return plots.reliability(found.edges, found.confidences, found.shares, found.counts, found.error)


def _of_two(result: ProbabilityScores, whose: str) -> dict[str, plots.Figure]:
    """What tells a class from another, or a tag from its absence; none if all samples are alike."""
    if not (curves := result.roc):
        return {}
    found = result.thresholds
    metrics = {"precision": found.precision, "recall": found.recall, "F1": found.f1}
    return {
        "roc": plots.roc(curves),
        "precision_recall": plots.precision_recall(result.precision_recall),
        "threshold": plots.thresholds(found.values, metrics, {"highest F1": found.best()}, whose),
    }
