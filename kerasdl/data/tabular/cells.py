"""Cells of a table, from a file or a DataFrame: missing values, numbers, and the location of a cell."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from kerasdl.data.tabular.frames import with_columns
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

MISSING = {"", "?", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "none"}
# Most columns of text repeat a few values, and what is made of them need not be made again.
SOME_DISTINCT = 10_000
LONGEST_MISSING = max(map(len, MISSING))
# Near the largest float32, 3.4e38.
_LARGEST = 3e38


def tidy(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Bring the cells of a DataFrame into one form: numbers, stripped text, time stamps, or None if missing.

    Text that marks a missing value ("", "?", "NA", …) becomes None; dates and periods become time stamps.

    Args:
        frame: Columns of any dtype, with different names.

    Raises:
        BadInput: A column holds lists, dicts, arrays, durations, bytes or complex numbers.

    Example:
        >>> tidy(pd.DataFrame({"job": [" clerk ", "n/a"]}))["job"].tolist()
        ['clerk', None]
    """
    return with_columns(frame, {name: _tidy(frame[name]) for name in frame if not _is_tidy(frame[name].dtype)})


def numbers(column: "pd.Series") -> np.ndarray:
    """Convert a column to float64, with NaN for missing cells.

    Raises:
        BadInput: A cell is not a finite number; the message gives its row and column.

    Example:
        >>> numbers(pd.Series(["1", None, "2.5"]))
        array([1. , nan, 2.5])
    """
    values = parsed_numbers(column)
    wrong = column.notna().to_numpy() & ~(np.abs(values) < _LARGEST)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise BadInput(
            f"Column {column.name!r} holds numbers, but {place(column, first)} is not a finite float32 number: "
            f"correct it. Received: {cell(column, first)!r}"
        )
    return values


def parsed_numbers(column: "pd.Series") -> np.ndarray:
    """Convert a column to float64, with NaN for missing cells and for cells that are not numbers.

    Example:
        >>> parsed_numbers(pd.Series(["1", "many"]))
        array([ 1., nan])
    """
    import pandas as pd

    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        return column.to_numpy(np.float64)
    if _is_text(column):
        places, distinct = pd.factorize(column)
        return np.append(pd.to_numeric(distinct, errors="coerce").astype(np.float64), np.nan)[places]
    return pd.to_numeric(column.astype(object), errors="coerce").to_numpy(np.float64, na_value=np.nan)


def place(column: "pd.Series", row: int) -> str:
    """Location of a cell, by position: "line 17" of a file, "row 15" of a DataFrame.

    Example:
        >>> place(pd.Series([1.5, 2.5]), 1)
        'row 1'
    """
    return label(column.index, row)


def label(index: "pd.Index", row: int) -> str:
    """The same as `place`, of an index.

    Example:
        >>> label(pd.Index([2, 3], name="line"), 1)
        'line 3'
    """
    return f"{index.name or 'row'} {_plain(index[row])}"


def cell(column: "pd.Series", row: int) -> Any:
    """Value of a cell, by position, as a Python object.

    Example:
        >>> cell(pd.Series([1.5, 2.5]), 1)
        2.5
    """
    return _plain(column.iloc[row])


def as_text(value: Any) -> str:
    """Value of a cell as text; whole numbers without a point, so that 3 in a DataFrame is "3" in a file.

    Example:
        >>> as_text(3.0), as_text(" clerk ")
        ('3', 'clerk')
    """
    # pandas stores whole numbers as 3.0 in a column with missing values.
    return re.sub(r"^(-?\d+)\.0+$", r"\1", str(value).strip())


def shown(value: Any) -> str:
    """Value of a cell as a person would write it: no needless digits, no time of day for a date.

    Example:
        >>> shown(0.1 + 0.2), shown(3.0), shown(None), shown(datetime(2016, 1, 2))
        ('0.3', '3', 'missing', '2016-01-02')
    """
    import pandas as pd

    if pd.isna(value):
        return "missing"
    text = as_text(value)
    return f"{value:.10g}" if isinstance(value, float) and "." in text else text.removesuffix(" 00:00:00")


def _plain(value: Any) -> Any:
    """A NumPy number as a Python number, also in a tuple, as a row label of several levels is one."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return value.item() if isinstance(value, np.generic) else value


def _is_tidy(dtype: Any) -> bool:
    """Whether all cells are numbers or time stamps, in a form that needs no conversion."""
    import pandas as pd

    return dtype.kind in "biufM" and not isinstance(dtype, pd.ArrowDtype | pd.SparseDtype)


def _tidy(column: "pd.Series") -> "pd.Series":
    import pandas as pd

    if _is_text(column):
        cells = list(map(lru_cache(SOME_DISTINCT)(_tidy_cell), column))
        return pd.Series(cells, column.index, object, name=column.name)
    cells = [_tidy_cell(value) for value in column.astype(object)]
    refused = next((row for row, value in enumerate(cells) if not isinstance(value, str) and _advice(value)), None)
    if refused is not None:
        value = cells[refused]
        raise BadInput(
            f"Column {column.name!r} ({column.dtype}) holds values of type {type(value).__name__}, not numbers, text "
            f"or dates: {_advice(value)}, or remove the column. Received: {value!r:.80} in {place(column, refused)}"
        )
    return pd.Series(cells, column.index, "category" if column.dtype == "category" else object, name=column.name)


def _is_text(column: "pd.Series") -> bool:
    """Whether all cells are text, or missing."""
    import pandas as pd

    return column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) in ("string", "empty")


def _tidy_cell(value: Any) -> Any:
    if isinstance(value, str):
        text = value.strip()
        return None if len(text) <= LONGEST_MISSING and text.lower() in MISSING else text
    import pandas as pd

    if isinstance(value, pd.Period):
        return value.to_timestamp()
    if isinstance(value, date) and not isinstance(value, datetime):
        return pd.Timestamp(value)
    return str(value) if isinstance(value, pd.Interval) else value


def _advice(value: Any) -> str | None:
    """How to convert a cell that is neither text, a number nor a date; None if it is one of the others."""
    if isinstance(value, timedelta | np.timedelta64):
        return "convert it to a number, as with .dt.total_seconds()"
    if isinstance(value, bytes):
        return "convert it to text, as with .str.decode('utf-8')"
    if isinstance(value, complex | np.complexfloating):
        return "use one column for the real and one for the imaginary part"
    return "use one column for each number or word" if isinstance(value, Iterable) else None
