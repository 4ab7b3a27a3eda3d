"""Every figure of a result, by the name of the file that it is written to."""

from collections.abc import Iterator
from functools import singledispatch
from itertools import islice
from typing import Any

import numpy as np
from kerasdl import plots  # results import this module only when they draw
from kerasdl.interpret.finite import not_finite
from kerasdl.interpret.forecast import Forecast
from kerasdl.interpret.probability_scores import ProbabilityScores
from kerasdl.interpret.regression import Regression
from kerasdl.interpret.tagging import Tagging

MOST_BARS, MOST_TARGETS, MOST_SAMPLES = 30, 6, 100


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
    return dict(_drawn(result))


def main_figure(result: Any) -> dict[str, plots.Figure]:
    """The first of `figures`, drawn alone; none if there is no sample with a finite prediction.

    Example:
        >>> list(main_figure(found))
        ['confusion']
    """
    return dict(islice(_drawn(result), 1))


def _drawn(result: Any) -> Iterator[tuple[str, plots.Figure]]:
    """The figures one by one: whoever takes the first does not wait for the others."""
    finite, note = result.finite, not_finite(result)
    for name, figure in _figures(finite) if len(finite.targets) else ():
        if note:
            figure.suptitle(note, fontsize=9)
        yield name, figure


@singledispatch
def _figures(result: Any) -> Iterator[tuple[str, plots.Figure]]:
    yield "confusion", plots.confusion(result.confusion, result.classes)
    if len(result.classes) > 2:
        yield "confusion_normalized", plots.confusion(result.confusion, result.classes, normalize=True)
    yield "per_class", plots.per_class(result.per_class)
    if pairs := result.most_confused():
        yield "most_confused", plots.most_confused(pairs)
    yield "calibration", _calibration(result)
    if len(result.classes) == 2:
        yield from _of_two(result, f"of {result.classes[1]}")


@_figures.register
def _(result: Tagging) -> Iterator[tuple[str, plots.Figure]]:
    yield "per_tag", plots.per_class(result.per_tag, kind="tag")
    hardest = dict(list(result.tag_losses.items())[:MOST_BARS])
    yield "hardest_tags", plots.bars(hardest, "mean loss (nats)", "Hardest tags")
    yield "calibration", _calibration(result)
    yield from _of_two(result, "of all single tags")


@_figures.register
def _(result: Regression) -> Iterator[tuple[str, plots.Figure]]:
    if len(result.names) == 1:
        yield "residuals", plots.residuals(result.predictions, result.targets, result.names)
        if result.quantiles:
            yield "quantiles", _quantiles(result)
        return
    columns = zip(result.predictions.T[..., None], result.targets.T[..., None], result.names, strict=True)
    r2 = np.array([Regression(predicted, true, [name]).r2 for predicted, true, name in columns])
    order = np.argsort(r2, kind="stable")
    worst = order[:MOST_TARGETS]
    names = [result.names[place] for place in worst]
    yield "residuals", plots.residuals(result.predictions[:, worst], result.targets[:, worst], names)
    if len(varying := order[np.isfinite(r2[order])][:MOST_BARS]):
        bars = {result.names[place]: float(r2[place]) for place in varying}
        yield "r2", plots.bars(bars, "R2", "R2 of each target, lowest first")


@_figures.register
def _(result: Forecast) -> Iterator[tuple[str, plots.Figure]]:
    targets = result.targets.shape[2]
    names = ["value"] if targets == 1 else [f"target {number}" for number in range(1, targets + 1)][:MOST_TARGETS]
    predictions, truth = (each.reshape(-1, targets)[:, : len(names)] for each in (result.predictions, result.targets))
    yield "residuals", plots.residuals(predictions, truth, names)
    if result.targets.shape[1] > 1:
        steps = {name: (range(1, len(errors) + 1), errors) for name, errors in result.rmse_by_step.items()}
        yield "error_by_step", plots.lines(steps, "steps ahead", "RMSE", "Error by step")


def _quantiles(result: Regression) -> plots.Figure:
    """Some samples by their median, with the band between the outermost quantiles."""
    some = np.unique(np.linspace(0, len(result.targets) - 1, MOST_SAMPLES).astype(int))
    some = some[np.argsort(result.predictions[some, 0], kind="stable")]
    low, high = min(result.quantiles), max(result.quantiles)
    rows, values = np.arange(len(some)), {"truth": result.targets, "median": result.predictions}
    lines = {name: (rows, each[some, 0]) for name, each in values.items()}
    band = {f"{100 * low:g} % to {100 * high:g} %": (rows, *(result.quantiles[each][some, 0] for each in (low, high)))}
    return plots.fan(lines, band, "samples by their median", result.names[0], "")


def _calibration(result: ProbabilityScores) -> plots.Figure:
    found = result.calibration
    return plots.reliability(found.edges, found.confidences, found.shares, found.counts, found.error)


def _of_two(result: ProbabilityScores, whose: str) -> Iterator[tuple[str, plots.Figure]]:
    """What tells a class from another, or a tag from its absence; none if all samples are alike."""
    if not (curves := result.roc):
        return
    yield "roc", plots.roc(curves)
    yield "precision_recall", plots.precision_recall(result.precision_recall)
    found = result.thresholds
    metrics = {"precision": found.precision, "recall": found.recall, "F1": found.f1}
    yield "threshold", plots.thresholds(found.values, metrics, {"highest F1": found.best()}, whose)
