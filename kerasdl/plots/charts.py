"""Lines, sheets of lines, and bars with names."""

from collections.abc import Mapping, Sequence
from itertools import cycle

from kerasdl.plots.figure import BLUE, FAINT, GREEN, ORANGE, PURPLE, RED, Figure, label, new_figure
from kerasdl.plots.literal_text import literal, shortened, title_lines
from kerasdl.plots.name_ticks import name_ticks
from matplotlib.axes import Axes

MOST_POINTS_WITH_MARKERS = 50
LONGEST_NAME = 50
# Of the titles of a sheet, at its width and font size.
CHARACTERS_PER_ROW = 120


def lines(
    values: Mapping[str, tuple[Sequence, Sequence[float]]], x: str, y: str, title: str, *, ax: Axes | None = None
) -> Figure:
    """Draw named lines, each over its own x: parts of a series, forecasts and true values, errors by step.

    Example:
        >>> lines({"truth": (days, truth), "forecast": (days, forecast)}, "day", "temperature", "One day ahead")
    """
    ax = ax or new_figure(width=9.0)[1][0, 0]
    colors = cycle((BLUE, ORANGE, FAINT, GREEN, RED, PURPLE, "black"))
    for (name, (places, heights)), color in zip(values.items(), colors, strict=False):
        marker = "o" if len(heights) <= MOST_POINTS_WITH_MARKERS else ""
        ax.plot(places, heights, color=color, linewidth=1.2, marker=marker, markersize=3, label=name)
    label(ax, x, y, title)
    # Between title and lines, because a long series leaves no place inside.
    literal(ax.set_title(title, pad=24))
    literal(ax.yaxis.label)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(values), frameon=False, fontsize=8)
    return ax.figure


def fan(
    values: Mapping[str, tuple[Sequence, Sequence[float]]],
    bands: Mapping[str, tuple[Sequence, Sequence[float], Sequence[float]]],
    x: str,
    y: str,
    title: str,
    *,
    behind: Mapping[str, tuple[Sequence, Sequence[float]]] | None = None,
) -> Figure:
    """Draw named lines over bands between two lines each: forecasts with their intervals, true values.

    Args:
        values: Lines by name, as for `lines`.
        bands: (places, lower ends, upper ends) by name, from the narrowest to the widest, which is the faintest.
        x: Label of the places.
        y: Label of the values.
        title: Title.
        behind: Lines that the others are compared with, such as a baseline: wide, so that an equal one hides none.

    Example:
        >>> fan({"truth": (days, truth)}, {"80 %": (days, truth - 1, truth + 1)}, "day", "temperature", "One day ahead")
    """
    figure = lines(values, x, y, title)
    ax = figure.axes[0]
    for rank, (name, (places, low, high)) in enumerate(bands.items(), start=1):
        ax.fill_between(places, low, high, color=ORANGE, alpha=0.4 / rank, linewidth=0, zorder=1, label=name)
    for name, (places, heights) in (behind or {}).items():
        ax.plot(places, heights, color=FAINT, linewidth=4, zorder=1.5, label=name)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=9, frameon=False, fontsize=8)
    return figure


def line_sheet(
    panels: Sequence[Mapping[str, tuple[Sequence, Sequence[float]]]],
    titles: Sequence[str],
    x: str,
    y: str,
    *,
    columns: int = 3,
) -> Figure:
    """Draw small multiples: in each panel named lines, each over its own x, under a title; one legend for all.

    Example:
        >>> line_sheet([{"truth": (days, truth)}, {"truth": (days, forecast)}], ["May", "June"], "day", "temperature")
    """
    rows = max(-(-len(panels) // columns), 1)
    heads = ["\n".join(title_lines(title, CHARACTERS_PER_ROW // columns)) for title in titles]
    height = 1.6 + 0.15 * max((head.count("\n") for head in heads), default=0)
    figure, axes = new_figure(rows, columns, width=9.0, height=height * rows + 0.6)
    for ax in axes.flat[len(panels) :]:
        ax.axis("off")
    styles = list(zip((BLUE, GREEN, ORANGE, RED, PURPLE, "black"), "osx^vD", strict=True))
    for ax, lines_of, head in zip(axes.flat, panels, heads, strict=False):
        for (name, (places, heights)), (color, marker) in zip(lines_of.items(), cycle(styles), strict=False):
            shown = marker if len(heights) <= MOST_POINTS_WITH_MARKERS else ""
            ax.plot(places, heights, color=color, linewidth=1.1, marker=shown, markersize=3, label=name)
        label(ax, "", "", "")
        ax.tick_params(labelsize=7)
        literal(ax.set_title(head, fontsize=8))
    figure.supxlabel(x, fontsize=9)
    literal(figure.supylabel(y, fontsize=9))
    if panels and len(panels[0]) > 1:
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=6, fontsize=8)
    return figure


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
    # A name may be any word, also a line break.
    names = [shortened(repr(name)[1:-1], LONGEST_NAME) for name in values]
    name_ticks(ax.yaxis, range(len(values)), names, fontsize=8)
    # The first at the top, and the same margin around few bars as around many.
    ax.set_ylim(len(values) - 0.4, -0.6)
    label(ax, x, "", title)
    ax.grid(visible=False, axis="y")
    ax.axvline(0, color="black", linewidth=0.8)
    return ax.figure
