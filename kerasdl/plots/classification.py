"""Plots of what a classifier gets right and wrong."""

from collections.abc import Sequence

import numpy as np
from kerasdl.plots.figure import BLUE, ORANGE, Figure, label, new_figure
from kerasdl.plots.literal_text import shortened
from kerasdl.plots.name_ticks import name_ticks
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.ticker import MaxNLocator

MOST_CELLS_WITH_COUNTS, MOST_NAMES = 30, 120
LONGEST_NAME, LONGEST_NAME_OF_BAR = 26, 40


def confusion(counts: np.ndarray, classes: Sequence[str], *, normalize: bool = False, ax: Axes | None = None) -> Figure:
    """Draw a confusion matrix (rows true, columns predicted), shaded so that single errors are seen beside many hits.

    Args:
        counts: Number of samples (classes, classes).
        classes: Their names; long ones lose their middle, and of more than 120 only some are written.
        normalize: Percents of the samples of each true class instead of counts, for classes of different size.
        ax: Where to draw; by default a new figure, larger with more classes.

    Example:
        >>> confusion(found.confusion, found.classes)
        >>> confusion(found.confusion, found.classes, normalize=True)
    """
    totals = counts.sum(axis=1, keepdims=True)
    values = 100 * counts / np.where(totals, totals, np.nan) if normalize else counts.astype(float)
    few = len(classes) <= MOST_CELLS_WITH_COUNTS
    names = [shortened(name, LONGEST_NAME) for name in classes]
    longest = max(map(len, names), default=0)
    side = max(2.4, len(classes) * (0.34 if few else 0.15)) + 0.07 * longest
    ax = ax or new_figure(width=min(side, 22) + 1.6, height=min(side, 22) + 0.9)[1][0, 0]
    highest = 100 if normalize else max(values.max(initial=0), 1)
    shades = PowerNorm(0.5, 0, highest)
    image = ax.imshow(np.ma.masked_where(~(values > 0), values), cmap="Blues", norm=shades)
    if few:
        _write_cells(ax, values, highest, normalize)
    step = max(1, -(-len(classes) // MOST_NAMES))
    places, shown = range(0, len(classes), step), names[::step]
    size = 8 if few else 6
    name_ticks(ax.xaxis, places, shown, rotation=90 if longest > 3 else 0, fontsize=size)
    name_ticks(ax.yaxis, places, shown, fontsize=size)
    ax.set(xlabel="predicted", ylabel="true", title="Confusion, by true class" if normalize else "Confusion")
    unit = "% of the samples of the true class" if normalize else "samples"
    place = ax.inset_axes((1 + 0.1 / side, 0, 0.2 / side, 1))
    ax.figure.colorbar(image, cax=place, label=unit, ticks=MaxNLocator(5, integer=True))
    return ax.figure


def per_class(
    rows: Sequence[tuple[str, float, float, float, int]],
    *,
    kind: str = "class",
    most: int = 30,
    ax: Axes | None = None,
) -> Figure:
    """Draw precision and recall of each class as bars; of many classes those with the lowest F1.

    Args:
        rows: (name, precision, recall, F1, number of samples) of each class.
        kind: What a class is called, such as "tag".
        most: Number of classes that are shown at most.
        ax: Where to draw; by default a new figure.

    Example:
        >>> per_class([("cat", 1.0, 0.5, 0.67, 2), ("dog", 0.5, 1.0, 0.67, 1)])
    """
    # Classes without a sample come last: nothing was missed of them.
    shown = sorted(rows, key=lambda row: (row[4] == 0, row[3]))[:most] if len(rows) > most else list(rows)
    ax = ax or new_figure(height=1.6 + 0.34 * len(shown))[1][0, 0]
    places = np.arange(len(shown))
    for shift, column, name, color in ((-0.2, 1, "precision", BLUE), (0.2, 2, "recall", ORANGE)):
        ax.barh(places + shift, [100 * row[column] for row in shown], height=0.38, color=color, label=name)
    _name_bars(ax, [f"{shortened(row[0], LONGEST_NAME_OF_BAR)} ({row[4]:,})" for row in shown])
    whose = f" of each {kind}" if len(shown) == len(rows) else f": lowest {len(shown)} of {len(rows):,} by F1"
    label(ax, "%", f"{kind} (samples)", "")
    ax.set_title(f"Precision and recall{whose}", pad=24)
    ax.set_xlim(0, 100)
    ax.legend(fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False)
    return ax.figure


def most_confused(pairs: Sequence[tuple[str, str, int]], *, most: int = 20, ax: Axes | None = None) -> Figure:
    """Draw the most frequent misclassifications as bars, from (true class, predicted class, count).

    Example:
        >>> most_confused([("cat", "dog", 4), ("dog", "cat", 2)])
    """
    shown = sorted(pairs, key=lambda pair: -pair[2])[:most]
    ax = ax or new_figure(height=1.4 + 0.28 * len(shown))[1][0, 0]
    bars = ax.barh(range(len(shown)), [count for *_, count in shown], color=BLUE)
    ax.bar_label(bars, [f"{count:,}" for *_, count in shown], padding=3, fontsize=8)
    _name_bars(ax, [" → ".join(shortened(name, LONGEST_NAME) for name in pair[:2]) for pair in shown])
    some = "" if len(shown) == len(pairs) else f": {len(shown)} of {len(pairs):,} pairs"
    label(ax, "samples", "true → predicted", f"Most confused{some}")
    ax.xaxis.get_major_locator().set_params(integer=True)
    return ax.figure


def _write_cells(ax: Axes, values: np.ndarray, highest: float, percents: bool) -> None:
    """Writes the values that are above 0, white on dark."""
    texts = {
        place: "<1" if percents and value < 1 else f"{value:.0f}"
        for place, value in np.ndenumerate(values)
        if value > 0
    }
    # A cell has room for four digits at full size.
    size = 8 * min(1, 4 / max(map(len, texts.values()), default=1)) if len(values) > 3 else 8
    for (row, column), text in texts.items():
        color = "white" if values[row, column] > 0.3 * highest else "black"
        ax.text(column, row, text, ha="center", va="center", fontsize=size, color=color)


def _name_bars(ax: Axes, names: Sequence[str]) -> None:
    """Writes names beside horizontal bars, the first at the top."""
    name_ticks(ax.yaxis, range(len(names)), names, fontsize=8)
    ax.set_ylim(len(names) - 0.4, -0.6)
