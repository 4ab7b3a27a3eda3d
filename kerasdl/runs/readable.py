"""Names, numbers and values as people read them."""

import json
from collections.abc import Mapping, Sequence
from math import floor, inf, isfinite, log10
from typing import Any

_LETTERS = {"rmse", "mae", "mape", "r2", "f1", "auc", "roc", "lr", "ece"}


def readable(name: str, value: Any, interval: Sequence[float] | None = None) -> str:
    """A metric with its unit, and with the interval that it lies in, to the digits that this supports.

    Mappings and lists are written out: "steps 40, 133; loss 0.31, 0.29".

    Args:
        name: Of the metric; an accuracy is given in percent.
        value: Anything; a number is rounded.
        interval: Its lower and upper end; not finite if there is none.

    Example:
        >>> readable("accuracy", 0.9724, [0.951, 0.986])
        '97.2 % (95.1 to 98.6)'
        >>> readable("rmse", 50.318)
        '50.32'
        >>> readable("rehearsal", {"steps": [40, 133], "loss": [0.31256, 0.29]})
        'steps 40, 133; loss 0.3126, 0.29'
    """
    if isinstance(value, Mapping):
        return "; ".join(f"{in_line(key)} {readable(key, each)}" for key, each in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(readable(name, each) for each in value) or "none"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    percent = isinstance(value, float) and is_share(name)
    times, unit = (100, " %") if percent else (1, "")
    if interval is None or not all(map(isfinite, interval)):
        return f"{value * times:.2f}{unit}" if percent else f"{value:.4g}" if isinstance(value, float) else f"{value:,}"
    low, high = (end * times for end in interval)
    # Two digits of half its width.
    width = (high - low) / 2
    decimals = min(max(1 - floor(log10(width)), 0), 9) if 0 < width < inf else 2
    return f"{value * times:.{decimals}f}{unit} ({low:.{decimals}f} to {high:.{decimals}f})"


def is_share(name: str) -> bool:
    """Whether a metric is a share of all samples, which is shown in percent.

    Example:
        >>> is_share("val_accuracy")
        True
    """
    return name.endswith("accuracy") or name.startswith(("coverage_", "below_", "calibration_error"))


def titled(name: str) -> str:
    """The name of a metric, an option or a file in words.

    Example:
        >>> titled("bits_per_character"), titled("rmse")
        ('Bits per character', 'RMSE')
    """
    words = [word.upper() if word in _LETTERS else word for word in name.replace("_", " ").split()]
    return " ".join(words)[:1].upper() + " ".join(words)[1:]


def in_line(name: str) -> str:
    """The name of a metric within a line.

    Example:
        >>> in_line("test_accuracy"), in_line("rmse")
        ('test accuracy', 'RMSE')
    """
    found = titled(name)
    return found if found[:2].isupper() else f"{found[:1].lower()}{found[1:]}"


def shown(value: Any, longest: int = 2000) -> str:
    """A value of a JSON file; a long one is cut.

    Example:
        >>> shown([200, 100])
        '[200, 100]'
    """
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def duration(seconds: float | None) -> str:
    """A duration in units that suit it; nothing if it is not known.

    Example:
        >>> duration(4000), duration(61.7), duration(12.06)
        ('1 h 6 min', '1 min 2 s', '12.1 s')
    """
    if seconds is None or not 0 <= seconds < inf:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def size(count: int) -> str:
    """Bytes in a unit that suits them.

    Example:
        >>> size(264_000)
        '258 KiB'
    """
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{count / 2**10:.0f} KiB"
