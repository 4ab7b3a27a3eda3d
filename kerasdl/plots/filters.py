"""Sheets of filters, of patches that excite them, and of the maps that they make."""

from collections.abc import Mapping, Sequence

import numpy as np
from kerasdl.plots.figure import Figure, new_figure
from kerasdl.plots.images import draw_image
from kerasdl.plots.literal_text import literal
from matplotlib.axes import Axes


def filter_sheet(filters: np.ndarray, title: str = "Filters of the first convolution", *, columns: int = 16) -> Figure:
    """Draw filters (count, height, width, 1 or 3) with values 0..255 close together, each with its number.

    Example:
        >>> filter_sheet(np.random.default_rng(0).uniform(0, 255, (4, 3, 3, 3)))
    """
    columns = max(1, min(columns, len(filters)))
    rows = max(1, -(-len(filters) // columns))
    figure, axes = _sheet(rows, columns, width=0.6 * max(columns, 6), height=0.75 * rows + 0.4)
    for number, (ax, image) in enumerate(zip(axes.flat, filters, strict=False)):
        draw_image(ax, image)
        ax.set_title(f"{number}", fontsize=6, pad=2)
    literal(figure.suptitle(title, fontsize=10))
    return figure


def patch_rows(
    patches: Mapping[str, Sequence[np.ndarray]], title: str = "Patches that excite a filter most", *, columns: int = 9
) -> Figure:
    """Draw a row of patches for each filter, the strongest first.

    Args:
        patches: Patches (height, width, 1 or 3) with values 0..255, by the name of their filter; sizes may differ.
        title: Title.
        columns: Number of patches of a row, at most.

    Example:
        >>> patch_rows({"edges": [photographs[0, :9, :9], photographs[1, :9, :9]]})
    """
    columns = min(columns, max(map(len, patches.values()), default=1))
    figure, axes = _sheet(len(patches), columns, width=0.9 * columns + 0.8, height=0.95 * len(patches) + 0.4)
    for row, (name, images) in zip(axes, patches.items(), strict=True):
        for ax, image in zip(row, images, strict=False):
            draw_image(ax, image)
        _name_row(row[0], name)
    literal(figure.suptitle(title, fontsize=10))
    return figure


def activation_grid(
    maps: Mapping[str, np.ndarray], title: str = "Activations, layer by layer", *, columns: int = 8
) -> Figure:
    """Draw the first maps of each layer in a row: dark is the lowest value of the layer, yellow the highest.

    Args:
        maps: (height, width, channels) by the name of the layer, such as those of `interpret.activation_maps`.
        title: Title.
        columns: Number of maps of a row, at most.

    Example:
        >>> activation_grid(kerasdl.interpret.activation_maps(model, pets_images[0]))
    """
    figure, axes = _sheet(len(maps), columns, width=1.05 * columns + 1.2, height=1.1 * len(maps) + 0.5)
    for row, (name, channels) in zip(axes, maps.items(), strict=True):
        shown = channels[..., :columns]
        for ax, heat in zip(row, np.moveaxis(shown, -1, 0), strict=False):
            drawn = ax.imshow(heat, cmap="viridis", vmin=shown.min(), vmax=shown.max())
        height, width, count = channels.shape
        _name_row(row[0], f"{name}\n{height} x {width}, {count} maps")
        bar = figure.colorbar(drawn, ax=list(row), fraction=0.012, pad=0.01)
        bar.ax.tick_params(labelsize=6)
    literal(figure.suptitle(title, fontsize=10))
    return figure


def _sheet(rows: int, columns: int, *, width: float, height: float) -> tuple[Figure, np.ndarray]:
    figure, axes = new_figure(max(rows, 1), columns, width=width, height=height)
    for ax in axes.flat:
        ax.axis("off")
    return figure, axes


def _name_row(ax: Axes, name: str) -> None:
    literal(ax.text(-0.12, 0.5, name, transform=ax.transAxes, ha="right", va="center", fontsize=7))
