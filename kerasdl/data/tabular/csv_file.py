"""CSV files: common encodings, separators and quotes, missing cells, and errors that give the line."""

import csv
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from kerasdl.data.tabular.cells import SOME_DISTINCT, tidy
from kerasdl.data.tabular.frames import piece_rows
from kerasdl.data.text_file import open_text
from kerasdl.errors import BadInput
from kerasdl.optional import import_optional

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = ",;\t|"
# The largest that csv takes on every platform, and the lock of its limit, which is one for the whole process.
_LARGEST_CELL, _LIMIT = 2**31 - 1, threading.Lock()
# A number with a decimal comma, and one with points as thousands separators.
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+")


def read_csv(path: str | Path, *, encoding: str | None = None, separator: str | None = None) -> "pd.DataFrame":
    """Read a CSV file with a header, every cell as text; blank lines are skipped.

    If cells are separated by semicolons and any number of a column has a decimal comma, points in that column are
    thousands separators: "1.234,5" is 1234.5.

    Args:
        path: Path of the file.
        encoding: Name of a Python codec; by default UTF-8, or that of the file's byte-order mark.
        separator: One character, or a backslash and a t; by default the most frequent of comma, semicolon, tab and bar
            in the header.

    Returns:
        A DataFrame of stripped strings, with None for cells that are empty or "?", "NA", "N/A", "NaN", "null" or
        "none"; its index is the line of each row in the file.

    Raises:
        BadInput: The file does not exist or has another encoding, a column name is empty or duplicated, a row and the
            header differ in length, a quote is not closed, or there are no rows.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> read_csv("houses.csv").columns.tolist()
        ['area', 'rooms', 'price']
    """
    pd = import_optional("pandas")
    lines: list[int] = []
    columns: dict[str, list[str]] = {}
    commas: set[str] = set()
    for of_piece, piece, with_commas in csv_pieces(path, encoding=encoding, separator=separator):
        lines += of_piece
        commas |= with_commas
        for name, cells in piece.items():
            columns.setdefault(name, []).extend(cells)
    columns |= {name: with_decimal_points(columns[name]) for name in commas}
    return tidy(pd.DataFrame(columns, index=pd.Index(lines, name="line"), dtype=object))


