"""Time stamps: parsing common formats, and finding their regular spacing by clock or calendar."""

import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from kerasdl.data.tabular import numbers, place
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("year", "month", "day", "hour", "minute", "second")
# Usual length of a season, in rows.
SEASONS = {"hourly": 24, "daily": 7, "business-daily": 5, "weekly": 52, "monthly": 12, "quarterly": 4}
_CLOCK = {1: "hourly", 24: "daily", 168: "weekly"}
_CALENDAR = {1: "monthly", 3: "quarterly", 12: "yearly"}
_DAYS_PER_MONTH = 30.44
# Time stamps that would need more steps per row are not regularly spaced.
_MOST_STEPS_PER_ROW = 20
OMIT_TIME = (
    "or omit the time column (no --time) to use rows in their order (an index of times: frame.reset_index(drop=True))"
)
# The offset from UTC at the end of a text with a time of day.
_OFFSET = r"(?<=:\d\d)(\.\d+)?\s*[+-]\d\d:?\d\d$"


def read_times(frame: "pd.DataFrame", columns: Sequence[str]) -> "pd.Series":
    """Read the time stamp of every row, without a time zone.

    Args:
        frame: Rows of text, numbers or time stamps.
        columns: One column; or several, either named year, month, day, hour, minute and second, or parts of a text.

    Returns:
        datetime64, with the index of `frame`. In ambiguous dates the month comes first, unless only day first gives
        regular spacing; times with a time zone are in UTC, unless only local time gives regular spacing.

    Raises:
        BadInput: A cell is missing or not a time stamp; the message gives its row.

    Example:
        >>> read_times(pd.DataFrame({"Month": ["1949-01", "1949-02"]}), ["Month"])
    """
    import pandas as pd

    for name in columns:
        if (missing := frame[name].isna().to_numpy()).any():
            raise BadInput(
                f"Column {name!r} has {missing.sum()} missing time stamps, the first at "
                f"{place(frame[name], int(np.argmax(missing)))}: fill them in, {OMIT_TIME}. Received: time={columns}"
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
        f"Column {text.name!r}, {place(text, first)}, is not a readable time stamp: write times as 2020-01-31 or "
        f"2020-01-31 13:00, {OMIT_TIME}. Received: {text.iloc[first]!r}"
    )


def regular_grid(times: "pd.DatetimeIndex") -> tuple["pd.DatetimeIndex", str] | None:
    """Find the coarsest regular grid, from the first time stamp to the last, that contains all of them.

    Args:
        times: Time stamps, sorted and unique.

    Returns:
        The grid and the name of its spacing: "hourly", "daily", "business-daily", "weekly", "monthly", "quarterly",
        "yearly", or, for example, "every 15min"; None if there is no such grid.

    Example:
        >>> grid, spacing = regular_grid(pd.DatetimeIndex(["2020-01-01", "2020-02-01", "2020-04-01"]))
        >>> len(grid), spacing
        (4, 'monthly')
    """
    import pandas as pd

    if len(times) < 2:
        return times, ""
    usual = usual_step(times)
    if (times[-1] - times[0]) / usual > _MOST_STEPS_PER_ROW * len(times):
        return None
    grids = [(pd.date_range(times[0], times[-1], freq=step), name) for step, name in _spacings(times, usual)]
    fitting = [(grid, name) for grid, name in grids if times.isin(grid).all()]
    return min(fitting, key=lambda pair: len(pair[0]), default=None)


def continued(times: "pd.DatetimeIndex", steps: int) -> "pd.DatetimeIndex":
    """Continue regularly spaced time stamps.

    Args:
        times: At least two time stamps, on a regular grid.
        steps: Number of time stamps.

    Returns:
        The time stamps after the last one.

    Example:
        >>> continued(pd.DatetimeIndex(["2020-01-31", "2020-02-29"]), 1)[0]
        Timestamp('2020-03-31 00:00:00')
    """
    import pandas as pd

    found = regular_grid(times)
    if found is None or not found[1]:
        raise BadInput(
            f"Two rows at least are needed to continue their time stamps. Received: {list(times.astype(str))}"
        )
    return pd.date_range(times[-1], periods=steps + 1, freq=found[0].freq)[1:]


def usual_step(times: "pd.DatetimeIndex") -> Any:
    """Most frequent step between consecutive time stamps, a `pd.Timedelta`."""
    import pandas as pd

    steps, counts = np.unique(np.diff(times.to_numpy()), return_counts=True)
    return pd.Timedelta(steps[np.argmax(counts)])


def _spacings(times: "pd.DatetimeIndex", usual: Any) -> list[tuple[Any, str]]:
    """Candidate spacings for time stamps with this usual step, and their names."""
    import pandas as pd
    from pandas.tseries.frequencies import to_offset

    spacings = []
    if usual >= pd.Timedelta(days=28):
        months = round(usual.days / _DAYS_PER_MONTH)
        name = _CALENDAR.get(months, f"every {months} months")
        # Month ends first: after January 31 and February 29, it is March 31.
        spacings += [(pd.offsets.MonthEnd(months), name), (pd.DateOffset(months=months), name)]
    hours = usual / pd.Timedelta(hours=1)
    spacings += [(usual, _CLOCK.get(hours, f"every {to_offset(usual).freqstr}"))]
    if usual == pd.Timedelta(days=1) and (times.day_of_week < 5).all():
        spacings += [(pd.offsets.BDay(), "business-daily")]
    return spacings


def _readings(frame: "pd.DataFrame", columns: Sequence[str]) -> Iterator["pd.Series"]:
    """Possible readings of the columns, with NaT for cells that cannot be read."""
    import pandas as pd

    first = frame[columns[0]]
    if len(columns) > 1 and {name.lower() for name in columns} <= set(PARTS):
        parts = pd.DataFrame({"month": 1, "day": 1}, index=frame.index)
        yield pd.to_datetime(parts.assign(**{name.lower(): numbers(frame[name]) for name in columns}), errors="coerce")
    elif len(columns) == 1 and pd.api.types.is_datetime64_any_dtype(first):
        yield pd.to_datetime(first, utc=True).dt.tz_localize(None)
        yield first.dt.tz_localize(None)
    else:
        text = first.astype(str).str.cat([frame[name].astype(str) for name in columns[1:]], sep=" ")
        yield from (_read(text, **options) for options in ({"format": "ISO8601"}, {}, {"dayfirst": True}))
        yield _read(text.str.replace(_OFFSET, "", regex=True), format="ISO8601")


def _read(text: "pd.Series", **options: Any) -> "pd.Series":
    import pandas as pd

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        times = pd.to_datetime(text, errors="coerce", utc=True, **options).dt.tz_localize(None)
    # Without a format pandas accepts almost any text: it reads "1-01" as the year 1.
    guessed = any("Could not infer format" in str(warning.message) for warning in caught)
    return times.mask(times.notna()) if guessed else times
