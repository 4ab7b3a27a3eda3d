"""Plots of a training: range test, schedule and curves."""

from collections.abc import Mapping, Sequence
from itertools import cycle, product

import numpy as np
from kerasdl.plots.figure import BLUE, FAINT, GREEN, ORANGE, PURPLE, RED, Figure, label, new_figure
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

MOST_EPOCHS_WITH_MARKERS = 50


def lr_range(
    rates: np.ndarray, losses: np.ndarray, smoothed: np.ndarray, marks: Mapping[str, float], *, ax: Axes | None = None
) -> Figure:
    """Draw a range test: raw and smoothed loss over the learning rate, and a vertical line per marked learning rate.

    Example:
        >>> found = kerasdl.lr_find(model, x_train, y_train)
        >>> lr_range(found.rates, found.losses, found.smoothed, {"valley": found.suggestion("valley")})
    """
    ax = ax or new_figure()[1][0, 0]
    ax.semilogx(rates, losses, color=FAINT, linewidth=1, label="loss of the batch")
    ax.semilogx(rates, smoothed, color=BLUE, linewidth=2, label="smoothed")
    styles = cycle(product(("--", ":"), (RED, ORANGE, GREEN, PURPLE, "black")))
    for (name, rate), (dashes, color) in zip(marks.items(), styles, strict=False):
        ax.axvline(rate, color=color, linestyle=dashes, linewidth=1.5, label=f"{name}: {rate:.2g}")
    finite = smoothed[np.isfinite(smoothed)]
    if len(finite):
        # With the last points of a diverging run in range, the rest of the curve would be flat.
        low, high = min(finite.min(), np.nanmin(losses)), finite[: max(1, len(finite) // 3)].max()
        span = max(high - low, 0.05 * abs(high), 1e-6)
        ax.set_ylim(low - 0.15 * span, high + 0.6 * span)
    label(ax, "learning rate", "loss", "Learning-rate range test")
    ax.legend(fontsize=8)
    return ax.figure


def schedule(
    steps: Sequence[int], rates: Sequence[float], momenta: Sequence[float | None], *, ax: Axes | None = None
) -> Figure:
    """Draw learning rate (left axis) and momentum (right axis) over the steps.

    Example:
        >>> scalars = kerasdl.callbacks.StepScalars("logs/steps")
        >>> model.fit(x, y, callbacks=[kerasdl.callbacks.OneCycle(1e-2), scalars])
        >>> schedule(scalars.history["step"], scalars.history["learning_rate"], scalars.history["momentum"])
    """
    ax = ax or new_figure()[1][0, 0]
    both = any(momentum is not None for momentum in momenta)
    ax.plot(steps, rates, color=BLUE, linewidth=2)
    label(ax, "step", "learning rate", f"Learning rate{' and momentum' if both else ''}, step by step")
    if both:
        ax.tick_params(axis="y", colors=BLUE)
        ax.yaxis.label.set_color(BLUE)
        right = ax.twinx()
        right.plot(steps, momenta, color=RED, linewidth=2, linestyle="--")
        right.set_ylabel("momentum", color=RED)
        right.tick_params(axis="y", colors=RED)
        right.spines[["top", "left"]].set_visible(False)
    return ax.figure


def curves(history: Mapping[str, Sequence[float]], names: Sequence[str]) -> Figure:
    """Draw metrics over the epochs, each on its own Axes, for training and (`val_NAME`) validation.

    Example:
        >>> curves(model.fit(x, y, validation_split=0.2).history, ["loss", "accuracy"])
    """
    figure, axes = new_figure(1, len(names), width=4.5 * len(names), height=3.6)
    for ax, name in zip(axes.flat, names, strict=True):
        for key, part, color in ((name, "training", BLUE), (f"val_{name}", "validation", ORANGE)):
            if key in history:
                epochs = np.arange(1, len(history[key]) + 1)
                marker = "o" if len(epochs) <= MOST_EPOCHS_WITH_MARKERS else ""
                ax.plot(epochs, history[key], color=color, marker=marker, markersize=3, label=part)
        # A single epoch is no reason for ticks at fractions.
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        words = name.replace("_", " ")
        label(ax, "epoch", words, words.capitalize())
        ax.legend(fontsize=8)
    return figure
