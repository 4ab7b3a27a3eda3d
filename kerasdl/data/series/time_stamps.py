"""Time stamps as people write them, and the regular spacing behind them, of the clock or of the calendar."""

import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from kerasdl.data.tabular import numbers, place
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("year", "month", "day", "hour", "minute", "second")
# After how many steps each spacing is likely to repeat itself.
SEASONS = {"hourly": 24, "daily": 7, "business-daily": 5, "weekly": 52, "monthly": 12, "quarterly": 4}
_CLOCK = {1: "hourly", 24: "daily", 168: "weekly"}
_CALENDAR = {1: "monthly", 3: "quarterly", 12: "yearly"}
_DAYS_A_MONTH = 30.44
# A spacing that would take more steps than this for a row is none.
_MOST_STEPS_A_ROW = 20
_WAY_OUT = "or leave the time column out (no --time), and rows are taken as they follow"


def read_times(frame: "pd.DataFrame", columns: Sequence[str]) -> "pd.Series":
    """The time stamp of every row, without a time zone (UTC where the text names one).

    Args:
        frame: Rows of text, numbers or time stamps.
        columns: One column; or several, either named year, month, day, hour, minute, second, or parts of a text.

    Returns:
        datetime64, with the index of `frame`. Of day and month in doubt, the month comes first, unless only the other
        reading is regularly spaced.

    Raises:
        BadInput: A cell that is missing or no time stamp, by row.

    Example:
        >>> read_times(pd.DataFrame({"Month": ["1949-01", "1949-02"]}), ["Month"])
    """
    import pandas as pd

    for name in columns:
        if (missing := frame[name].isna().to_numpy()).any():
            raise BadInput(
                f"Column {name!r} lacks {missing.sum()} time stamps, the first at "
                f"{place(frame[name], int(np.argmax(missing)))}: write them in, {_WAY_OUT}. Received: time={columns}"
            )
    readings = []
    for reading in _readings(frame, columns):
        if reading.notna().all() and regular_grid(pd.DatetimeIndex(reading.sort_values().unique())):
            return reading
        readings.append(reading)
    best = max(readings, key=lambda reading: reading.notna().sum())
    if best.notna().all():
        return best
    first, text = int(np.argmax(best.isna())), frame[columns[0]]
    raise BadInput(
        f"Column {text.name!r}, {place(text, first)}, is no time stamp that can be read: write times as 2020-01-31 or "
        f"2020-01-31 13:00, {_WAY_OUT}. Received: {text.iloc[first]!r}"
    )


def regular_grid(times: "pd.DatetimeIndex") -> tuple["pd.DatetimeIndex", str] | None:
    """The regularly spaced time stamps, from the first to the last, among which all of `times` are.

    Args:
        times: In order, each once.

    Returns:
        The time stamps, and what their spacing is called: "hourly", "daily", "business-daily", "weekly", "monthly",
        "quarterly", "yearly", or such as "every 15min"; None if there is no such spacing.

    Example:
        >>> grid, spacing = regular_grid(pd.DatetimeIndex(["2020-01-01", "2020-02-01", "2020-04-01"]))
        >>> len(grid), spacing
        (4, 'monthly')
    """
    import pandas as pd

    if len(times) < 2:
        return times, ""
    usual = usual_step(times)
    if (times[-1] - times[0]) / usual > _MOST_STEPS_A_ROW * len(times):
        return None
    grids = [(pd.date_range(times[0], times[-1], freq=step), name) for step, name in _spacings(times, usual)]
    fitting = [(grid, name) for grid, name in grids if times.isin(grid).all()]
    return min(fitting, key=lambda pair: len(pair[0]), default=None)


def usual_step(times: "pd.DatetimeIndex") -> Any:
    """The most frequent step between neighbours, a `pd.Timedelta`."""
    import pandas as pd

    steps, counts = np.unique(np.diff(times.to_numpy()), return_counts=True)
    return pd.Timedelta(steps[np.argmax(counts)])


def _spacings(times: "pd.DatetimeIndex", usual: Any) -> list[tuple[Any, str]]:
    """The steps that time stamps at this usual distance may have, and their names."""
    import pandas as pd
    from pandas.tseries.frequencies import to_offset

    spacings = []
    if usual >= pd.Timedelta(days=28):
        months = round(usual.days / _DAYS_A_MONTH)
        name = _CALENDAR.get(months, f"every {months} months")
        spacings += [(pd.DateOffset(months=months), name), (pd.offsets.MonthEnd(months), name)]
    hours = usual / pd.Timedelta(hours=1)
    spacings += [(usual, _CLOCK.get(hours, f"every {to_offset(usual).freqstr}"))]
    if usual == pd.Timedelta(days=1) and (times.day_of_week < 5).all():
        spacings += [(pd.offsets.BDay(), "business-daily")]
    return spacings


def _readings(frame: "pd.DataFrame", columns: Sequence[str]) -> Iterator["pd.Series"]:
    """The ways in which the columns can be read, NaT where a cell cannot."""
    import pandas as pd

    first = frame[columns[0]]
    if len(columns) > 1 and {name.lower() for name in columns} <= set(PARTS):
        parts = pd.DataFrame({"month": 1, "day": 1}, index=frame.index)
        yield pd.to_datetime(parts.assign(**{name.lower(): numbers(frame[name]) for name in columns}), errors="coerce")
    elif len(columns) == 1 and pd.api.types.is_datetime64_any_dtype(first):
        yield pd.to_datetime(first, utc=True).dt.tz_localize(None)
    else:
        text = first.astype(str).str.cat([frame[name].astype(str) for name in columns[1:]], sep=" ")
        yield from (_read(text, **options) for options in ({"format": "ISO8601"}, {}, {"dayfirst": True}))


def _read(text: "pd.Series", **options: Any) -> "pd.Series":
    import pandas as pd

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        times = pd.to_datetime(text, errors="coerce", utc=True, **options).dt.tz_localize(None)
    # Without a format pandas finds a time in anything: it takes "1-01" to be in the year 1.
    guessed = any("Could not infer format" in str(warning.message) for warning in caught)
    return times.mask(times.notna()) if guessed else times
