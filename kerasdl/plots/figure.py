"""The figure that every plot draws on, its colours, and the labels of its axes."""

import io

import matplotlib.figure
import numpy as np
from matplotlib.axes import Axes

# Okabe and Ito's, which readers with any colour vision tell apart: https://jfly.uni-koeln.de/color/
BLUE, RED, ORANGE, GREEN, PURPLE, FAINT = "#0072b2", "#d55e00", "#e69f00", "#009e73", "#cc79a7", "#b8c4cf"


class Figure(matplotlib.figure.Figure):
    """A Matplotlib figure that a notebook shows at the end of a cell, without pyplot.

    Example:
        >>> confusion(found.confusion, found.classes)
    """

    @property
    def png(self) -> bytes:
        """The figure as a PNG file."""
        picture = io.BytesIO()
        self.savefig(picture, format="png")
        return picture.getvalue()

    def _repr_png_(self) -> bytes:
        return self.png


def new_figure(
    rows: int = 1, columns: int = 1, *, width: float = 7.0, height: float = 4.2
) -> tuple[Figure, np.ndarray]:
    """A figure without pyplot, in inches, and its Axes (rows, columns).

    Example:
        >>> figure, axes = new_figure(1, 2)
    """
    figure = Figure(figsize=(width, height), layout="constrained", dpi=120)
    return figure, figure.subplots(rows, columns, squeeze=False)


def label(ax: Axes, x: str, y: str, title: str) -> None:
    """Write the labels of the axes and the title, and draw a faint grid.

    Example:
        >>> label(axes[0, 0], "epoch", "loss (nats)", "Loss")
    """
    ax.set(xlabel=x, ylabel=y, title=title)
    ax.grid(alpha=0.25)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
