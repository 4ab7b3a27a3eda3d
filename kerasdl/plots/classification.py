"""Plots of what a classifier gets right and wrong."""

from collections.abc import Sequence

import numpy as np
from kerasdl.plots.figure import Figure, new_figure
from matplotlib.axes import Axes

MOST_CELLS_WITH_COUNTS = 30


def confusion(counts: np.ndarray, classes: Sequence[str], *, ax: Axes | None = None) -> Figure:
    """Draw a confusion matrix (rows true, columns predicted), shaded by the fraction of the true class.

    Example:
        >>> confusion(found.confusion, found.classes)
    """
    side = min(3.5 + 0.3 * len(classes), 14)
    ax = ax or new_figure(width=side, height=side)[1][0, 0]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(classes) <= MOST_CELLS_WITH_COUNTS:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                color = "white" if shares[row, column] > 0.5 else "black"
                ax.text(column, row, f"{count}", ha="center", va="center", fontsize=8, color=color)
    ax.set_xticks(range(len(classes)), classes, rotation=90 if max(map(len, classes)) > 3 else 0, fontsize=8)
    ax.set_yticks(range(len(classes)), classes, fontsize=8)
    ax.set(xlabel="predicted", ylabel="true", title="Confusion")
    return ax.figure
