"""CSV files: common encodings, separators and quotes, missing cells, and errors that give the line."""

import codecs
import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasdl.data.tabular.cells import tidy
from kerasdl.errors import BadInput
from kerasdl.optional import import_optional

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = ",;\t|"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
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
    text = _decode(Path(path), encoding)
    separator = _separator(text, separator)
    rows = _rows(text, separator, path)
    if len(rows) < 2:
        raise BadInput(f"A table needs a header and at least one row. Received: {str(path)!r} with {len(rows)} rows")
    (_, header), *rows = rows
    _check_header(header, path)
    for line, row in rows:
        if len(row) != len(header):
            raise BadInput(
                f"Line {line} has {len(row)} cells, but the header has {len(header)}: fix it, or quote cells that "
                f"contain {separator!r}. Received: {str(path)!r}"
            )
    columns = zip(*(row for _, row in rows), strict=True)
    cells = [_with_decimal_points(column) if separator == ";" else column for column in columns]
    index = pd.Index([line for line, _ in rows], name="line")
    frame = pd.DataFrame(dict(zip(header, cells, strict=True)), index=index, dtype=object)
    return tidy(frame)


def _decode(path: Path, encoding: str | None) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"The file cannot be read ({error.strerror}). Received: {str(path)!r}") from error
    encoding = encoding or next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        raise BadInput(
            f"Unknown encoding: pass the name of a Python codec, such as 'cp1252'. Received: encoding={encoding!r}"
        ) from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput(
            f"Line {line} is not {encoding}: pass the encoding (for spreadsheets often --encoding cp1252). "
            f"Received: {str(path)!r}"
        ) from error


def _rows(text: str, separator: str, path: str | Path) -> list[tuple[int, list[str]]]:
    """Rows that are not blank, each with its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    rows, line = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row) or len(row) > 1:
                rows.append((line, [cell.strip() for cell in row]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(
            f"The row that begins on line {line} cannot be read ({error}): look for an unclosed quote. "
            f"Received: {str(path)!r}"
        ) from error
    return rows


def _check_header(header: list[str], path: str | Path) -> None:
    for position, name in enumerate(header, start=1):
        if not name:
            raise BadInput(
                f"Column {position} has no name in the header: name it, or remove it (pandas writes its index as "
                f"such a column unless index=False). Received: {str(path)!r}"
            )
        if header.index(name) != position - 1:
            raise BadInput(f"Two columns are named {name!r}: rename one. Received: {str(path)!r}")


def _separator(text: str, separator: str | None) -> str:
    if separator is not None:
        separator = separator.replace("\\t", "\t")
        if len(separator) != 1 or separator in '"\r\n':
            raise BadInput(
                f"The separator must be one character, such as ';' or '\\t'. Received: separator={separator!r}"
            )
        return separator
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=re.sub(r'"[^"]*"', "", header).count)


def _with_decimal_points(column: Sequence[str]) -> list[str]:
    if not any(_COMMA.fullmatch(cell) for cell in column):
        return list(column)
    numbers = [_COMMA.fullmatch(cell) or _THOUSANDS.fullmatch(cell) for cell in column]
    return [
        cell.replace(".", "").replace(",", ".") if found else cell for cell, found in zip(column, numbers, strict=True)
    ]
