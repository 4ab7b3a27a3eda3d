"""Sheets of texts."""

from collections.abc import Sequence

from kerasdl.plots.figure import BLUE, FAINT, Figure, new_figure
from kerasdl.plots.literal_text import literal, shortened, title_lines, wrapped

# Of a line, at the width and font size of a sheet; and the height of a line in inches.
CHARACTERS, LINE = 122, 0.155


def text_sheet(texts: Sequence[str], titles: Sequence[str], *, most: int = 600) -> Figure:
    """Draw texts below each other, each under its title; a text of more than `most` letters is cut in the middle.

    Example:
        >>> text_sheet(["A good film.", "A bad film."], ["good", "bad"]).savefig("texts.png")
    """
    blocks = [
        (title_lines(title, CHARACTERS), wrapped(shortened(text, most), CHARACTERS) or ["(empty)"])
        for text, title in zip(texts, titles, strict=True)
    ]
    # A line stays free below each.
    height = sum(len(title) + len(body) + 1 for title, body in blocks)
    figure, axes = new_figure(width=9.0, height=LINE * max(height, 1) + 0.1)
    ax = axes[0, 0]
    ax.set(xlim=(0, 1), ylim=(height, 0))
    ax.axis("off")
    top = 0
    for title, body in blocks:
        if top:
            ax.axhline(top - 0.5, color=FAINT, linewidth=0.6)
        for lines, color in ((title, BLUE), (body, "black")):
            literal(ax.text(0, top, "\n".join(lines), color=color, fontsize=8, va="top", linespacing=1.25))
            top += len(lines)
        top += 1
    return figure
