"""Numbers as people read them."""

from collections.abc import Sequence
from math import floor, isfinite, log10
from typing import Any


def readable(name: str, value: Any, interval: Sequence[float] | None = None) -> str:
    """A metric with its unit, and with the interval that it lies in, to the digits that this supports.

    Args:
        name: Of the metric; an accuracy is given in percent.
        value: Anything; a number is rounded.
        interval: Its lower and upper end.

    Example:
        >>> readable("accuracy", 0.9724, [0.951, 0.986])
        '97.2 % (95.1 to 98.6)'
        >>> readable("rmse", 50.318)
        '50.32'
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    percent = isinstance(value, float) and is_share(name)
    times, unit = (100, " %") if percent else (1, "")
    if interval is None:
        return f"{value * times:.2f}{unit}" if percent else f"{value:.4g}" if isinstance(value, float) else f"{value:,}"
    low, high = (end * times for end in interval)
    decimals = min(max(1 - floor(log10(high - low)), 0), 9) if high > low and isfinite(high - low) else 2
    decimals = max(decimals, 1) if percent else decimals
    return f"{value * times:.{decimals}f}{unit} ({low:.{decimals}f} to {high:.{decimals}f})"


def is_share(name: str) -> bool:
    """Whether a metric is a share of all samples, which is shown in percent.

    Example:
        >>> is_share("val_accuracy")
        True
    """
    return name.endswith("accuracy")


def titled(name: str) -> str:
    """The name of a metric, an option or a file in words.

    Example:
        >>> titled("bits_per_character"), titled("rmse")
        ('Bits per character', 'RMSE')
    """
    words = [word.upper() if word in _LETTERS else word for word in name.replace("_", " ").split()]
    return " ".join(words)[:1].upper() + " ".join(words)[1:]


_LETTERS = {"rmse", "mae", "mape", "r2", "f1", "auc", "roc", "lr", "ece"}
