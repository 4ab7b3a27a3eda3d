"""Plots of given numbers, on given Axes or on a new figure. Nothing here computes results or saves files.

Figures are created without pyplot and its state. A notebook shows a figure at the end of a cell;
`figure.savefig("confusion.png")` saves it.
"""

import io
import textwrap
from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.figure
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

BLUE, RED, ORANGE, GREEN, PURPLE, FAINT = "#1f77b4", "#d1495b", "#e07b00", "#4c956c", "#6d597a", "#b8c4cf"
MOST_CELLS_WITH_COUNTS = 30
MOST_POINTS_WITH_MARKERS = 50
# Of the titles of an image sheet, at its width and font size.
CHARACTERS_PER_ROW = 130


class Figure(matplotlib.figure.Figure):
    """A Matplotlib figure that a notebook shows at the end of a cell, without pyplot.

    Example:
        >>> confusion(found.confusion, found.classes)
    """

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        self.savefig(picture, format="png")
        return picture.getvalue()


def image_sheet(images: np.ndarray, titles: Sequence[str], *, columns: int = 6) -> Figure:
    """Draw images (count, height, width, 1 or 3) with values 0..255, each with its title, wrapped to its column.

    Example:
        >>> image_sheet(photographs, ["cat", "dog"]).savefig("sheet.png")
    """
    rows = max(1, -(-len(images) // columns))
    titles = [textwrap.fill(title, CHARACTERS_PER_ROW // columns) for title in titles]
    lines = max((title.count("\n") for title in titles), default=0)
    figure, axes = _figure(rows, columns, width=9.0, height=(1.7 + 0.17 * lines) * rows)
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        pixels = np.clip(image, 0, 255).astype(np.uint8)
        ax.imshow(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, cmap="gray", vmin=0, vmax=255)
        ax.set_title(title, fontsize=8)
    return figure


def lr_range(
    rates: np.ndarray, losses: np.ndarray, smoothed: np.ndarray, marks: Mapping[str, float], *, ax: Axes | None = None
) -> Figure:
    """Draw a range test: raw and smoothed loss over the learning rate, and a vertical line per marked learning rate.

    Example:
        >>> found = kerasdl.lr_find(model, x_train, y_train)
        >>> lr_range(found.rates, found.losses, found.smoothed, {"valley": found.suggestion("valley")})
    """
    ax = ax or _figure()[1][0, 0]
    ax.semilogx(rates, losses, color=FAINT, linewidth=1, label="loss of the batch")
    ax.semilogx(rates, smoothed, color=BLUE, linewidth=2, label="smoothed")
    for (name, rate), color in zip(marks.items(), cycle((RED, ORANGE, GREEN, PURPLE)), strict=False):
        ax.axvline(rate, color=color, linestyle="--", linewidth=1.2, label=f"{name}: {rate:.2g}")
    finite = smoothed[np.isfinite(smoothed)]
    if len(finite):
        # With the last points of a diverging run in range, the rest of the curve would be flat.
        low, high = min(finite.min(), np.nanmin(losses)), finite[: max(1, len(finite) // 3)].max()
        span = max(high - low, 0.05 * abs(high), 1e-6)
        ax.set_ylim(low - 0.15 * span, high + 0.6 * span)
    _label(ax, "learning rate", "loss", "Learning-rate range test")
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
    ax = ax or _figure()[1][0, 0]
    ax.plot(steps, rates, color=BLUE, linewidth=2)
    ax.tick_params(axis="y", colors=BLUE)
    _label(ax, "step", "learning rate", "Learning rate and momentum, step by step")
    ax.yaxis.label.set_color(BLUE)
    if any(momentum is not None for momentum in momenta):
        right = ax.twinx()
        right.plot(steps, momenta, color=RED, linewidth=2)
        right.set_ylabel("momentum", color=RED)
        right.tick_params(axis="y", colors=RED)
        right.spines[["top", "left"]].set_visible(False)
    return ax.figure


def curves(history: Mapping[str, Sequence[float]], names: Sequence[str]) -> Figure:
    """Draw metrics over the epochs, each on its own Axes, for training and (`val_NAME`) validation.

    Example:
        >>> curves(model.fit(x, y, validation_split=0.2).history, ["loss", "accuracy"])
    """
    figure, axes = _figure(1, len(names), width=4.5 * len(names), height=3.6)
    for ax, name in zip(axes.flat, names, strict=True):
        for key, label, color in ((name, "training", BLUE), (f"val_{name}", "validation", ORANGE)):
            if key in history:
                epochs = np.arange(1, len(history[key]) + 1)
                ax.plot(epochs, history[key], color=color, marker="o", markersize=3, label=label)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        _label(ax, "epoch", name, name.capitalize())
        ax.legend(fontsize=8)
    return figure


def lines(
    values: Mapping[str, tuple[Sequence, Sequence[float]]], x: str, y: str, title: str, *, ax: Axes | None = None
) -> Figure:
    """Draw named lines, each over its own x: parts of a series, forecasts and true values, errors by step.

    Example:
        >>> lines({"truth": (days, truth), "forecast": (days, forecast)}, "day", "temperature", "One day ahead")
    """
    ax = ax or _figure(width=9.0)[1][0, 0]
    for (name, (places, heights)), color in zip(values.items(), cycle((BLUE, ORANGE, FAINT, GREEN)), strict=False):
        marker = "o" if len(heights) <= MOST_POINTS_WITH_MARKERS else ""
        ax.plot(places, heights, color=color, linewidth=1.2, marker=marker, markersize=3, label=name)
    _label(ax, x, y, title)
    ax.legend(fontsize=8)
    return ax.figure


def confusion(counts: np.ndarray, classes: Sequence[str], *, ax: Axes | None = None) -> Figure:
    """Draw a confusion matrix (rows true, columns predicted), shaded by the fraction of the true class.

    Example:
        >>> confusion(found.confusion, found.classes)
    """
    side = min(3.5 + 0.3 * len(classes), 14)
    ax = ax or _figure(width=side, height=side)[1][0, 0]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(classes) <= MOST_CELLS_WITH_COUNTS:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                color = "white" if shares[row, column] > 0.5 else "black"
                ax.text(column, row, f"{count}", ha="center", va="center", fontsize=8, color=color)
    ax.set_xticks(range(len(classes)), classes, rotation=90 if max(map(len, classes)) > 3 else 0, fontsize=8)
    ax.set_yticks(range(len(classes)), classes, fontsize=8)
    ax.set(xlabel="predicted", ylabel="true", title="Confusion")
    return ax.figure


def residuals(predictions: np.ndarray, targets: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw predictions over true values and a histogram of residuals, per target, from arrays (samples, targets).

    Example:
        >>> found = kerasdl.interpret.Regression.of(model, houses.valid, houses.target, houses.scale.undo)
        >>> residuals(found.predictions, found.targets, found.names)
    """
    figure, axes = _figure(len(names), 2, width=9.0, height=3.8 * len(names))
    for (left, right), predicted, true, name in zip(axes, predictions.T, targets.T, names, strict=True):
        ends = [min(predicted.min(), true.min()), max(predicted.max(), true.max())]
        left.scatter(true, predicted, s=6, alpha=0.4, color=BLUE, linewidths=0)
        left.plot(ends, ends, color=RED, linewidth=1.2)
        _label(left, f"true {name}", "predicted", "Predicted over true")
        right.hist(predicted - true, bins="auto", color=BLUE)
        right.axvline(0, color=RED, linewidth=1.2)
        _label(right, "predicted - true", "samples", "Residuals")
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
    ax = ax or _figure(height=1.2 + 0.3 * len(values))[1][0, 0]
    ax.barh(range(len(values)), list(values.values()), color=BLUE)
    # A name may be any word: neither a formula, nor a line break.
    names = [repr(name)[1:-1].replace("$", r"\$") for name in values]
    ax.set_yticks(range(len(values)), names, fontsize=8)
    ax.invert_yaxis()
    _label(ax, x, "", title)
    return ax.figure


def _figure(rows: int = 1, columns: int = 1, *, width: float = 7.0, height: float = 4.2) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(width, height), layout="constrained", dpi=120)
    return figure, figure.subplots(rows, columns, squeeze=False)


def _label(ax: Axes, x: str, y: str, title: str) -> None:
    ax.set(xlabel=x, ylabel=y, title=title)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
