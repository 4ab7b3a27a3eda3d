"""Lines and bars with names."""

from collections.abc import Mapping, Sequence
from itertools import cycle

from kerasdl.plots.figure import BLUE, FAINT, GREEN, ORANGE, Figure, label, new_figure
from matplotlib.axes import Axes

MOST_POINTS_WITH_MARKERS = 50


def lines(
    values: Mapping[str, tuple[Sequence, Sequence[float]]], x: str, y: str, title: str, *, ax: Axes | None = None
) -> Figure:
    """Draw named lines, each over its own x: parts of a series, forecasts and true values, errors by step.

    Example:
        >>> lines({"truth": (days, truth), "forecast": (days, forecast)}, "day", "temperature", "One day ahead")
    """
    ax = ax or new_figure(width=9.0)[1][0, 0]
    for (name, (places, heights)), color in zip(values.items(), cycle((BLUE, ORANGE, FAINT, GREEN)), strict=False):
        marker = "o" if len(heights) <= MOST_POINTS_WITH_MARKERS else ""
        ax.plot(places, heights, color=color, linewidth=1.2, marker=marker, markersize=3, label=name)
    label(ax, x, y, title)
    ax.legend(fontsize=8)
    return ax.figure


def importance(rises: Mapping[str, float], *, most: int = 20, ax: Axes | None = None) -> Figure:
    """Draw the importance of each column as bars, the highest at the top.

    Example:
        >>> importance(kerasdl.interpret.permutation_importance(model, people.valid, people.places))
    """
    shown = dict(list(rises.items())[:most])
    return bars(shown, "increase of the loss when shuffled", "Column importance", ax=ax)


def bars(values: Mapping[str, float], x: str, title: str, *, ax: Axes | None = None) -> Figure:
    """Draw one horizontal bar per name, the first at the top.

    Args:
        values: Length of each bar.
        x: Label of the lengths.
        title: Title.
        ax: Where to draw; by default a new figure.

    Example:
        >>> bars({"the": 2.1, "of": 1.7}, "loss (nats)", "Hardest words")
    """
    ax = ax or new_figure(height=1.2 + 0.3 * len(values))[1][0, 0]
    ax.barh(range(len(values)), list(values.values()), color=BLUE)
    # A name may be any word: neither a formula, nor a line break.
    names = [repr(name)[1:-1].replace("$", r"\$") for name in values]
    ax.set_yticks(range(len(values)), names, fontsize=8)
    ax.invert_yaxis()
    label(ax, x, "", title)
    return ax.figure
