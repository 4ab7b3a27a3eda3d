"""Reader of .ts files of the time series classification archive, https://www.timeseriesclassification.com."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from kerasdl.errors import BadInput

MISSING = {"?", "nan"}
# Near the largest float32, 3.4e38.
_LARGEST = 3e38


@dataclass(frozen=True)
class TsFile:
    """Content of a .ts file.

    Attributes:
        sequences: float64 (length, channels) each, with NaN for missing values.
        labels: Class name of each sequence.
        lines: Line of each sequence in the file.
        classes: Class names in the order of the header; if it has none, those of the data, sorted.
    """

    sequences: list[np.ndarray]
    labels: list[str]
    lines: list[int]
    classes: tuple[str, ...]


def read_ts(path: str | Path) -> TsFile:
    """Read a .ts file: one labelled series per line, with ":" between dimensions and label, and "," between values.

    "?" and "NaN" are missing values. Series may differ in length unless the header states a length.

    Args:
        path: Path of the file.

    Returns:
        The series and their labels.

    Raises:
        BadInput: The file does not exist, has no @data line, no class labels, no data, or has time stamps; or a line
            (the message gives it) has a value that is not a number, a wrong number of values or dimensions, or an
            unknown label.

    Example:
        >>> read_ts("GunPoint_TRAIN.ts").classes
        ('1', '2')
    """
    path = Path(path)
    lines = _lines(path)
    start = next((place for place, (_, text) in enumerate(lines) if text.lower() == "@data"), None)
    if start is None:
        raise BadInput(f"A .ts file needs a line '@data' before its data. Received: {str(path)!r}")
    header = _header(lines[:start], path)
    samples = [(line, *_sample(text, line, path)) for line, text in lines[start + 1 :]]
    if not samples:
        raise BadInput(f"No data after @data. Received: {str(path)!r}")
    numbers, sequences, labels = (list(parts) for parts in zip(*samples, strict=True))
    _check_shapes(numbers, sequences, header, path)
    classes = tuple(header["classlabel"][1:]) or tuple(sorted(set(labels)))
    check_labels(numbers, labels, classes, path)
    return TsFile(sequences, labels, numbers, classes)


def check_labels(lines: list[int], labels: list[str], classes: tuple[str, ...], path: str | Path) -> None:
    """Raise unless every label is one of `classes`."""
    for line, label in zip(lines, labels, strict=True):
        if label not in classes:
            raise BadInput(f"Line {line} has class {label!r}, not one of {list(classes)}. Received: {str(path)!r}")


def _lines(path: Path) -> list[tuple[int, str]]:
    """Lines that are neither blank nor comments, each with its number."""
    try:
        # Comments may have any encoding; other undecodable text fails later, with its line.
        text = path.read_text("utf-8-sig", errors="replace")
    except OSError as error:
        raise BadInput(f"The file cannot be read ({error.strerror}). Received: {str(path)!r}") from error
    numbered = [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1)]
    return [(number, line) for number, line in numbered if line and line[0] not in "#%"]


def _header(lines: list[tuple[int, str]], path: Path) -> dict[str, list[str]]:
    """Words of each @-line, by its lower-case name."""
    header: dict[str, list[str]] = {}
    for number, text in lines:
        if not text.startswith("@"):
            raise BadInput(f"Line {number} comes before @data but does not start with '@'. Received: {str(path)!r}")
        name, *words = text[1:].split() or [""]
        header[name.lower()] = words
    if _says(header, "timestamps", "true"):
        raise BadInput(
            f"Series with time stamps are not supported: resample them to regular steps. Received: {str(path)!r}"
        )
    if not _says(header, "classlabel", "true"):
        raise BadInput(f"The header needs '@classLabel true'. Received: {str(path)!r}")
    return header


def _says(header: dict[str, list[str]], name: str, word: str) -> bool:
    return [each.lower() for each in header.get(name, ())][:1] == [word]


def _sample(text: str, line: int, path: Path) -> tuple[np.ndarray, str]:
    *dimensions, label = text.split(":")
    if not dimensions or not label.strip():
        raise BadInput(f"Line {line} does not end in ':' and a class label. Received: {str(path)!r}")
    columns = [[_number(cell.strip(), line, path) for cell in values.split(",")] for values in dimensions]
    for position, column in enumerate(columns, start=1):
        if len(column) != len(columns[0]):
            raise BadInput(
                f"Line {line} has {len(column)} values in dimension {position}, but {len(columns[0])} in the first. "
                f"Received: {str(path)!r}"
            )
    return np.array(columns).T, label.strip()


def _number(cell: str, line: int, path: Path) -> float:
    if cell.lower() in MISSING:
        return np.nan
    try:
        value = float(cell)
    except ValueError:
        value = np.inf
    if not abs(value) < _LARGEST or "_" in cell:
        raise BadInput(
            f"Line {line} has a value that is not a finite float32 number: {cell!r}. Received: {str(path)!r}"
        )
    return value


def _check_shapes(lines: list[int], sequences: list[np.ndarray], header: dict[str, list[str]], path: Path) -> None:
    """Raise unless all series have the shape that the header states, or else that of the first series."""
    length, channels = sequences[0].shape
    equal = _says(header, "equallength", "true")
    stated = None if _says(header, "equallength", "false") else _stated(header, "serieslength", path)
    expected = {
        "values per dimension": (0, stated or (length if equal else None)),
        "dimensions": (
            1,
            1
            if _says(header, "univariate", "true")
            else _stated(header, "dimensions", path) or _stated(header, "dimension", path) or channels,
        ),
    }
    for line, sequence in zip(lines, sequences, strict=True):
        for what, (axis, count) in expected.items():
            if count and sequence.shape[axis] != count:
                raise BadInput(f"Line {line} has {sequence.shape[axis]} {what}, not {count}. Received: {str(path)!r}")


def _stated(header: dict[str, list[str]], name: str, path: Path) -> int | None:
    words = header.get(name)
    if words is None:
        return None
    if len(words) != 1 or not words[0].isdecimal() or words[0] == "0":
        raise BadInput(f"@{name} must be followed by a positive integer. Received: {words} in {str(path)!r}")
    return int(words[0])
