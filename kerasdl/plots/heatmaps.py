"""Heat maps over images."""

from collections.abc import Sequence

import numpy as np
from kerasdl.plots.figure import BLUE, RED, Figure, new_figure
from kerasdl.plots.images import draw_image
from kerasdl.plots.literal_text import literal, title_lines
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize

# Of a title, which stands over an image and its map.
CHARACTERS = 44
# Of the signed values, those that have the full color: single pixels may be far above all others.
SHARE_IN_RANGE = 0.995
OPACITY = 0.65


def heat_maps(
    images: np.ndarray,
    maps: np.ndarray,
    titles: Sequence[str],
    *,
    unit: str = "share of the maximum",
    columns: int = 2,
) -> Figure:
    """Draw images, and beside each of them its heat map over it in gray, with a bar of its colors.

    If no value is below 0, the colors go from dark blue to yellow; otherwise from blue (against) over white to red
    (for).

    Args:
        images: (count, height, width, 1 or 3) with values 0..255.
        maps: (count, height, width), such as those of `interpret.grad_cam`.
        titles: One for each image.
        unit: What the numbers beside the bars are.
        columns: Number of images in a row, each with its map.

    Example:
        >>> heat_maps(photographs, np.ones((2, 144, 128)), ["cat", "dog"])
    """
    is_signed, columns = np.min(maps, initial=0) < 0, max(1, min(columns, len(images)))
    rows = max(1, -(-len(images) // columns))
    titles = ["\n".join(title_lines(title, CHARACTERS)) for title in titles]
    lines = max((title.count("\n") for title in titles), default=0)
    figure, axes = new_figure(rows, 2 * columns, width=4.8 * columns, height=(2.1 + 0.17 * lines) * rows)
    for ax in axes.flat:
        ax.axis("off")
    for index, (image, heat, title) in enumerate(zip(images, maps, titles, strict=True)):
        left, right = axes[index // columns, 2 * (index % columns) :][:2]
        draw_image(left, image)
        literal(left.set_title(title, fontsize=8, loc="left"))
        bar = figure.colorbar(_draw_map(right, image, heat, is_signed), ax=right, fraction=0.046, pad=0.03)
        bar.ax.tick_params(labelsize=7)
        bar.set_label(unit, fontsize=7)
    return figure


def _draw_map(ax: Axes, image: np.ndarray, heat: np.ndarray, is_signed: bool) -> ScalarMappable:
    draw_image(ax, image.mean(axis=-1, keepdims=True))
    if not is_signed:
        drawn = ScalarMappable(Normalize(0, float(heat.max()) or 1), "viridis")
    else:
        limit = float(np.quantile(np.abs(heat), SHARE_IN_RANGE)) or float(np.abs(heat).max()) or 1.0
        drawn = ScalarMappable(Normalize(-limit, limit), LinearSegmentedColormap.from_list("", [BLUE, "white", RED]))
    ax.imshow(heat, cmap=drawn.cmap, norm=drawn.norm, alpha=OPACITY)
    return drawn
