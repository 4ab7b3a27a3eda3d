"""A figure of windows: what was before each origin, what followed, and forecasts of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kerasdl.plots import Figure

# Targets that are drawn, a panel for each.
MOST_TARGETS = 3


def draw_windows(parts: Mapping[str, np.ndarray], titles: Sequence[str], targets: Sequence[str]) -> "Figure":
    """Draw a panel for each window and target, of the first three targets.

    Args:
        parts: Values by name (windows, steps, targets or more): "window" ends before the origin, others begin there.
        titles: One for each window.
        targets: Their names.

    Example:
        >>> window, future = air.windows(air.valid_origins[:2]), air.futures(air.valid_origins[:2])
        >>> draw_windows({"window": window, "truth": future}, ["first", "second"], ["Passengers"])
    """
    from kerasdl import plots

    shown = targets[:MOST_TARGETS]
    panels = [
        {name: (_steps(name, values.shape[1]), values[row, :, place]) for name, values in parts.items()}
        for row in range(len(titles))
        for place in range(len(shown))
    ]
    if len(targets) == 1:
        return plots.line_sheet(panels, titles, "rows from the origin", targets[0])
    more = f" of the first {len(shown)} of {len(targets)} targets" if len(targets) > len(shown) else ""
    titles = [f"{name}, {title}" for title in titles for name in shown]
    return plots.line_sheet(panels, titles, "rows from the origin", f"value{more}", columns=len(shown))


def _steps(name: str, count: int) -> range:
    return range(-count, 0) if name == "window" else range(count)
