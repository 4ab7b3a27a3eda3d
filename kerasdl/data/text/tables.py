"""Texts in tables, one per row, with a class if there is a column for it."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.splits import Part
from kerasdl.data.tabular import as_text, check_unique, csv_rows, named, parts_of_words, place
from kerasdl.data.text.columns import Choice, TextColumns, columns_of
from kerasdl.data.text.files import check_unchanged, mark_of
from kerasdl.data.text.labels import Words, hold_out, text_of, word_of
from kerasdl.data.text.pieces import pieces_of_text
from kerasdl.data.text.strings import read, size_of
from kerasdl.data.text.texts import Names, Texts, check_all_have, identity_of
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

# Rows in which the column of texts is looked for.
_FIRST = 100


@known_arguments()
def from_csv(
    path: str | Path,
    *,
    text: str | None = None,
    label: Choice = None,
    tag_separator: str | None = None,
    split: Choice = None,
    encoding: str | None = None,
    separator: str | None = None,
    valid_share: float = 0.1,
    seed: int = 0,
) -> Texts:
    """Texts in a CSV file with a header, one document per row, in memory that does not grow with the texts.

    Args:
        path: The CSV file.
        text: The column of texts; by default "text", else the one with the most words in the first 100 rows.
        label: The column of classes; by default "label", "labels", "class", "target", "sentiment" or "category" if
            there is one, whatever its case. "NA" and "?" are classes too, only an empty cell is none. False for texts
            without classes.
        tag_separator: If a document has any number of tags: what is between them in the column of classes, such as a
            space. A document may then have none.
        split: A column with "train", "valid" or "test" (or true/1 for validation, false/0 for training); by default
            "is_valid" or "split" if there is one. False to draw the documents for validation.
        encoding: Name of a Python codec; by default UTF-8, or that of the file's byte-order mark.
        separator: One character; by default the most frequent separator of the header.
        valid_share: Share of the documents for validation, of every class alike (with tags, of all), if there is no
            column of parts.
        seed: Draws the documents for validation.

    Returns:
        The documents.

    Raises:
        BadInput: See `tabular.read_csv`; or a missing column, rows without text or class, only one class or tag, or too
            few documents for training and validation. When it is read: a file that has changed since.

    Example:
        >>> print(from_csv("reviews.csv", text="text", label="label"))
        36 training and 4 validation documents, 0.0 MB; classes bad, good; texts in column 'text'
    """
    path = Path(path)
    mark = mark_of(path)
    about: dict[str, Any] = {"encoding": encoding, "separator": separator}
    rows = csv_rows(path, **about)
    _, header = next(rows)
    first = list(islice(rows, _FIRST))
    columns = columns_of(header, [cells for _, cells in first], text, label, split)
    lines, labels, splits = _rows_of(chain(first, rows), columns)
    names = Names(len(lines), lambda row: f"{path.name}:{abs(lines[row])}")
    check_all_have("text", [names[row] for row in np.flatnonzero(lines < 0)])

    def read_again() -> Iterator[tuple[int, str]]:
        check_unchanged(path, mark)
        for number, (_, cells) in enumerate(islice(csv_rows(path, **about), 1, None)):
            document = cells[columns.text].replace("\r\n", "\n").replace("\r", "\n")
            for piece in pieces_of_text(document):
                yield number, piece

    return Texts(
        read=read_again,
        names=names,
        column=header[columns.text],
        **_parts_and_labels(header, columns, splits, labels, names, tag_separator, valid_share, seed),
        identity=identity_of([str(path.resolve()), *mark, encoding, separator, columns.text]),
        size=mark[0],
    )


@known_arguments()
def from_frame(
    frame: "pd.DataFrame",
    *,
    text: str | None = None,
    label: Choice = None,
    tag_separator: str | None = None,
    split: Choice = None,
    valid_share: float = 0.1,
    seed: int = 0,
) -> Texts:
    """Texts in a DataFrame, one document per row; see `from_csv`.

    Args:
        frame: One row per document.
        text: The column of texts, found as in `from_csv` by default.
        label: The column of classes, found as in `from_csv` by default; False for texts without classes.
        tag_separator: What is between the tags of a cell, if a document has any number of them.
        split: The column of parts, found as in `from_csv` by default; False to draw the documents for validation.
        valid_share: Share of the documents for validation, of every class alike (with tags, of all), if there is no
            column of parts.
        seed: Draws the documents for validation.

    Returns:
        The documents.

    Raises:
        BadInput: A missing column, rows without text or class, cells of texts that hold something else, only one
            class or tag, or too few documents for training and validation.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> print(from_frame(reviews, label=False))
        36 training and 4 validation documents, 0.0 MB; texts in column 'text'
    """
    frame = named(frame)
    check_unique(frame.columns)
    header = frame.columns.tolist()
    first = [list(map(text_of, row)) for row in frame.head(_FIRST).itertuples(index=False, name=None)]
    columns = columns_of(header, first, text, label, split)
    column = frame[header[columns.text]]
    names = [place(column, row) for row in range(len(frame))]
    texts = column.astype(object).tolist()
    size = size_of(texts, names)
    labels, splits = (_words(frame, header, at) for at in (columns.label, columns.split))
    return Texts(
        read=lambda: read(texts),
        names=names,
        column=header[columns.text],
        **_parts_and_labels(header, columns, splits, labels, names, tag_separator, valid_share, seed),
        identity=identity_of(texts),
        size=size,
    )


def _rows_of(rows: Iterable[tuple[int, list[str]]], columns: TextColumns) -> tuple[np.ndarray, Words, Words]:
    """The line of each row, negative if it has no text; its word for the class and for the part."""
    lines, labels, splits = array("q"), Words(), Words()
    for line, cells in rows:
        lines.append(line if cells[columns.text].strip() else -line)
        if columns.label is not None:
            labels.append(as_text(cells[columns.label]))
        if columns.split is not None:
            splits.append(as_text(cells[columns.split]))
    return np.array(lines), labels, splits


def _words(frame: "pd.DataFrame", header: Sequence[str], column: int | None) -> Words:
    return Words() if column is None else Words(map(word_of, frame[header[column]].astype(object)))


def _parts_and_labels(
    header: Sequence[str],
    columns: TextColumns,
    splits: Words,
    labels: Words,
    names: Sequence[str],
    tag_separator: str | None,
    valid_share: float,
    seed: int,
) -> dict[str, Any]:
    found: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    if tag_separator is not None:
        if columns.label is None:
            raise BadInput(
                f"Name the column of tags by label=. Received: tag_separator={tag_separator!r}, columns {list(header)}"
            )
        found, classes = labels.tags(tag_separator)
    elif columns.label is not None:
        found, classes = labels.classes()
        check_all_have("label", [names[row] for row in np.flatnonzero(found < 0)])
    parts = np.full(len(names), Part.TRAIN, int)
    if columns.split is not None:
        parts = parts_of_words(splits, header[columns.split], names.__getitem__)
    return {"parts": hold_out(parts, found, classes, valid_share, seed), "labels": found, "classes": classes}
