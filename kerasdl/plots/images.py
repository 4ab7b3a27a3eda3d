"""Sheets of images."""

from collections.abc import Sequence

import numpy as np
from kerasdl.plots.figure import Figure, new_figure
from kerasdl.plots.literal_text import literal, wrapped

# Of the titles of an image sheet, at its width and font size.
CHARACTERS_PER_ROW = 130


def image_sheet(images: np.ndarray, titles: Sequence[str], *, columns: int = 6) -> Figure:
    """Draw images (count, height, width, 1 or 3) with values 0..255, each with its title, wrapped to its column.

    Example:
        >>> image_sheet(photographs, ["cat", "dog"]).savefig("sheet.png")
    """
    rows = max(1, -(-len(images) // columns))
    titles = ["\n".join(wrapped(title, CHARACTERS_PER_ROW // columns)) for title in titles]
    lines = max((title.count("\n") for title in titles), default=0)
    figure, axes = new_figure(rows, columns, width=9.0, height=(1.7 + 0.17 * lines) * rows)
    for ax in axes.flat:
        ax.axis("off")
        # The title of an image that is lower than its place would otherwise be cut off.
        ax.set_anchor("N")
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        pixels = np.clip(image, 0, 255).astype(np.uint8)
        ax.imshow(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, cmap="gray", vmin=0, vmax=255)
        literal(ax.set_title(title, fontsize=8))
    return figure
