"""Rows of a table, in memory or on disk: whole columns, piece by piece, or a few rows."""

import mmap
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from kerasdl.data.array_file import cache_errors, nameless_file
from kerasdl.data.tabular.cells import label, tidy
from kerasdl.data.tabular.csv_file import csv_pieces, with_decimal_points
from kerasdl.data.tabular.frames import piece_rows, with_columns
from kerasdl.errors import BadInput
from kerasdl.files import cache_folder
from kerasdl.optional import import_optional

if TYPE_CHECKING:
    import pandas as pd

# pandas would write its index as such a column.
INDEX = "__index_level_"


class Rows:
    """Rows of a table; those in memory and those on disk are subclasses.

    Attributes:
        index: Label of each row.
        on_disk: Whether they are read again whenever they are needed.

    Example:
        >>> people.rows.names[:2]
        ['age', 'job']
    """

    index: "pd.Index"
    on_disk: bool

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        raise NotImplementedError

    def read(self, names: Sequence[str]) -> "pd.DataFrame":
        """Some columns, whole."""
        raise NotImplementedError

    def pieces(self, names: Sequence[str]) -> Iterator["pd.DataFrame"]:
        """Some columns, a number of consecutive rows after another."""
        raise NotImplementedError

    def at(self, places: Sequence[int], names: Sequence[str]) -> "pd.DataFrame":
        """Some columns of the rows at `places`, in that order."""
        raise NotImplementedError


class FrameRows(Rows):
    """Rows of a DataFrame.

    Args:
        frame: It is tidy, and the names of its columns are text.

    Example:
        >>> FrameRows(frame).at([0], ["age"])
    """

    on_disk = False

    def __init__(self, frame: "pd.DataFrame") -> None:
        self.frame, self.index = frame, frame.index

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return self.frame.columns.tolist()

    def read(self, names: Sequence[str]) -> "pd.DataFrame":
        """Some columns, whole."""
        return self.frame[list(names)]

    def pieces(self, names: Sequence[str]) -> Iterator["pd.DataFrame"]:
        """Some columns, a number of consecutive rows after another."""
        size, columns = piece_rows(len(names)), self.read(names)
        return (columns.iloc[start : start + size] for start in range(0, len(columns), size))

    def at(self, places: Sequence[int], names: Sequence[str]) -> "pd.DataFrame":
        """Some columns of the rows at `places`, in that order."""
        return self.frame.iloc[np.asarray(places, int)][list(names)]


class ParquetRows(Rows):
    """Rows in Parquet files: no more than a column, or a piece, is in memory at any time.

    Args:
        files: Open files, in the order of their rows.
        index: Label of each row.
        commas: Columns of text whose numbers have decimal commas.

    Example:
        >>> parquet_rows("houses.parquet").at([0], ["price"])
    """

    on_disk = True

    def __init__(self, files: Sequence[Any], index: "pd.Index", commas: Iterable[str] = ()) -> None:
        self.files, self.index, self.commas = files, index, frozenset(commas)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [name for name in self.files[0].schema_arrow.names if not name.startswith(INDEX)]

    def read(self, names: Sequence[str]) -> "pd.DataFrame":
        """Some columns, whole."""
        return self._tidy([file.read(columns=list(names)) for file in self.files], self.index, names)

    def pieces(self, names: Sequence[str]) -> Iterator["pd.DataFrame"]:
        """Some columns, a number of consecutive rows after another."""
        start, arrow = 0, import_optional("pyarrow")
        for file in self.files:
            for batch in file.iter_batches(piece_rows(len(names)), columns=list(names)):
                tables = [arrow.Table.from_batches([batch])]
                yield self._tidy(tables, self.index[start : start + len(batch)], names)
                start += len(batch)

    def at(self, places: Sequence[int], names: Sequence[str]) -> "pd.DataFrame":
        """Some columns of the rows at `places`, in that order."""
        found: dict[int, Any] = {}
        start = 0
        groups = [(file, group) for file in self.files for group in range(file.num_row_groups)]
        for file, group in groups:
            end = start + file.metadata.row_group(group).num_rows
            if here := [place for place in places if start <= place < end]:
                rows = file.read_row_group(group, columns=list(names))
                found |= {place: rows.take([place - start]) for place in here}
            start = end
        return self._tidy([found[place] for place in places], self.index[np.asarray(places, int)], names)

    def _tidy(self, tables: Sequence[Any], index: "pd.Index", names: Sequence[str]) -> "pd.DataFrame":
        found = import_optional("pyarrow").concat_tables(tables, promote_options="permissive")
        # Whole numbers stay whole beside missing ones: those of a column as those of a piece.
        frame = found.to_pandas(types_mapper=_whole_numbers().get, ignore_metadata=True)[list(names)].set_axis(index)
        decimal = {name: with_decimal_points(frame[name]) for name in names if name in self.commas}
        return tidy(with_columns(frame, decimal))


