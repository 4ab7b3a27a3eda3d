"""The index of a DataFrame as a column: of times, or of the name that a user gives."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from kerasdl.data.tabular import date_form, named, parsed_numbers, tidy
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd


def with_time_index(
    frame: "pd.DataFrame", time: Sequence[str], others: Sequence[str]
) -> tuple["pd.DataFrame", tuple[str, ...]]:
    """Make columns of the index levels that are named, and of an index of times if no time column is named.

    Args:
        frame: The table.
        time: Names of the time columns.
        others: Names of the other columns.

    Returns:
        The table, with text as column names, and the names of its time columns.

    Raises:
        BadInput: No time column is named, and the index has several levels, one of them times.

    Example:
        >>> with_time_index(pd.DataFrame({"y": [1]}, pd.DatetimeIndex(["2020-01-31"], name="day")), (), ["y"])[1]
        ('day',)
    """
    frame = named(frame)
    frame = frame.rename_axis(index=[None if name is None else str(name) for name in frame.index.names])
    if wanted := [name for name in frame.index.names if name in {*time, *others} and name not in frame]:
        frame = frame.reset_index(level=wanted)
    if time or not any(_holds_times(frame.index.get_level_values(level)) for level in range(frame.index.nlevels)):
        return frame, tuple(time)
    if frame.index.nlevels > 1:
        raise BadInput(
            "The index has several levels, one of them times: name it as time, and name that of several series as "
            f"series (an index without names: frame.reset_index()). Received: levels {list(frame.index.names)}"
        )
    name = frame.index.name or "index"
    while name in frame:
        name += "_"
    return frame.reset_index(names=name), (name,)


def _holds_times(index: "pd.Index") -> bool:
    """Whether these are dates or times, as such or as text; other labels number the rows, also numbers as text."""
    if index.dtype.kind in "biuf":
        return False
    try:
        labels = tidy(index.to_frame(index=False, name="index"))["index"]
    except BadInput:
        return False
    if labels.dtype.kind == "M" or str(labels.infer_objects().dtype).startswith("datetime"):
        return True
    return bool(np.isnan(parsed_numbers(labels)).any()) and date_form(labels) is not None
