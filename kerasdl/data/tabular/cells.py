"""Cells of a table, from a file or a frame: missing values, numbers, and where a cell is."""

from typing import TYPE_CHECKING, Any

import numpy as np
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

MISSING = {"", "?", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "none"}
# The largest numbers that float32 can hold.
_LARGEST = 3e38


def tidy(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Strips the text of a frame, and makes cells that say nothing ("", "?", "NA", …) missing.

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
    """The numbers of a column, float64, NaN where a cell is missing.

    Raises:
        BadInput: A cell that is no finite number, by row and column.

    Example:
        >>> numbers(pd.Series(["1", None, "2.5"]))
        array([1. , nan, 2.5])
    """
    values = parsed_numbers(column)
    wrong = column.notna().to_numpy() & ~(np.abs(values) < _LARGEST)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise BadInput(
            f"Column {column.name!r} holds numbers, but {place(column, first)} is no number that a network can take. "
            f"Received: {cell(column, first)!r}"
        )
    return values


def parsed_numbers(column: "pd.Series") -> np.ndarray:
    """The numbers of a column, float64, NaN also where a cell is something else."""
    import pandas as pd

    return pd.to_numeric(column.astype(object), errors="coerce").to_numpy(np.float64, na_value=np.nan)


def place(column: "pd.Series", row: int) -> str:
    """Where a cell stands, by position: "line 17" of a file, "row 15" of a frame."""
    return f"{column.index.name or 'row'} {column.index[row]}"


def cell(column: "pd.Series", row: int) -> Any:
    """What a cell holds, by position, as Python shows it."""
    value = column.iloc[row]
    return value.item() if isinstance(value, np.generic) else value


def _is_text(column: "pd.Series") -> bool:
    return column.dtype == object or str(column.dtype).startswith("str")
