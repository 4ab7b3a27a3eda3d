"""Plots of predicted numbers beside the true ones."""

from collections.abc import Sequence

import numpy as np
from kerasdl.plots.figure import BLUE, RED, Figure, label, new_figure


def residuals(predictions: np.ndarray, targets: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw predictions over true values and a histogram of residuals, per target, from arrays (samples, targets).

    Example:
        >>> found = kerasdl.interpret.Regression.of(model, houses.valid, houses.target, houses.scale.undo)
        >>> residuals(found.predictions, found.targets, found.names)
    """
    figure, axes = new_figure(len(names), 2, width=9.0, height=3.8 * len(names))
    for (left, right), predicted, true, name in zip(axes, predictions.T, targets.T, names, strict=True):
        ends = [min(predicted.min(), true.min()), max(predicted.max(), true.max())]
        left.scatter(true, predicted, s=6, alpha=0.4, color=BLUE, linewidths=0)
        left.plot(ends, ends, color=RED, linewidth=1.2)
        label(left, f"true {name}", "predicted", "Predicted over true")
        right.hist(predicted - true, bins="auto", color=BLUE)
        right.axvline(0, color=RED, linewidth=1.2)
        label(right, "predicted - true", "samples", "Residuals")
    return figure
