"""Names as the ticks of an axis."""

from collections.abc import Sequence
from typing import Any

from kerasdl.plots.literal_text import literal
from matplotlib.axis import Axis


def name_ticks(axis: Axis, places: Sequence[int], names: Sequence[str], **style: Any) -> None:
    """Write names beside an axis, each as it is.

    Args:
        axis: `ax.xaxis` or `ax.yaxis`.
        places: Where the names stand (count,).
        names: Any texts (count,).
        style: Of the texts, such as `fontsize`.

    Example:
        >>> name_ticks(axes[0, 0].yaxis, [0, 1], ["cost in $", "weight"], fontsize=8)
    """
    axis.set_ticks(places, names, **style)
    # A tick writes its text anew whenever it is drawn.
    axis.set_ticklabels([literal(text).get_text() for text in axis.get_ticklabels()])