def csv_rows(
    path: str | Path, *, encoding: str | None = None, separator: str | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Read a CSV file row by row, in memory that does not grow with it; blank lines are skipped.

    Args:
        path: Path of the file.
        encoding: The same as in `read_csv`.
        separator: The same as in `read_csv`.

    Yields:
        The first line of each row and its cells as they are in the file; the first row is the header, stripped.

    Raises:
        BadInput: The same as in `read_csv`, when that row is read.

    Example:
        >>> next(csv_rows("houses.csv"))
        (1, ['area', 'rooms', 'price'])
    """
    with open_text(path, encoding, newline="") as file:
        lines, separator = _separated(file, separator)
        yield from _rows(lines, separator, path)


def csv_pieces(
    path: str | Path, *, encoding: str | None = None, separator: str | None = None
) -> Iterator[tuple[list[int], dict[str, list[str]], set[str]]]:
    """Read a CSV file in pieces of consecutive rows.

    Args:
        path: Path of the file.
        encoding: The same as in `read_csv`.
        separator: The same as in `read_csv`.

    Yields:
        The line of each row of a piece; its columns by name, as stripped text; and the names of those that have numbers
        with decimal commas, which then has to be read by `with_decimal_points` in every piece.

    Raises:
        BadInput: The same as in `read_csv`, when that piece is read.

    Example:
        >>> lines, columns, _ = next(csv_pieces("houses.csv"))
        >>> lines[0], list(columns)
        (2, ['area', 'rooms', 'price'])
    """
    with open_text(path, encoding, newline="") as file:
        lines, separator = _separated(file, separator)
        rows = _rows(lines, separator, path)
        _, header = next(rows)
        while True:
            piece, columns = _columns(header, islice(rows, piece_rows(len(header))))
            if not piece:
                return
            yield piece, columns, _with_commas(columns, separator)


def _columns(header: Sequence[str], rows: Iterator[tuple[int, list[str]]]) -> tuple[list[int], dict[str, list[str]]]:
    """The first line of each row, and the columns as stripped text."""
    lines: list[int] = []
    columns: dict[str, list[str]] = {name: [] for name in header}
    strips = [lru_cache(SOME_DISTINCT)(str.strip) for _ in header]
    # A few rows at a time: Python's garbage collector goes through all lists again and again.
    while some := list(islice(rows, 1000)):
        lines += [line for line, _ in some]
        found = zip(*(row for _, row in some), strict=True)
        for cells, strip, more in zip(columns.values(), strips, found, strict=True):
            cells += map(strip, more)
    return lines, columns


def _with_commas(columns: Mapping[str, Sequence[str]], separator: str) -> set[str]:
    """Names of the columns that have numbers with decimal commas."""
    if separator != ";":
        return set()
    return {name for name, cells in columns.items() if any(map(_COMMA.fullmatch, cells))}


def _rows(lines: Iterable[str], separator: str, path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """The header and the rows that are not blank, each with its first line."""
    count, header = 0, []
    for line, row in _parsed(lines, separator, path):
        if len(row) <= 1 and not any(cell.strip() for cell in row):
            continue
        count += 1
        if count == 1:
            row = header = [cell.strip() for cell in row]
            _check_header(header, path)
        if len(row) != len(header):
            raise BadInput(
                f"Line {line} has {len(row)} cells, but the header has {len(header)}: fix it, or quote cells that "
                f"contain {separator!r}. Received: {str(path)!r}"
            )
        yield line, row
    if count < 2:
        raise BadInput(f"A table needs a header and at least one row. Received: {str(path)!r} with {count} rows")


def _parsed(lines: Iterable[str], separator: str, path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """All rows, each with its first line."""
    reader, line = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True), 1
    try:
        while (row := _next(reader)) is not None:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(
            f"The row that begins on line {line} cannot be read ({error}): look for an unclosed quote. "
            f"Received: {str(path)!r}"
        ) from error


def _next(reader: Iterator[list[str]]) -> list[str] | None:
    """The next row, whose cells may be large; None at the end."""
    with _LIMIT:
        limit = csv.field_size_limit(_LARGEST_CELL)
        try:
            return next(reader, None)
        finally:
            csv.field_size_limit(limit)


def _check_header(header: list[str], path: str | Path) -> None:
    for position, name in enumerate(header, start=1):
        if not name:
            raise BadInput(
                f"Column {position} has no name in the header: name it, or remove it (pandas writes its index as "
                f"such a column unless index=False). Received: {str(path)!r}"
            )
        if "\0" in name:
            raise BadInput(
                "The header has NUL characters, as UTF-16 without a byte-order mark (--encoding utf-16) or a damaged "
                f"file: pass the encoding, or write the file again. Received: {str(path)!r}"
            )
        if header.index(name) != position - 1:
            raise BadInput(f"Two columns are named {name!r}: rename one. Received: {str(path)!r}")


def _separated(lines: Iterator[str], separator: str | None) -> tuple[Iterator[str], str]:
    """The lines and their separator, by default the most frequent one of the header."""
    if separator is not None:
        separator = separator.replace("\\t", "\t")
        if len(separator) != 1 or separator in '"\r\n':
            raise BadInput(
                f"The separator must be one character, such as ';' or '\\t'. Received: separator={separator!r}"
            )
        return lines, separator
    start = []
    for line in lines:
        start.append(line)
        if line.strip():
            break
    header = re.sub(r'"[^"]*"', "", start[-1]) if start else ""
    return chain(start, lines), max(SEPARATORS, key=header.count)


def with_decimal_points(column: Iterable[str]) -> list[str]:
    """The cells of a column whose numbers have decimal commas, and points as thousands separators.

    Example:
        >>> with_decimal_points(["1.234,5", "7.000", "none"])
        ['1234.5', '7000', 'none']
    """
    column = list(column)
    numbers = [_COMMA.fullmatch(cell) or _THOUSANDS.fullmatch(cell) for cell in column]
    return [
        cell.replace(".", "").replace(",", ".") if found else cell for cell, found in zip(column, numbers, strict=True)
    ]
