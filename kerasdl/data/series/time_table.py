"""From a table to regularly spaced series of numbers, each split into a training and a test part."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from kerasdl.data.series.time_cycles import time_cycles
from kerasdl.data.series.time_index import with_time_index
from kerasdl.data.series.time_stamps import OMIT_TIME, continued, read_times, regular_grid, usual_step
from kerasdl.data.tabular import check_unique, names_of, numbers, parsed_numbers, place, tidy
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

Fill = Literal["linear", "forward"] | None
Duplicates = Literal["error", "first", "last", "mean"]
MOST_WORDS = 32
_TO_FILL = "fill them (fill='linear' or 'forward'; --fill)"


@dataclass(frozen=True)
class SplitSeries:
    """One series, with its split into a training and a test part.

    Attributes:
        table: One column per channel: float64, or words; indexed by time stamp, or by row number.
        train_rows: Number of rows of the training part; all later rows are the test part.
        observed: Whether all targets of a row were observed, not filled in: bool (rows,).
        spacing: Name of the spacing; None without time stamps.
        merged: Number of rows whose time stamp another row has, too, and which were merged into it.
        ahead: The channels that are known ahead, the last ones of `table`, for the rows that follow it.

    Example:
        >>> air = kerasdl.data.series.read_series(passengers, "Passengers", time="Month")[""]
        >>> air.spacing
        'monthly'
    """

    table: "pd.DataFrame"
    train_rows: int
    observed: np.ndarray
    spacing: str | None
    merged: int
    ahead: "pd.DataFrame"

    def leading(self, steps: int) -> "pd.DataFrame":
        """The table, in which known channels hold the values of so many rows later.

        A window of it ends with what is known of so many steps after the window. At the end, where nothing more is
        known, the last value is repeated.

        Example:
            >>> known, table = pd.DataFrame({"x": [8.0]}), pd.DataFrame({"y": [1.0, 2.0], "x": [6.0, 7.0]})
            >>> SplitSeries(table, 2, np.ones(2, bool), None, 0, known).leading(1)["x"].tolist()
            [7.0, 8.0]
        """
        rows = np.minimum(np.arange(len(self.table)) + steps, len(self.table) + len(self.ahead) - 1)
        both = {name: np.concatenate([self.table[name], self.ahead[name]])[rows] for name in self.ahead}
        return self.table.assign(**both)


def read_series(
    frame: "pd.DataFrame",
    target: str | Sequence[str],
    covariates: str | Sequence[str] = (),
    *,
    time: str | Sequence[str] | None = None,
    series: str | None = None,
    test_share: float = 0.0,
    sort: bool = False,
    fill: Fill = None,
    duplicates: Duplicates = "error",
    known: str | Sequence[str] = (),
    calendar: bool = False,
    ahead: int = 0,
) -> dict[str, SplitSeries]:
    """Read the series of a table, by name, in order of their first rows; arguments as for `series.from_frame`.

    `ahead` is the number of rows after the end of each series, those without a target, of which known columns are
    needed.

    Raises:
        BadInput: As for `series.from_frame`.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> list(kerasdl.data.series.read_series(passengers, "Passengers", time="Month"))
        ['']
    """
    targets, covariates, known, time, of_series = map(names_of, (target, covariates, known, time, series))
    frame, time = with_time_index(frame, time, [*targets, *covariates, *known, *of_series])
    _check_columns(frame, targets, time, covariates, known, of_series)
    _check_options(time, sort, fill, duplicates, calendar)
    frame = tidy(frame[[*targets, *time, *covariates, *known, *of_series]])
    table = frame[[*targets, *covariates, *known]].copy()
    for name in table:
        table[name] = _channel(frame[name], may_be_words=name not in targets)
    times = read_times(frame, time) if time else None
    found = {}
    for name, rows in _rows_of_series(frame, *of_series).items():
        table_of_one, spacing, merged = table.iloc[rows], None, 0
        # Rows without a target at the end are the future, if something of it is known.
        asked = targets if known else ()
        if times is not None:
            unique, times_of_one = _unique(table_of_one, times.iloc[rows], duplicates)
            merged = len(rows) - len(unique)
            table_of_one, spacing = _regular(unique, times_of_one, asked, sort=sort, fill=fill)
        else:
            if fill is None:
                _check_complete(table_of_one[: _end(table_of_one, asked)])
            table_of_one = table_of_one.reset_index(drop=True)
        end = _end(table_of_one, asked)
        past, future = table_of_one[:end], table_of_one[end:][[*known]]
        if ahead and known:
            _check_ahead(future, ahead, name)
        train_rows = end - round(end * test_share)
        observed = past[list(targets)].notna().all(axis=1).to_numpy()
        past, future = _filled(past, train_rows, fill), future[:ahead]
        if calendar:
            past, future = _with_cycles(past, future, ahead)
        found[name] = SplitSeries(past, train_rows, observed, spacing, merged, future)
    return _one_hot(found)


def _end(table: "pd.DataFrame", targets: Sequence[str]) -> int:
    """The row after the last one with a target; the end of the table if that is not asked, or there is none."""
    some = np.flatnonzero(table[list(targets)].notna().any(axis=1).to_numpy())
    return int(some[-1]) + 1 if len(some) else len(table)


def _check_ahead(future: "pd.DataFrame", ahead: int, series: str) -> None:
    """Raise unless all columns are known for so many rows."""
    of_series = f" of series {series!r}" if series else ""
    for name in future:
        if (rows := int(future[name][:ahead].notna().cumprod().sum())) < ahead:
            raise BadInput(
                f"The forecast needs column {name!r} of the {ahead} rows after the end{of_series}: add rows that have "
                f"it, without a target. Received: {rows} such rows"
            )


def _with_cycles(past: "pd.DataFrame", future: "pd.DataFrame", ahead: int) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """Both with columns of the calendar, and `future` as long as `ahead`."""
    if ahead and future.empty:
        future = future.reindex(continued(past.index, ahead))
    both = past.index.append(future.index)
    cycles = time_cycles(both)
    return past.join(cycles), future.join(cycles)


def _check_columns(frame: "pd.DataFrame", targets: Sequence[str], *others: Sequence[str]) -> None:
    columns = list(frame)
    names = [*targets, *(name for some in others for name in some)]
    if not targets:
        raise BadInput(f"Name the column to forecast (target; --target). Received: columns {columns}")
    if absent := [name for name in names if name not in columns]:
        shown = ", ".join(map(repr, absent))
        raise BadInput(f"No column {shown}: the table has {columns}. Received: {shown}")
    if several := [name for name in names if names.count(name) > 1]:
        raise BadInput(f"A column can have one role only, but {several[0]!r} has several. Received: {names}")
    check_unique(name for name in columns if name in names)


def _check_options(time: Sequence[str], sort: bool, fill: Fill, duplicates: Duplicates, calendar: bool) -> None:
    if fill not in (None, "linear", "forward"):
        raise BadInput(f"fill must be None, 'linear' or 'forward'. Received: fill={fill!r}")
    if duplicates not in get_args(Duplicates):
        raise BadInput(f"duplicates must be one of {get_args(Duplicates)}. Received: duplicates={duplicates!r}")
    if sort and not time:
        raise BadInput(f"Sorting needs a time column: name it (time=; --time). Received: sort={sort}")
    if calendar and not time:
        raise BadInput(f"A calendar needs a time column: name it (time=; --time). Received: calendar={calendar}")
    if duplicates != "error" and not time:
        raise BadInput(
            f"Duplicates are rows of one time: name its column (time=; --time). Received: duplicates={duplicates!r}"
        )


def _channel(column: "pd.Series", *, may_be_words: bool) -> "pd.Series":
    """Numbers; or words, if a covariate holds no number at all."""
    if may_be_words and column.notna().any() and np.isnan(parsed_numbers(column)).all():
        if column.dropna().map(lambda value: isinstance(value, datetime)).all():
            raise BadInput(
                f"Covariates are numbers or words, but column {column.name!r} holds dates: convert it to numbers, or "
                f"name it as time. Received: {column.dropna().iloc[0]}"
            )
        return column.where(column.isna(), column.astype(str))
    return column.__class__(numbers(column), index=column.index, name=column.name)


def _rows_of_series(frame: "pd.DataFrame", series: str | None = None) -> dict[str, np.ndarray]:
    if series is None:
        return {"": np.arange(len(frame))}
    if (missing := frame[series].isna().to_numpy()).any():
        raise BadInput(
            f"Column {series!r} must name each row's series, but {missing.sum()} rows have no value, the first at "
            f"{place(frame[series], int(np.argmax(missing)))}: fill it in, or remove the rows. "
            f"Received: series={series!r}"
        )
    names = frame[series].astype(str).to_numpy()
    return {name: np.flatnonzero(names == name) for name in dict.fromkeys(names)}


def _regular(
    table: "pd.DataFrame", times: "pd.Series", asked: Sequence[str], *, sort: bool, fill: Fill
) -> tuple["pd.DataFrame", str]:
    """Rows on a regular grid, indexed by time; raise for missing rows or values unless they are to be filled."""
    import pandas as pd

    if sort:
        order = times.argsort(kind="stable")
        table, times = table.iloc[order], times.iloc[order]
    _check_order(times)
    index = pd.DatetimeIndex(times)
    found = regular_grid(index)
    if found is None:
        raise _irregular(times, index)
    grid, spacing = found
    if fill is None:
        _check_complete(table[: _end(table, asked)])
        _check_no_gap(times, grid, spacing)
    return table.set_axis(index).reindex(grid), spacing


def _unique(table: "pd.DataFrame", times: "pd.Series", duplicates: Duplicates) -> tuple["pd.DataFrame", "pd.Series"]:
    """Rows with one row for each time stamp, in order of the first."""
    repeated = times.duplicated().to_numpy()
    if not repeated.any():
        return table, times
    if duplicates == "error":
        raise _duplicated(table, times, repeated)
    if duplicates == "mean":
        how: Any = {name: "mean" if table[name].dtype.kind in "fi" else "first" for name in table}
        means = table.groupby(times.to_numpy(), sort=False).agg(how)
        return means.set_axis(times.index[~repeated]), times[~repeated]
    others = times.duplicated(keep=duplicates).to_numpy()
    return table[~others], times[~others]


def _duplicated(table: "pd.DataFrame", times: "pd.Series", repeated: np.ndarray) -> BadInput:
    first = int(np.argmax(repeated))
    equal = table.reset_index(drop=True).assign(**{"": times.to_numpy()}).duplicated().sum()
    return BadInput(
        f"{times[repeated].nunique()} time stamps are duplicated, the first at {place(times, first)}: {repeated.sum()} "
        f"rows repeat the time stamp of an earlier row, {equal} of them with equal values. Merge them "
        "(duplicates='first', 'last' or 'mean'; --duplicates), or name the column that holds the names of several "
        f"series (series=; --series). Received: {times.iloc[first]}"
    )


def _check_order(times: "pd.Series") -> None:
    earlier = np.diff(times.to_numpy()) < np.timedelta64(0)
    if earlier.any():
        first = int(np.argmax(earlier)) + 1
        raise BadInput(
            f"{earlier.sum()} rows are earlier than the previous row, the first at {place(times, first)}: sort them "
            f"(sort=True; --sort). Received: {times.iloc[first]} after {times.iloc[first - 1]}"
        )


def _irregular(times: "pd.Series", index: "pd.DatetimeIndex") -> BadInput:
    usual = usual_step(index)
    other = np.diff(index.to_numpy()) != usual.to_numpy()
    first = int(np.argmax(other)) + 1
    return BadInput(
        f"The time stamps are not regularly spaced: most steps are {usual}, but {other.sum()} differ, the first at "
        f"{place(times, first)}. Resample them to one spacing, {OMIT_TIME}. "
        f"Received: {times.iloc[first]} after {times.iloc[first - 1]}"
    )


def _check_no_gap(times: "pd.Series", grid: "pd.DatetimeIndex", spacing: str) -> None:
    missing = grid.difference(times.to_numpy())
    if len(missing):
        before = int((times.to_numpy() < missing[0].to_numpy()).sum()) - 1
        raise BadInput(
            f"{len(missing)} time stamps are missing from a {spacing} series, the first, {missing[0]}, after "
            f"{place(times, before)}: {_TO_FILL}, {OMIT_TIME}. "
            f"Received: {times.iloc[before + 1]} after {times.iloc[before]}"
        )


def _check_complete(table: "pd.DataFrame") -> None:
    for name in table:
        missing = table[name].isna().to_numpy()
        if missing.any():
            raise BadInput(
                f"Column {name!r} has {missing.sum()} missing values in {len(table)} rows, the first at "
                f"{place(table[name], int(np.argmax(missing)))}: {_TO_FILL}. Received: fill=None"
            )


def _filled(table: "pd.DataFrame", train_rows: int, fill: Fill) -> "pd.DataFrame":
    """Fill missing values; in the test part with the last known value, so that no future value is used."""
    import pandas as pd

    if fill is None:
        return table
    train = table.iloc[:train_rows]
    train = train.ffill() if fill == "forward" else train.apply(_interpolated)
    # Backward only at the start of a series.
    filled = pd.concat([train.bfill(), table.iloc[train_rows:]]).ffill()
    if filled.isna().to_numpy().any():
        empty = list(filled.columns[filled.isna().any()])
        raise BadInput(
            f"Nothing to fill with: no value in the training part of columns {empty}. Received: fill={fill!r}"
        )
    return filled


def _interpolated(column: "pd.Series") -> "pd.Series":
    if column.dtype.kind not in "fi":
        return column.ffill()
    values, rows = column.to_numpy(), np.arange(len(column))
    known = ~np.isnan(values)
    filled = np.interp(rows, rows[known], values[known]) if known.any() else values
    return column.__class__(filled, index=column.index, name=column.name)


def _one_hot(found: dict[str, SplitSeries]) -> dict[str, SplitSeries]:
    """One channel of 0 and 1 per word of the training part."""
    first = next(iter(found.values())).table
    for name in [name for name in first if first[name].dtype.kind not in "fi"]:
        words = sorted({word for each in found.values() for word in each.table[name].iloc[: each.train_rows]})
        if len(words) > MOST_WORDS:
            raise BadInput(
                f"Column {name!r} holds {len(words)} different words, more than {MOST_WORDS}: omit it, or convert it "
                f"to numbers. Received: {words[:3]} …"
            )
        for key, each in found.items():
            table, ahead = _flagged(each.table, name, words), _flagged(each.ahead, name, words)
            order = [*(column for column in table if column not in ahead), *ahead]
            found[key] = replace(each, table=table[order], ahead=ahead)
    return found


def _flagged(table: "pd.DataFrame", name: str, words: Sequence[str]) -> "pd.DataFrame":
    """The table with a column of 0 and 1 per word in place of the column of words, if it has one."""
    if name not in table:
        return table
    flags = {f"{name}={word}": (table[name] == word).astype(np.float64) for word in words}
    return table.drop(columns=name).assign(**flags)
