"""Cells of a table, from a file or a DataFrame: missing values, numbers, and the location of a cell."""

from typing import TYPE_CHECKING, Any

import numpy as np
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

MISSING = {"", "?", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "none"}
# Near the largest float32, 3.4e38.
_LARGEST = 3e38


def tidy(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Strip the text of a DataFrame, and set cells that mark a missing value ("", "?", "NA", …) to None.

    Example:
        >>> tidy(pd.DataFrame({"job": [" clerk ", "n/a"]}))["job"].tolist()
        ['clerk', None]
    """
    import pandas as pd

    def tidied(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return None if value.strip().lower() in MISSING else value.strip()

    text = [name for name in frame.columns if _is_text(frame[name])]
    cells = {name: pd.Series([tidied(value) for value in frame[name]], frame.index, object) for name in text}
    return frame.assign(**cells)


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
    """Convert a column to float64, with NaN for missing cells and for cells that are not numbers."""
    import pandas as pd

    return pd.to_numeric(column.astype(object), errors="coerce").to_numpy(np.float64, na_value=np.nan)


def place(column: "pd.Series", row: int) -> str:
    """Location of a cell, by position: "line 17" of a file, "row 15" of a DataFrame."""
    return f"{column.index.name or 'row'} {column.index[row]}"


def cell(column: "pd.Series", row: int) -> Any:
    """Value of a cell, by position, as a Python object."""
    value = column.iloc[row]
    return value.item() if isinstance(value, np.generic) else value


def _is_text(column: "pd.Series") -> bool:
    return column.dtype == object or str(column.dtype).startswith("str")