class RowNames(Sequence[str]):
    """Names of rows for people, made when they are asked for: "line 17" of a file, "row 15" of a DataFrame.

    Args:
        index: Label of each row.
        places: Which of them.

    Example:
        >>> list(RowNames(frame.index, np.array([0, 2])))
        ['row 0', 'row 2']
    """

    def __init__(self, index: "pd.Index", places: np.ndarray) -> None:
        self._index, self._places = index, places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return RowNames(self._index, self._places[place])
        return label(self._index, self._places[place])


def parquet_rows(path: str | Path) -> ParquetRows:
    """Open a Parquet file, or all of a folder and its subfolders, in the order of their names.

    Raises:
        BadInput: There is no such file, or one is damaged or has other columns.
        ModuleNotFoundError: pyarrow or pandas is not installed.

    Example:
        >>> parquet_rows("houses.parquet").names
        ['area', 'rooms', 'price']
    """
    pd, parquet = import_optional("pandas"), import_optional("pyarrow.parquet")
    path = Path(path)
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files:
        raise BadInput(f"The folder has no .parquet files. Received: {str(path)!r}")
    opened = [_opened(parquet, file) for file in files]
    names = opened[0].schema_arrow.names
    for file, found in zip(files, opened, strict=True):
        if found.schema_arrow.names != names:
            differing = sorted({*names} ^ {*found.schema_arrow.names}) or "another order"
            raise BadInput(f"All files of a table need the same columns. Received: {differing} in {str(file)!r}")
    return ParquetRows(opened, pd.RangeIndex(sum(file.metadata.num_rows for file in opened)))


def csv_rows_on_disk(path: str | Path, *, encoding: str | None = None, separator: str | None = None) -> ParquetRows:
    """The rows of a CSV file, which is read in pieces and written to a Parquet file without a name in the cache folder.

    Args:
        path: Path of the file.
        encoding: As for `read_csv`.
        separator: As for `read_csv`.

    Raises:
        BadInput: As for `read_csv`; or the cache folder cannot be written.
        ModuleNotFoundError: pyarrow or pandas is not installed.

    Example:
        >>> csv_rows_on_disk("houses.csv").names
        ['area', 'rooms', 'price']
    """
    pd = import_optional("pandas")
    arrow, parquet = import_optional("pyarrow"), import_optional("pyarrow.parquet")
    pieces = csv_pieces(path, encoding=encoding, separator=separator)
    first = next(pieces)
    schema = arrow.schema([(name, arrow.string()) for name in first[1]])
    lines, commas = [], set()
    with nameless_file() as file:
        with parquet.ParquetWriter(file, schema) as writer:
            for numbers, columns, with_commas in chain([first], pieces):
                with cache_errors(cache_folder()):
                    writer.write_table(arrow.table(columns, schema))
                lines.append(np.array(numbers))
                commas |= with_commas
        file.flush()
        held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    stored = parquet.ParquetFile(arrow.BufferReader(arrow.py_buffer(held)))
    return ParquetRows([stored], pd.Index(np.concatenate(lines), name="line"), commas)


def _opened(parquet: Any, file: Path) -> Any:
    arrow = import_optional("pyarrow")
    try:
        return parquet.ParquetFile(file)
    except (OSError, arrow.ArrowInvalid) as error:
        why = " ".join(str(error).split())
        raise BadInput(f"The Parquet file cannot be read ({why:.200}). Received: {str(file)!r}") from error


def _whole_numbers() -> dict[Any, Any]:
    arrow, pd = import_optional("pyarrow"), import_optional("pandas")
    sizes = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
    as_pandas = {size: size.replace("u", "U").replace("int", "Int") for size in sizes}
    return {getattr(arrow, size)(): pd.api.types.pandas_dtype(name) for size, name in as_pandas.items()}
