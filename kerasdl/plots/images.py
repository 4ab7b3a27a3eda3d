"""Sheets of images."""

from collections.abc import Sequence

import numpy as np
from kerasdl.plots.figure import Figure, new_figure
from kerasdl.plots.literal_text import literal, title_lines
from matplotlib.axes import Axes

# In inches, of all columns.
WIDTH = 9.0
# Of the titles of an image sheet, at its width and font size.
CHARACTERS_PER_ROW = 130


def image_sheet(images: np.ndarray, titles: Sequence[str], *, columns: int = 6) -> Figure:
    """Draw images (count, height, width, 1 or 3) with values 0..255, each with its title, wrapped to its column.

    Example:
        >>> image_sheet(photographs, ["cat", "dog"]).savefig("sheet.png")
    """
    rows, side = max(1, -(-len(images) // columns)), WIDTH / columns
    titles = ["\n".join(title_lines(title, CHARACTERS_PER_ROW // columns)) for title in titles]
    lines = max((title.count("\n") + 1 for title in titles if title), default=0)
    # A very high image is drawn less wide than its place.
    highest = min(2, max((len(image) / len(image[0]) for image in images), default=1))
    height = side * highest + 0.17 * lines + 0.1
    shown = min(columns, max(1, len(images)))
    figure, axes = new_figure(rows, shown, width=side * shown, height=height * rows)
    for ax in axes.flat:
        ax.axis("off")
        # The title of an image that is lower than its place would otherwise be cut off.
        ax.set_anchor("N")
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        draw_image(ax, image)
        literal(ax.set_title(title, fontsize=8))
    return figure


def draw_image(ax: Axes, image: np.ndarray) -> None:
    """Draw one image (height, width, 1 or 3) with values 0..255.

    Example:
        >>> figure, axes = new_figure()
        >>> draw_image(axes[0, 0], photographs[0])
    """
    pixels = np.clip(image, 0, 255).astype(np.uint8)
    ax.imshow(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, cmap="gray", vmin=0, vmax=255)
