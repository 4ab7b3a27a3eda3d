"""DataFrames as users have them: the names of their columns."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kerasdl.errors import BadInput
from kerasdl.optional import import_optional

if TYPE_CHECKING:
    import pandas as pd

# Cells and rows of a piece of a table.
CELLS, MOST_ROWS = 2**22, 2**16


def named(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Convert the column names of a DataFrame to text.

    Raises:
        BadInput: It is not a DataFrame, or its column names have several levels.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> named(pd.DataFrame({0: [1.5], "job": ["clerk"]})).columns.tolist()
        ['0', 'job']
    """
    pd = import_optional("pandas")
    if not isinstance(frame, pd.DataFrame):
        raise BadInput(
            "Pass a pandas DataFrame, such as pandas.DataFrame(rows), series.to_frame() or to_pandas() of another "
            f"library's table. Received: {type(frame).__name__}"
        )
    if frame.columns.nlevels > 1:
        raise BadInput(
            "Column names must have one level: join the levels, as in frame.columns = frame.columns.map('_'.join). "
            f"Received: {frame.columns.nlevels} levels, as in {frame.columns[:1].tolist()}"
        )
    return frame.set_axis([str(name) for name in frame.columns], axis=1)


def names_of(columns: Any) -> tuple[str, ...]:
    """Names that a user gives, none, one or several, as text.

    Example:
        >>> names_of("price"), names_of(["price", 7]), names_of(None)
        (('price',), ('price', '7'), ())
    """
    if columns is None:
        return ()
    several = isinstance(columns, Iterable) and not isinstance(columns, str)
    return tuple(map(str, columns if several else (columns,)))


def check_unique(names: Iterable[str]) -> None:
    """Raise if two columns have one name.

    Example:
        >>> check_unique(["area", "price"])
    """
    if twice := sorted(name for name, count in Counter(names).items() if count > 1):
        raise BadInput(f"Column names must be unique: rename columns. Received: {twice} more than once")


def with_columns(frame: "pd.DataFrame", columns: Mapping[str, Any]) -> "pd.DataFrame":
    """The DataFrame with some columns replaced or added; `DataFrame.assign` fails for one that is named "self"."""
    found = frame.copy(deep=False)
    for name, values in columns.items():
        found[name] = values
    return found


def piece_rows(columns: int) -> int:
    """Rows of a piece: 65,536, or fewer so that it has about four million cells.

    Example:
        >>> piece_rows(10), piece_rows(5000)
        (65536, 838)
    """
    return max(1, min(MOST_ROWS, CELLS // max(columns, 1)))
