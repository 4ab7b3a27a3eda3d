"""Plots of functions of two numbers: paths on a surface, decision surfaces, and an animation of them."""

import io
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle

import numpy as np
from kerasdl.plots.figure import BLUE, GREEN, ORANGE, PURPLE, RED, Figure, label, new_figure
from matplotlib.axes import Axes
from PIL import Image

# Blue, white, orange: the two ends differ for readers with any colour vision.
DIVERGING = "PuOr_r"


def paths(height: Callable[[np.ndarray], np.ndarray], visited: Mapping[str, np.ndarray], title: str) -> Figure:
    """Draw what an optimizer visits over the contours of a surface, one panel for each path.

    Args:
        height: The surface: from places (..., 2) to heights (...).
        visited: Places (steps, 2) by name.
        title: Title.

    Example:
        >>> paths(lambda place: (place**2).sum(axis=-1), {"rate 0.1": np.ones((5, 2))}, "Downhill")
    """
    figure, axes = new_figure(1, len(visited), width=3.4 * len(visited), height=3.4)
    ends = np.abs(np.concatenate([each[:1] for each in visited.values()])).max(axis=0) * 1.15
    x, y = (np.linspace(-end, end, 80) for end in ends)
    heights = height(np.stack(np.meshgrid(x, y), axis=-1))
    levels = np.quantile(heights, np.linspace(0.02, 1, 14) ** 1.5)
    for ax, (name, places), color in zip(
        axes.flat, visited.items(), cycle((BLUE, RED, GREEN, PURPLE, ORANGE)), strict=False
    ):
        ax.contour(x, y, heights, levels=np.unique(levels), cmap="Greys_r", linewidths=0.7)
        shown = np.clip(places, -2 * ends, 2 * ends)
        ax.plot(*shown.T, color=color, marker="o", markersize=3, linewidth=1.2)
        ax.set(xlim=(-ends[0], ends[0]), ylim=(-ends[1], ends[1]))
        label(ax, "first weight", "second weight", name)
        ax.grid(False)
    figure.suptitle(title)
    return figure


def surface(axis: np.ndarray, logits: np.ndarray, places: np.ndarray, classes: np.ndarray, title: str) -> Figure:
    """Draw the decision surface of two classes, with the points that were classified.

    Args:
        axis: Places of the grid along both axes (side,).
        logits: Of the second class, on the grid (side, side).
        places: Points (count, 2).
        classes: 0 or 1 (count,).
        title: Title.

    Example:
        >>> grid = np.linspace(-1, 1, 20)
        >>> surface(grid, np.add.outer(grid, grid), np.zeros((2, 2)), np.array([0, 1]), "A line")
    """
    figure, axes = new_figure(width=4.6, height=4.4)
    ax = axes[0, 0]
    drawn = _map(ax, axis, np.tanh(logits / 2))
    for number, color in ((0, BLUE), (1, RED)):
        ax.scatter(
            *places[classes == number].T, s=9, color=color, edgecolors="white", linewidths=0.4, label=f"class {number}"
        )
    label(ax, "x", "y", title)
    ax.grid(False)
    figure.colorbar(
        drawn,
        ax=ax,
        label="probability of class 1",
        ticks=[-1, 0, 1],
        format=lambda value, _: f"{(value + 1) / 2:.0%}",
        shrink=0.8,
    )
    ax.legend(fontsize=8, loc="upper right")
    return figure


def neurons(axis: np.ndarray, layers: Sequence[np.ndarray]) -> Figure:
    """Draw what every neuron of each hidden layer says over the plane: a row for each layer.

    Args:
        axis: Places of the grid along both axes (side,).
        layers: Activations of each layer on the grid (side, side, neurons).

    Example:
        >>> neurons(np.linspace(-1, 1, 5), [np.zeros((5, 5, 3))])
    """
    widest = max(each.shape[-1] for each in layers)
    figure, axes = new_figure(len(layers), widest, width=max(3.0, 0.8 * widest), height=0.95 * len(layers) + 0.3)
    for row, (line, each) in enumerate(zip(axes, layers, strict=True)):
        for ax in line:
            ax.axis("off")
        for ax, values in zip(line, np.moveaxis(each, -1, 0), strict=False):
            _map(ax, axis, values / max(np.abs(values).max(), 1e-9))
        line[0].set_title(f"layer {row + 1}", fontsize=8, loc="left")
    return figure


def animation(frames: Sequence[Figure], *, milliseconds: int = 150) -> bytes:
    """An animated GIF of figures of the same size; the last one stays for two seconds.

    Example:
        >>> frames = [kerasdl.plots.bars({"loss": loss}, "nats", "Training") for loss in (2.0, 1.0)]
        >>> animation(frames)[:6]
        b'GIF89a'
    """
    pictures = [Image.open(io.BytesIO(each.png)).convert("P", palette=Image.Palette.ADAPTIVE) for each in frames]
    durations = [milliseconds] * (len(pictures) - 1) + [2000]
    file = io.BytesIO()
    pictures[0].save(file, format="GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0)
    return file.getvalue()


def _map(ax: Axes, axis: np.ndarray, values: np.ndarray) -> object:
    return ax.imshow(
        values,
        origin="lower",
        extent=(axis[0], axis[-1], axis[0], axis[-1]),
        cmap=DIVERGING,
        vmin=-1,
        vmax=1,
        interpolation="bilinear",
    )
