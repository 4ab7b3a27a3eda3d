"""Spectrograms, and what weighed in spectrograms and in lines."""

from collections.abc import Sequence

import numpy as np
from kerasdl.plots.figure import BLUE, FAINT, RED, Figure, label, new_figure
from kerasdl.plots.literal_text import literal, title_lines
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize

# Of the titles of a sheet, at its width and font size.
CHARACTERS_PER_ROW, WIDTH = 120, 9.0
# Of the signed values, those that have the full color: single ones may be far above all others.
SHARE_IN_RANGE = 0.99
TICKS = 4


def spectrogram_sheet(
    spectra: np.ndarray,
    titles: Sequence[str],
    *,
    hop: float,
    bands: Sequence[float],
    maps: np.ndarray | None = None,
    columns: int = 4,
) -> Figure:
    """Draw spectrograms over seconds and Hertz, each under its title, and beside each of them what weighed in it.

    Args:
        spectra: (count, frames, bands), the logarithm of a power; NaN after the end of a shorter sound.
        titles: One for each.
        hop: Seconds from frame to frame.
        bands: The center of each band, in Hertz.
        maps: (count, frames, bands), such as those of `interpret.integrated_gradients`: above 0 (red) where a number
            speaks for the class, below 0 (blue) where it speaks against it; by default none.
        columns: Number of spectrograms in a row; with maps, half of it.

    Example:
        >>> spectrogram_sheet(np.random.rand(2, 98, 40), ["yes", "no"], hop=0.01, bands=range(100, 4100, 100))
    """
    every = 1 if maps is None else 2
    shown = max(1, min(columns // every, len(spectra)))
    rows = max(1, -(-len(spectra) // shown))
    heads = ["\n".join(title_lines(title, CHARACTERS_PER_ROW * every // columns)) for title in titles]
    lines = max((head.count("\n") for head in heads), default=0)
    figure, axes = new_figure(rows, shown * every, width=WIDTH, height=(1.7 + 0.15 * lines) * rows + 0.4)
    for ax in axes.flat[len(spectra) * every :]:
        ax.axis("off")
    for number, (spectrum, head) in enumerate(zip(spectra, heads, strict=True)):
        left = axes.flat[number * every]
        _draw(left, spectrum, hop, bands, cmap="magma")
        literal(left.set_title(head, fontsize=8, loc="left"))
        if maps is not None:
            right, drawn = axes.flat[number * every + 1], signed(maps[number])
            heat = np.where(np.isnan(spectrum), np.nan, maps[number])
            _draw(right, heat, hop, bands, cmap=drawn.cmap, norm=drawn.norm)
            _bar(figure, drawn, right)
    figure.supxlabel("seconds", fontsize=9)
    figure.supylabel("Hz", fontsize=9)
    return figure


def weighed_lines(
    values: np.ndarray, maps: np.ndarray, titles: Sequence[str], *, y: str = "value", columns: int = 3
) -> Figure:
    """Draw sequences as lines, with a point at each step whose color tells how much it weighed.

    Args:
        values: (count, length, channels); NaN after the end of a shorter one.
        maps: The same shape, such as from `interpret.integrated_gradients`: above 0 (red) where a number speaks for the
            class, below 0 (blue) where it speaks against it.
        titles: One for each.
        y: What the values are.
        columns: Number of panels in a row.

    Example:
        >>> weighed_lines(waves[:2, :, None], waves[1:3, :, None], ["slow", "fast"])
    """
    rows = max(-(-len(values) // columns), 1)
    heads = ["\n".join(title_lines(title, CHARACTERS_PER_ROW // columns)) for title in titles]
    lines = max((head.count("\n") for head in heads), default=0)
    figure, axes = new_figure(rows, columns, width=WIDTH, height=(1.9 + 0.15 * lines) * rows + 0.4)
    for ax in axes.flat[len(values) :]:
        ax.axis("off")
    for ax, sequence, heat, head in zip(axes.flat, values, maps, heads, strict=False):
        drawn, steps = signed(heat), np.arange(1, len(sequence) + 1)
        for channel, weights in zip(sequence.T, heat.T, strict=True):
            ax.plot(steps, channel, color=FAINT, linewidth=0.8, zorder=1)
            ax.scatter(steps, channel, c=weights, cmap=drawn.cmap, norm=drawn.norm, s=7, zorder=2)
        label(ax, "", "", "")
        ax.tick_params(labelsize=7)
        literal(ax.set_title(head, fontsize=8))
        _bar(figure, drawn, ax)
    figure.supxlabel("step", fontsize=9)
    literal(figure.supylabel(y, fontsize=9))
    return figure


def signed(values: np.ndarray) -> ScalarMappable:
    """Colors of numbers around 0: blue (against) over white to red (for).

    Example:
        >>> signed(np.array([-1.0, 1.0])).norm.vmin
        -1.0
    """
    high = np.abs(values[~np.isnan(values)])
    limit = float(np.quantile(high, SHARE_IN_RANGE)) if high.size else 0.0
    limit = limit or float(high.max(initial=0)) or 1.0
    return ScalarMappable(Normalize(-limit, limit), LinearSegmentedColormap.from_list("", [BLUE, "white", RED]))


def _draw(ax: Axes, values: np.ndarray, hop: float, bands: Sequence[float], **options: object) -> None:
    real = values[: int(np.sum(~np.isnan(values).all(axis=1))) or 1]
    extent = (0, len(real) * hop, 0, len(bands))
    ax.imshow(real.T, origin="lower", aspect="auto", extent=extent, interpolation="nearest", **options)
    places = np.linspace(0, len(bands) - 1, min(TICKS, len(bands))).round().astype(int)
    ax.set_yticks(places + 0.5, [f"{bands[place]:,.0f}" for place in places])
    ax.tick_params(labelsize=7)


def _bar(figure: Figure, drawn: ScalarMappable, ax: Axes) -> None:
    bar = figure.colorbar(drawn, ax=ax, fraction=0.046, pad=0.03)
    bar.ax.tick_params(labelsize=6)
    bar.ax.yaxis.get_offset_text().set_fontsize(6)
    bar.set_label("nats", fontsize=6)
