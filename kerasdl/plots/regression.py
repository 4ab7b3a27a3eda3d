"""Plots of predicted numbers beside the true ones."""

from collections.abc import Sequence

import numpy as np
from kerasdl.plots.figure import BLUE, RED, Figure, label, new_figure
from kerasdl.plots.literal_text import literal, shortened
from matplotlib.axes import Axes

LONGEST_NAME, MOST_BINS = 36, 60
# In widths of the middle half of the values: from which range on an axis is cut, and to what on each side.
FAR, NEAR = 40, 10
# Positive values that span more have logarithmic axes.
WIDE = 1000
# Above it, numbers overflow when an axis is computed.
LARGEST = 1e100
# Points that are drawn large.
FEW = 200


def residuals(predictions: np.ndarray, targets: np.ndarray, names: Sequence[str]) -> Figure:
    """Draw predictions over true values and a histogram of residuals, per target, from arrays (samples, targets).

    Where a few values are so far away that the others would be one point, the axes end before them, and the titles tell
    how many are beyond; so are values that are not finite, or above 1e100.

    Example:
        >>> found = kerasdl.interpret.Regression.of(model, houses.valid, houses.target, houses.scale.undo)
        >>> residuals(found.predictions, found.targets, found.names)
    """
    figure, axes = new_figure(len(names), 2, width=9.0, height=3.8 * len(names))
    for (left, right), predicted, true, name in zip(axes, predictions.T, targets.T, names, strict=True):
        # As float64: integers without a sign have no negative difference.
        both = np.stack([predicted, true]).astype(np.float64)
        drawn = both[:, (np.abs(both) <= LARGEST).all(axis=0)]
        _predicted_over_true(left, drawn, shortened(name, LONGEST_NAME), len(true))
        _histogram(right, drawn[0] - drawn[1], len(true))
    return figure


def _predicted_over_true(ax: Axes, both: np.ndarray, name: str, samples: int) -> None:
    unit, text, few = 1.0, "", samples <= FEW
    if both.size and 0 < WIDE * both.min() < both.max():
        ax.set(xscale="log", yscale="log")
        ends = both.min() / 1.2, both.max() * 1.2
    else:
        ends = _ends(both)
        unit, text = _unit(ends)
    predicted, true = both / unit
    ax.scatter(true, predicted, s=20 if few else 6, alpha=0.4, color=BLUE, linewidths=0)
    ax.plot(np.divide(ends, unit), np.divide(ends, unit), color=RED, linewidth=1.2)
    label(ax, "", f"predicted{text}", f"Predicted over true{_beyond(both, ends, samples)}")
    literal(ax.set_xlabel(f"true {name}{text}"))
    ax.set(xlim=np.divide(ends, unit), ylim=np.divide(ends, unit))


def _histogram(ax: Axes, errors: np.ndarray, samples: int) -> None:
    ends = _ends(errors[None])
    unit, text = _unit(ends)
    bins = int(np.clip(np.sqrt(len(errors)), 10, MOST_BINS))
    ax.hist(errors / unit, bins=bins, range=tuple(np.divide(ends, unit)), color=BLUE)
    ax.axvline(0, color=RED, linewidth=1.2)
    label(ax, f"predicted - true{text}", "samples", f"Residuals{_beyond(errors[None], ends, samples)}")
    ax.locator_params(axis="x", nbins=6)


def _unit(ends: tuple[float, float]) -> tuple[float, str]:
    """What the numbers of an axis are multiples of, so that they are short, and how its label says so."""
    largest = np.abs(ends).max()
    if 1e-3 <= largest < 1e6:
        return 1.0, ""
    exponent = max(3 * int(np.floor(np.log10(largest) / 3)), -99)
    return 10.0**exponent, f" (in 1e{exponent})"


def _ends(values: np.ndarray) -> tuple[float, float]:
    """What an axis shows of (values, samples): all with a margin, or those near the middle if others are far away."""
    if not values.size:
        return 0.0, 1.0
    low, first, last, high = np.percentile(values, (0, 25, 75, 100), axis=1)
    middle = last - first
    reach = np.where((middle > 0) & (high - low > FAR * middle), NEAR * middle, np.inf)
    lowest, highest = float(np.maximum(low, first - reach).min()), float(np.minimum(high, last + reach).max())
    spread, size = highest - lowest, max(abs(lowest), abs(highest))
    # What differs by rounding only is one number.
    margin = 0.05 * (spread if spread > 1e-9 * size else size) or 1.0
    return lowest - margin, highest + margin


def _beyond(values: np.ndarray, ends: tuple[float, float], samples: int) -> str:
    """A line for the title if not all samples are among the (values, samples) between the ends of an axis."""
    count = samples - int(((values >= ends[0]) & (values <= ends[1])).all(axis=0).sum())
    return f"\n{count:,} of {samples:,} beyond the axes" if count else ""
