"""Plots of what the probabilities of a classifier are worth."""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
from kerasdl.plots.figure import BLUE, FAINT, GREEN, ORANGE, PURPLE, RED, Figure, label, new_figure
from kerasdl.plots.literal_text import literal, shortened
from matplotlib.axes import Axes

LONGEST_NAME, MOST_CURVES = 30, 8
STYLES = [(color, style) for style in ("-", "--") for color in (BLUE, ORANGE, GREEN, PURPLE)]
# Points of a curve, its names and the area below it.
Curves = Mapping[str, tuple[np.ndarray, np.ndarray, float]]


def reliability(
    edges: np.ndarray, confidences: np.ndarray, shares: np.ndarray, counts: np.ndarray, error: float
) -> Figure:
    """Draw how often predictions come true over their probability, and how many there are.

    Args:
        edges: Ends of the bins (bins + 1,).
        confidences: Mean probability of the predictions in each bin (bins,).
        shares: Fraction of them that came true (bins,).
        counts: Number of predictions in each bin (bins,).
        error: Expected calibration error, from 0 to 1.

    Example:
        >>> bins = kerasdl.interpret.Calibration.of(np.array([0.9, 0.6]), np.array([True, False]))
        >>> reliability(bins.edges, bins.confidences, bins.shares, bins.counts, bins.error)
    """
    figure, axes = new_figure(2, 1, width=5.6, height=6.0)
    (top, below), filled = axes[:, 0], counts > 0
    top.get_gridspec().set_height_ratios((3, 1))
    top.plot([0, 100], [0, 100], color=FAINT, linewidth=1.2, linestyle="--", label="perfectly calibrated")
    top.plot(100 * confidences[filled], 100 * shares[filled], color=BLUE, marker="o", markersize=4, label="model")
    label(top, "", "came true (%)", f"Calibration: expected error {100 * error:.1f} %")
    top.legend(fontsize=8, loc="upper left")
    top.set(xlim=(0, 100), ylim=(0, 103))
    below.bar(100 * edges[:-1], counts, width=100 * np.diff(edges), align="edge", color=BLUE, edgecolor="white")
    label(below, "predicted probability (%)", "predictions", "")
    below.set_xlim(0, 100)
    return figure


def roc(curves: Curves, *, ax: Axes | None = None) -> Figure:
    """Draw ROC curves with their areas; of more than eight those with the lowest.

    Args:
        curves: (false positive rate, true positive rate, area) of each class by its name.
        ax: Where to draw; by default a new figure.

    Example:
        >>> roc({"dog": (np.array([0, 0, 1]), np.array([0, 1, 1]), 1.0)})
    """
    ax = ax or new_figure(width=5.6, height=5.6)[1][0, 0]
    ax.plot([0, 100], [0, 100], color=FAINT, linewidth=1.2, linestyle="--", label="by chance: area 0.5")
    _draw_curves(ax, curves, "area", "default")
    title = f"ROC curve{_mean(curves, 'area')}"
    label(ax, "false positives (% of the other samples)", "true positives (% of the samples of a class)", title)
    return ax.figure


def precision_recall(curves: Curves, *, ax: Axes | None = None) -> Figure:
    """Draw precision over recall with the average precision; of more than eight curves those with the lowest.

    Args:
        curves: (recall, precision, average precision) of each class by its name.
        ax: Where to draw; by default a new figure.

    Example:
        >>> precision_recall({"dog": (np.array([1, 1, 0]), np.array([0.5, 1, 1]), 1.0)})
    """
    ax = ax or new_figure(width=5.6, height=5.6)[1][0, 0]
    # As the average precision counts it: up to a recall, the precision there.
    _draw_curves(ax, curves, "average precision", "steps-post")
    title = f"Precision and recall{_mean(curves, 'average precision')}"
    label(ax, "recall (% of the samples of a class)", "precision (% of what is predicted as it)", title)
    return ax.figure


def thresholds(
    values: np.ndarray,
    metrics: Mapping[str, np.ndarray],
    marks: Mapping[str, float],
    whose: str = "",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw metrics from 0 to 1 over the threshold, and a vertical line for each marked threshold.

    Args:
        values: Thresholds (count,).
        metrics: What is right at each (count,), by name.
        marks: Thresholds by name.
        whose: What is predicted, for the title: "of dog".
        ax: Where to draw; by default a new figure.

    Example:
        >>> found = kerasdl.interpret.Thresholds.of(np.array([0.2, 0.8]), np.array([0, 1]))
        >>> thresholds(found.values, {"F1": found.f1}, {"highest F1": found.best()}, "of dog")
    """
    ax = ax or new_figure()[1][0, 0]
    for (name, heights), color in zip(metrics.items(), cycle((BLUE, ORANGE, GREEN, PURPLE)), strict=False):
        ax.plot(100 * values, 100 * heights, color=color, linewidth=1.6, label=name)
    for (name, value), style in zip(marks.items(), cycle(("--", ":")), strict=False):
        ax.axvline(100 * value, color=RED, linestyle=style, linewidth=1.2, label=f"{name}: {100 * value:.3g} %")
    label(ax, "threshold of the predicted probability (%)", "%", "")
    literal(ax.set_title(f"Threshold {shortened(whose, 2 * LONGEST_NAME)}".rstrip()))
    ax.set(xlim=(0, 100), ylim=(0, 103))
    _legend_below(ax)
    return ax.figure


def _draw_curves(ax: Axes, curves: Curves, unit: str, steps: str) -> None:
    lowest = sorted(curves.items(), key=lambda item: item[1][2])[:MOST_CURVES]
    for (name, (x, y, area)), (color, style) in zip(lowest, STYLES, strict=False):
        text = f"{shortened(name, LONGEST_NAME)}: {unit} {area:.3f}"
        ax.plot(100 * x, 100 * y, color=color, linestyle=style, linewidth=1.6, drawstyle=steps, label=text)
    ax.set(xlim=(-1, 101), ylim=(-1, 103), aspect="equal")
    _legend_below(ax)


def _mean(curves: Curves, unit: str) -> str:
    """The part of a title that tells the mean area of several curves, and how many are shown."""
    if len(curves) < 2:
        return ""
    mean = f"\nmean {unit} {np.mean([area for *_, area in curves.values()]):.3f}"
    return mean + (f", lowest {MOST_CURVES} of {len(curves):,} shown" if len(curves) > MOST_CURVES else "")


def _legend_below(ax: Axes) -> None:
    """A legend that covers no curve."""
    for text in ax.legend(fontsize=8, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.14)).get_texts():
        literal(text)
