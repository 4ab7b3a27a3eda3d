"""Sheets of the rows of a table."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from kerasdl.plots.figure import BLUE, Figure, new_figure
from kerasdl.plots.literal_text import literal, shortened, title_lines, width_of

# Of a sheet, in letters of a font of one width; and the height of a line in inches.
CHARACTERS, LINE = 132, 0.17
LONGEST_NAME, LEAST_WIDTH, MOST_WIDTH = 40, 15, 19
# Behind every second line.
STRIPE = "0.95"


def table_sheet(values: Mapping[str, Sequence[str]], titles: Sequence[str], *, most: int = 30) -> Figure:
    """Draw rows of a table side by side, each under its title: a line for each column, with its name on the left.

    Args:
        values: The values of each column, by its name: one for each row.
        titles: One for each row.
        most: How many lines are drawn for the columns; the last one says how many more there are.

    Example:
        >>> table_sheet({"age": ["38", "21"], "job": ["clerk", "nurse"]}, ["high", "low"]).savefig("rows.png")
    """
    columns = [(shortened(name, LONGEST_NAME), cells) for name, cells in values.items()]
    if len(columns) > most:
        columns[most - 1 :] = [(f"… and {len(columns) - most + 1:,} more", [""] * len(titles))]
    left = max((width_of(name) for name, _ in columns), default=0) + 2
    longest = max((width_of(cell) for _, cells in columns for cell in cells), default=0)
    width = min(max(longest, LEAST_WIDTH), MOST_WIDTH)
    several = max((CHARACTERS - left + 2) // (width + 2), 1)
    lines: list[tuple[str, list[str]]] = []
    for start in range(0, len(titles), several):
        rows = range(len(titles))[start : start + several]
        heads = zip_longest(*(title_lines(titles[row], width) for row in rows), fillvalue="")
        lines += [(BLUE, ["", *texts]) for texts in heads]
        lines += [("black", [name, *(shortened(cells[row], width) for row in rows)]) for name, cells in columns]
        lines.append(("black", []))
    return _figure(lines, [0, *range(left, CHARACTERS, width + 2)])


def _figure(lines: Sequence[tuple[str, Sequence[str]]], places: Sequence[int]) -> Figure:
    """A figure of lines, each with its colour and a text at each of the places."""
    height = max(len(lines), 1)
    figure, axes = new_figure(width=9.0, height=LINE * height)
    ax = axes[0, 0]
    ax.set(xlim=(0, CHARACTERS), ylim=(height, 0))
    ax.axis("off")
    for number, (color, texts) in enumerate(lines):
        if number % 2 and texts and color != BLUE:
            ax.axhspan(number, number + 1, color=STRIPE, linewidth=0)
        for place, text in zip(places, texts, strict=False):
            written = ax.text(place, number + 0.5, text, color=color, fontsize=8, fontfamily="monospace", va="center")
            # The figure is as high as its lines: nothing is left to lay out.
            literal(written).set_in_layout(False)
    return figure
