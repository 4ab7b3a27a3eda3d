"""Answers about a series: its forecast, with the fan of its intervals."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from kerasdl import plots, runs
from kerasdl.app.answer import Answer
from kerasdl.app.trained import Trained
from kerasdl.data import series, tabular

if TYPE_CHECKING:
    import pandas as pd

MOST_FIGURES = 6
MOST_ROWS = 200
# Standard deviations of the training data; beyond them the page says so.
FAR = 4.0


def answer_series(trained: Trained, file: str) -> list[Answer]:
    """Forecast the rows that follow those of a CSV file.

    Args:
        trained: A run on time series.
        file: The path of the file.

    Raises:
        BadInput: As for `series.forecast`.
        ModuleNotFoundError: pandas is not installed.
    """
    frame, options = runs.input_series([file], trained.config)
    found = series.forecast(trained.model, frame, run=trained.run, **options)
    read = {name: each for name, each in options.items() if name != "channels"}
    past = {name: each.table for name, each in series.read_series(frame, **read).items()}
    targets = list(tabular.names_of(options["target"]))
    drawn = [(name, target) for name in past for target in targets][:MOST_FIGURES]
    ahead = {name: found.loc[name] if options.get("series") else found for name, _ in drawn}
    lookback = trained.model.input_shape[1]
    pictures = {
        _title(name, target): _fan(past[name][target].iloc[-lookback:], ahead[name], target) for name, target in drawn
    }
    header, *rows = runs.frame_cells(found)
    remarks = list(_remarks(trained.model, past, targets))
    if more := len(past) * len(targets) - len(drawn):
        remarks.append(f"{more} more forecasts are not drawn.")
    if len(rows) > MOST_ROWS:
        remarks.append(f"The table has the first {MOST_ROWS} of {len(rows):,} rows.")
    return [Answer(table=[tuple(map(str, header)), *rows[:MOST_ROWS]], pictures=pictures, remarks=remarks)]


def _title(name: str, target: str) -> str:
    return f"{target} of {name}, with its forecast" if name else f"{target}, with its forecast"


def _fan(past: "pd.Series", ahead: "pd.DataFrame", target: str) -> bytes:
    """The rows that the model reads, and behind them the forecast between the ends of its intervals."""
    with_times = past.index.dtype.kind == "M"
    before: Any = past.index if with_times else np.arange(1 - len(past), 1)
    after: Any = ahead.index if with_times else np.arange(1, len(ahead) + 1)
    # The lines meet in the last known row.
    last, values = float(past.iloc[-1]), past.to_numpy(float)
    joined = [before[-1], *after]

    def from_last(name: str) -> list[float]:
        return [last, *ahead[name].to_numpy(float)]

    lines = {"known": (before, values), "forecast": (joined, from_last(target))}
    bands = {name: (joined, from_last(low), from_last(high)) for name, low, high in _intervals(ahead, target)}
    return plots.fan(lines, bands, "" if with_times else "rows after the last one", target, "").png


def _intervals(ahead: "pd.DataFrame", target: str) -> Iterator[tuple[str, str, str]]:
    """Each interval with the columns of its ends, the narrowest first."""
    ends = {
        float(name.removeprefix(f"{target} ").removesuffix(" %")): name
        for name in ahead
        if name.startswith(f"{target} ") and name.endswith(" %")
    }
    ordered = sorted(ends)
    for low, high in reversed([*zip(ordered, reversed(ordered), strict=True)][: len(ordered) // 2]):
        yield f"{high - low:g} %", ends[low], ends[high]


def _remarks(model: keras.Model, past: dict[str, "pd.DataFrame"], targets: Sequence[str]) -> Iterator[str]:
    """Where a series ends far from the training data: the model divides by their standard deviation."""
    centre, scale = (
        np.ravel(model.get_layer(name).get_config()[of]) for name, of in (("centre", "offset"), ("scale", "scale"))
    )
    for name, table in past.items():
        for at, target in enumerate(targets):
            away = abs(float(table[target].iloc[-1]) + centre[at]) * scale[at]
            if away > FAR:
                of = f" of {name}" if name else ""
                yield f"{target}{of} ends {away:.1f} standard deviations from the mean of the training data."
