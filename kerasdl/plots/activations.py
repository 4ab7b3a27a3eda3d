"""Plots of what happens inside a network while it trains: activations by layer, gradients and updates by group."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from kerasdl.plots.figure import RED, Figure, label, new_figure
from kerasdl.plots.literal_text import literal, shortened
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.ticker import MaxNLocator

COLUMNS = 4
# More images are not legible on one page; as many, evenly spaced, are.
MOST_LAYERS = 20
# The names of more lines do not fit; then a scale of colours tells how deep in the network each is.
MOST_NAMES = 8
# Of the values of one step, the share on either side that does not widen the range of an image.
OUTSIDE = 0.001
# A step with values so many times the usual ones leaves the Axes: with it in range, all else would be flat.
LARGEST = 10
_CHARACTERS = 30
_LINES = {
    "mean": ("Mean", "activation"),
    "std": ("Standard deviation", "activation"),
    "near_zero": ("Share near zero", "share of values"),
}


def activation_stats(history: Mapping[str, Any], *, layers: Sequence[str] | None = None) -> Figure:
    """Draw mean, deviation and share near zero of layers over steps, and for each layer its histogram over steps.

    An image has a column for each measurement and a row for each range of values: the brighter, the more values, on a
    logarithmic scale. fast.ai's lessons call it the colorful dimension.

    Args:
        history: Of `callbacks.ActivationStats`.
        layers: Names of the layers to draw; by default all, or 20 of more, evenly spaced from input to output.

    Raises:
        ValueError: A name is not in the history, or nothing was measured.

    Example:
        >>> activations = kerasdl.callbacks.ActivationStats(x[:16], every=2)
        >>> model.fit(x, y, callbacks=[activations])
        >>> activation_stats(activations.history).savefig("activations.png")
    """
    names = _chosen(list(history.get("mean", ())), layers)
    rows = -(-len(names) // COLUMNS)
    figure = Figure(figsize=(10.0, 3.2 + 1.8 * rows), layout="constrained", dpi=120)
    top, bottom = figure.subfigures(2, 1, height_ratios=[3.2, 1.8 * rows])
    axes = top.subplots(1, len(_LINES))
    for ax, (statistic, (title, unit)) in zip(axes, _LINES.items(), strict=True):
        values = {name: history[statistic][name] for name in names}
        _draw_lines(ax, history["step"], values)
        label(ax, "step", unit, title)
        usual = LARGEST * _usual(np.concatenate(list(values.values())))
        low, high = ax.get_ylim()
        ax.set_ylim(max(low, -usual) if statistic == "mean" else 0, min(high, usual))
    axes[2].set_ylim(0, 1)
    _tell_lines(top, axes, names)
    of_all = f" of {len(names)} of {len(history['mean'])} layers" if len(names) < len(history["mean"]) else ""
    bottom.suptitle(f"Histograms over the steps{of_all} (brighter: more values)", fontsize=10)
    grid = bottom.subplots(rows, COLUMNS, squeeze=False)
    for ax in grid.flat:
        ax.axis("off")
    for place, (ax, name) in enumerate(zip(grid.flat, names, strict=False)):
        ax.axis("on")
        _draw_image(ax, history["step"], history["range"][name], history["counts"][name])
        literal(ax.set_title(shortened(name, _CHARACTERS), fontsize=8))
        ax.set_ylabel("activation" if place % COLUMNS == 0 else "", fontsize=8)
        ax.set_xlabel("step" if place >= len(names) - COLUMNS else "", fontsize=8)
    return figure


def group_scalars(history: Mapping[str, Any]) -> Figure:
    """Draw the gradient norms and the update-to-weight ratios of layer groups over steps, on logarithmic axes.

    A line marks the rule of thumb for the ratio, 1e-3 (Karpathy, notes of CS231n,
    https://cs231n.github.io/neural-networks-3/#ratio).

    Args:
        history: Of `callbacks.GroupScalars`.

    Raises:
        ValueError: Nothing was measured.

    Example:
        >>> scalars = kerasdl.callbacks.GroupScalars((x[:16], y[:16]), every=2)
        >>> model.fit(x, y, callbacks=[scalars])
        >>> group_scalars(scalars.history).savefig("groups.png")
    """
    names = _chosen(list(history.get("gradient_norm", ())), None)
    figure, ((norms, ratios),) = new_figure(1, 2, width=10.0)
    for ax, kind, y, title in (
        (norms, "gradient_norm", "norm of the gradient", "Gradient of each layer group"),
        (ratios, "update_ratio", "norm of the update / norm of the weights", "Update of each layer group in one step"),
    ):
        _draw_lines(ax, history["step"], {name: history[kind][name] for name in names})
        ax.set_yscale("log", nonpositive="mask")
        label(ax, "step", y, title)
    ratios.axhline(1e-3, color=RED, linestyle="--", linewidth=1.2, label="rule of thumb: 1e-3")
    ratios.legend(handles=ratios.lines[-1:], fontsize=8)
    _tell_lines(figure, [norms, ratios], names)
    return figure


def _chosen(names: list[str], layers: Sequence[str] | None) -> list[str]:
    if not names:
        raise ValueError("Nothing was measured: give the history of a callback after its fit. Received: no layers")
    if layers is None:
        places = np.linspace(0, len(names) - 1, min(len(names), MOST_LAYERS)).round().astype(int)
        return [names[place] for place in places]
    if missing := [name for name in layers if name not in names]:
        raise ValueError(f"These layers were not measured: {missing}; {names} were. Received: layers={list(layers)}")
    return list(layers)


def _colors(count: int) -> ListedColormap:
    """From dark to light, from input to output; the lightest would not be seen on white."""
    return ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0, 0.87, count)))


def _draw_lines(ax: Axes, steps: Sequence[int], values: Mapping[str, Sequence[float]]) -> None:
    marker = "o" if len(steps) <= 20 else ""
    for color, (name, heights) in zip(_colors(len(values)).colors, values.items(), strict=True):
        finite = np.where(np.isfinite(heights), heights, np.nan)
        ax.plot(steps, finite, color=color, linewidth=1.4, marker=marker, markersize=3, label=name)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _tell_lines(figure: Any, axes: Sequence[Axes], names: Sequence[str]) -> None:
    """The names of the lines, or how deep the layers are."""
    if len(names) <= MOST_NAMES:
        lines = axes[0].lines[: len(names)]
        legend = figure.legend(lines, names, loc="outside upper center", ncols=min(len(names), 6), fontsize=8)
        for text in legend.get_texts():
            literal(text)
        return
    scale = ScalarMappable(Normalize(1, len(names)), _colors(len(names)))
    bar = figure.colorbar(scale, ax=axes, label="layer", ticks=[1, len(names)])
    bar.ax.set_yticklabels(["first", "last"], fontsize=8)


def _usual(values: np.ndarray) -> float:
    """The median distance from 0 of the finite values that are not 0, as all are after a collapse."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    return float(np.median(sizes)) if len(sizes) else 1.0


def _draw_image(ax: Axes, steps: Sequence[int], ranges: np.ndarray, counts: np.ndarray) -> None:
    """The histograms side by side, over the same ranges of values."""
    ax.tick_params(labelsize=7)
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    known = np.isfinite(ranges).all(axis=1)
    if not known.any():
        ax.text(0.5, 0.5, "not finite", transform=ax.transAxes, ha="center", va="center", fontsize=8)
        return
    edges, image = _on_one_range(ranges, counts)
    last = steps[-1] + (steps[-1] - steps[-2] if len(steps) > 1 else 1)
    ax.pcolormesh([*steps, last], edges, np.log1p(image).T, cmap="viridis", rasterized=True)


def _on_one_range(ranges: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The edges of equal ranges of values, and the counts in them, of each step, as if values were spread evenly.

    Values beyond the edges count in the first and last range. NaN where a step has none.
    """
    below = np.cumsum(np.pad(counts, ((0, 0), (1, 0))), axis=1) / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    own = np.linspace(ranges[:, 0], ranges[:, 1], below.shape[1], axis=1)
    known = np.isfinite(ranges).all(axis=1)
    shares = (OUTSIDE, 1 - OUTSIDE)
    ends = np.array([np.interp(shares, *each) for each in zip(below[known], own[known], strict=True)])
    is_spread = np.count_nonzero(counts[known], axis=1) > 1
    usual = LARGEST * _usual(np.abs(ends).max(axis=1) * is_spread)
    edges = np.linspace(max(ends[:, 0].min(), -usual), min(ends[:, 1].max(), usual), counts.shape[1] + 1)
    found = np.full(counts.shape, np.nan)
    for step in np.flatnonzero(known):
        cumulative = np.interp(edges, own[step], below[step])
        cumulative[[0, -1]] = 0, 1
        found[step] = np.diff(cumulative) * counts[step].sum()
    return edges, found
