"""Which tokens a network attended to."""

from collections.abc import Sequence

import numpy as np
from kerasdl.plots.figure import Figure, new_figure
from kerasdl.plots.literal_text import literal


def attention(weights: np.ndarray, source: Sequence[str], target: Sequence[str], title: str = "") -> Figure:
    """Draw a row for each token of the target: how much it attended to each token of the source.

    Args:
        weights: (target length, source length), each row adding up to 1.
        source: Tokens, from left to right.
        target: Tokens, from top to bottom.
        title: Title.

    Raises:
        ValueError: Weights and tokens differ in number.

    Example:
        >>> attention(np.eye(3)[::-1], "abc", "cba", "Reversed").savefig("attention.png")
    """
    weights = np.asarray(weights)
    if weights.shape != (len(target), len(source)):
        raise ValueError(
            f"One row for each token of the target and one column for each of the source: {len(target)}, "
            f"{len(source)}. Received: weights of shape {weights.shape}"
        )
    figure, ((ax,),) = new_figure(width=1.8 + 0.27 * len(source), height=1.1 + 0.27 * len(target))
    drawn = ax.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for axis, tokens in ((ax.xaxis, source), (ax.yaxis, target)):
        axis.set_ticks(range(len(tokens)))
        for tick in axis.set_ticklabels(["␣" if token == " " else token for token in tokens], fontsize=9):
            literal(tick)
    literal(ax.set_title(title, fontsize=10))
    figure.colorbar(drawn, ax=ax, label="attention", fraction=0.05)
    return figure
