"""The .ts files of the time series classification archive, https://www.timeseriesclassification.com."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from kerasdl.errors import BadInput

MISSING = {"?", "nan"}
# float32 ends here.
_LARGEST = 3e38


@dataclass(frozen=True)
class TsFile:
    """What a .ts file holds.

    Attributes:
        sequences: float64 (length, channels) each, NaN where a value is missing.
        labels: The class of each.
        lines: The line of each in the file.
        classes: Class names: those of the header, in its order, else those found, sorted.
    """

    sequences: list[np.ndarray]
    labels: list[str]
    lines: list[int]
    classes: tuple[str, ...]


def read_ts(path: str | Path) -> TsFile:
    """Reads a .ts file of labelled series: a line each, dimensions and the label separated by ":", values by ",".

    "?" and "NaN" are missing values; series may differ in length unless the header says otherwise.

    Args:
        path: The file.

    Returns:
        Its series and labels.

    Raises:
        BadInput: No such file, a header without @data or classes, timestamps, no data; or, by line, a value that is no
            number, a wrong number of values or dimensions, or an unknown label.

    Example:
        >>> read_ts("GunPoint_TRAIN.ts").classes
        ('1', '2')
    """
    path = Path(path)
    lines = _lines(path)
    start = next((place for place, (_, text) in enumerate(lines) if text.lower() == "@data"), None)
    if start is None:
        raise BadInput(f"A .ts file says @data before its data; no line does. Received: {str(path)!r}")
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
    """Raises unless every label is one of `classes`."""
    for line, label in zip(lines, labels, strict=True):
        if label not in classes:
            raise BadInput(f"Line {line} has class {label!r}, not one of {list(classes)}. Received: {str(path)!r}")


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines that say something, each with its number."""
    try:
        # Comments may be in any encoding; whatever else is garbled fails later, by line.
        text = path.read_text("utf-8-sig", errors="replace")
    except OSError as error:
        raise BadInput(f"The file cannot be read ({error.strerror}). Received: {str(path)!r}") from error
    numbered = [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1)]
    return [(number, line) for number, line in numbered if line and line[0] not in "#%"]


def _header(lines: list[tuple[int, str]], path: Path) -> dict[str, list[str]]:
    """From the lower-case name of each @-line to its words."""
    header: dict[str, list[str]] = {}
    for number, text in lines:
        if not text.startswith("@"):
            raise BadInput(f"Line {number} stands before @data and is no @-header. Received: {str(path)!r}")
        name, *words = text[1:].split() or [""]
        header[name.lower()] = words
    if _says(header, "timestamps", "true"):
        raise BadInput(f"Series with time stamps are not read: resample to even steps. Received: {str(path)!r}")
    if not _says(header, "classlabel", "true"):
        raise BadInput(f"Classification needs '@classLabel true' in the header. Received: {str(path)!r}")
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
                f"Line {line} has {len(column)} values in dimension {position} where the first has {len(columns[0])}. "
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
        raise BadInput(f"Line {line} has a value that is no number: {cell!r}. Received: {str(path)!r}")
    return value


def _check_shapes(lines: list[int], sequences: list[np.ndarray], header: dict[str, list[str]], path: Path) -> None:
    """Raises unless all are as the header says, or where it says too little, as the first."""
    length, channels = sequences[0].shape
    equal = _says(header, "equallength", "true")
    stated = None if _says(header, "equallength", "false") else _stated(header, "serieslength", path)
    expected = {
        "values a dimension": (0, stated or (length if equal else None)),
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
        raise BadInput(f"@{name} must be followed by a number above 0. Received: {words} in {str(path)!r}")
    return int(words[0])
