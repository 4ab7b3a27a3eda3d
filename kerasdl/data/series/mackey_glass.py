"""The Mackey-Glass time series, generated."""

from typing import TYPE_CHECKING

import numpy as np
from kerasdl.optional import import_optional

if TYPE_CHECKING:
    import pandas as pd


def mackey_glass(rows: int, *, seed: int = 0) -> "pd.DataFrame":
    """Generate the chaotic Mackey-Glass series (Science 197, 1977, https://doi.org/10.1126/science.267326), tau = 17.

    dx/dt = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x(t), by Euler's method with step size 0.1.

    Args:
        rows: Number of rows, one time unit apart; the first 300 time units are discarded.
        seed: Random seed of the initial values, around 1.2.

    Returns:
        A DataFrame with one column, "x".

    Raises:
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> chaos = kerasdl.data.series.from_frame(mackey_glass(3000), target="x")
    """
    pd = import_optional("pandas")
    x = list(1.2 + 0.1 * np.random.default_rng(seed).standard_normal(171))
    for _ in range(10 * (rows + 300)):
        x.append(x[-1] + 0.1 * (0.2 * x[-171] / (1 + x[-171] ** 10) - 0.1 * x[-1]))
    return pd.DataFrame({"x": x[-10 * rows :: 10]})
