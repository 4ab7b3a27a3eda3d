"""From a table as people have it to series of numbers at a regular spacing, each cut into training and test."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from kerasdl.data.series.time_stamps import read_times, regular_grid, usual_step
from kerasdl.data.tabular import numbers, parsed_numbers, place
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

Fill = Literal["linear", "forward"] | None
MOST_WORDS = 32
_TO_FILL = "fill them (fill='linear' or 'forward'; --fill)"


@dataclass(frozen=True)
class Line:
    """One series.

    Attributes:
        table: A column a channel: float64, or words; indexed by time stamp, or by row number.
        cut: How many rows are for training; the others, later, are for the test.
        measured: Whether the targets of a row were measured, not filled in: bool (rows,).
        spacing: What the spacing is called; None without time stamps.
    """

    table: "pd.DataFrame"
    cut: int
    measured: np.ndarray
    spacing: str | None


def read_lines(
    frame: "pd.DataFrame",
    targets: Sequence[str],
    covariates: Sequence[str],
    *,
    time: Sequence[str],
    series: str | None,
    test_share: float,
    sort: bool,
    fill: Fill,
) -> dict[str, Line]:
    """The series of a table by name, in the order in which they begin; arguments as for `series.from_frame`."""
    if sort and not time:
        raise BadInput(f"Rows are sorted by a time column: name it (time=; --time). Received: sort={sort}")
    table = frame[[*targets, *covariates]].copy()
    for name in table:
        table[name] = _channel(frame[name], may_be_words=name in covariates)
    times = read_times(frame, time) if time else None
    lines = {}
    for name, rows in _rows_of_series(frame, series).items():
        table_of_one, spacing = table.iloc[rows], None
        if times is not None:
            table_of_one, spacing = _regular(table_of_one, times.iloc[rows], sort=sort, fill=fill)
        elif fill is None:
            _check_complete(table_of_one)
        table_of_one = table_of_one if times is not None else table_of_one.reset_index(drop=True)
        cut = len(table_of_one) - round(len(table_of_one) * test_share)
        measured = table_of_one[list(targets)].notna().all(axis=1).to_numpy()
        lines[name] = Line(_filled(table_of_one, cut, fill), cut, measured, spacing)
    return _words_as_numbers(lines)


def _channel(column: "pd.Series", *, may_be_words: bool) -> "pd.Series":
    """Numbers; or words, where a covariate holds not one number."""
    if may_be_words and column.notna().any() and np.isnan(parsed_numbers(column)).all():
        return column.where(column.isna(), column.astype(str))
    return column.__class__(numbers(column), index=column.index, name=column.name)


def _rows_of_series(frame: "pd.DataFrame", series: str | None) -> dict[str, np.ndarray]:
    if series is None:
        return {"": np.arange(len(frame))}
    if (missing := frame[series].isna().to_numpy()).any():
        raise BadInput(
            f"Column {series!r} tells the series apart, but {missing.sum()} rows have nothing there, the first at "
            f"{place(frame[series], int(np.argmax(missing)))}. Received: series={series!r}"
        )
    names = frame[series].astype(str).to_numpy()
    return {name: np.flatnonzero(names == name) for name in dict.fromkeys(names)}


def _regular(table: "pd.DataFrame", times: "pd.Series", *, sort: bool, fill: Fill) -> tuple["pd.DataFrame", str]:
    """Rows in order of time, at a regular spacing, indexed by time; without `fill` nothing is missing."""
    import pandas as pd

    _check_once(times)
    if sort:
        order = times.argsort(kind="stable")
        table, times = table.iloc[order], times.iloc[order]
    _check_order(times)
    index = pd.DatetimeIndex(times)
    found = regular_grid(index)
    if found is None:
        raise _uneven(times, index)
    grid, spacing = found
    if fill is None:
        _check_complete(table)
        _check_no_gap(times, grid, spacing)
    return table.set_axis(index).reindex(grid), spacing


def _check_once(times: "pd.Series") -> None:
    repeated = times.duplicated().to_numpy()
    if repeated.any():
        first = int(np.argmax(repeated))
        raise BadInput(
            f"{repeated.sum()} time stamps stand there twice, the first at {place(times, first)}: keep one row "
            "for each, or name the column that tells several series apart (series=; --series). "
            f"Received: {times.iloc[first]}"
        )


def _check_order(times: "pd.Series") -> None:
    earlier = np.diff(times.to_numpy()) < np.timedelta64(0)
    if earlier.any():
        first = int(np.argmax(earlier)) + 1
        raise BadInput(
            f"{earlier.sum()} rows are earlier than the row before, the first at {place(times, first)}: sort them "
            f"(sort=True; --sort). Received: {times.iloc[first]} after {times.iloc[first - 1]}"
        )


def _uneven(times: "pd.Series", index: "pd.DatetimeIndex") -> BadInput:
    usual = usual_step(index)
    other = np.diff(index.to_numpy()) != usual.to_numpy()
    first = int(np.argmax(other)) + 1
    return BadInput(
        f"The time stamps are not regularly spaced: mostly by {usual}, but {other.sum()} otherwise, the first at "
        f"{place(times, first)}. Bring them to one spacing, or leave the time column out (no --time), and rows are "
        f"taken as they follow. Received: {times.iloc[first]} after {times.iloc[first - 1]}"
    )


def _check_no_gap(times: "pd.Series", grid: "pd.DatetimeIndex", spacing: str) -> None:
    missing = grid.difference(times.to_numpy())
    if len(missing):
        before = int((times.to_numpy() < missing[0].to_numpy()).sum()) - 1
        raise BadInput(
            f"{len(missing)} time stamps are missing from a {spacing} series, the first, {missing[0]}, after "
            f"{place(times, before)}: {_TO_FILL}, or leave the time column out (no --time), and rows are taken as "
            f"they follow. Received: {times.iloc[before + 1]} after {times.iloc[before]}"
        )


def _check_complete(table: "pd.DataFrame") -> None:
    for name in table:
        missing = table[name].isna().to_numpy()
        if missing.any():
            raise BadInput(
                f"Column {name!r} lacks {missing.sum()} of {len(table)} values, the first at "
                f"{place(table[name], int(np.argmax(missing)))}: {_TO_FILL}. Received: fill=None"
            )


def _filled(table: "pd.DataFrame", cut: int, fill: Fill) -> "pd.DataFrame":
    """No value missing: in the test part by what was known before, so that nothing looks ahead."""
    import pandas as pd

    if fill is None:
        return table
    train = table.iloc[:cut].ffill() if fill == "forward" else table.iloc[:cut].apply(_interpolated)
    # Backwards only where a series begins without a value.
    filled = pd.concat([train.bfill(), table.iloc[cut:]]).ffill()
    if filled.isna().to_numpy().any():
        empty = list(filled.columns[filled.isna().any()])
        raise BadInput(
            f"Nothing to fill from: no value in the training part of columns {empty}. Received: fill={fill!r}"
        )
    return filled


def _interpolated(column: "pd.Series") -> "pd.Series":
    if column.dtype == object:
        return column.ffill()
    values, rows = column.to_numpy(), np.arange(len(column))
    known = ~np.isnan(values)
    filled = np.interp(rows, rows[known], values[known]) if known.any() else values
    return column.__class__(filled, index=column.index, name=column.name)


def _words_as_numbers(lines: dict[str, Line]) -> dict[str, Line]:
    """A channel of 0 and 1 for every word that the training part knows."""
    first = next(iter(lines.values())).table
    for name in [name for name in first if first[name].dtype.kind not in "fi"]:
        words = sorted({word for line in lines.values() for word in line.table[name].iloc[: line.cut]})
        if len(words) > MOST_WORDS:
            raise BadInput(
                f"Column {name!r} holds {len(words)} different words, more than {MOST_WORDS}: leave it out, or turn it "
                f"into numbers. Received: {words[:3]} …"
            )
        for key, line in lines.items():
            flags = {f"{name}={word}": (line.table[name] == word).astype(np.float64) for word in words}
            lines[key] = replace(line, table=line.table.drop(columns=name).assign(**flags))
    return lines
