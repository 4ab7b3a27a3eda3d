"""Which rows of a table are for training, validation and test."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from kerasdl.data.splits import Part, at_random, latest, stratified, whole_groups
from kerasdl.data.tabular.cells import parsed_numbers, place
from kerasdl.data.tabular.columns import raw_values
from kerasdl.data.tabular.dates import date_form
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

PARTS = dict.fromkeys(("train", "training", "false", "0"), Part.TRAIN)
PARTS |= dict.fromkeys(("valid", "validation", "val", "true", "1"), Part.VALID)
PARTS |= {"test": Part.TEST}


def held_out(
    frame: "pd.DataFrame",
    labels: np.ndarray,
    classes: tuple[str, ...] | None,
    valid_share: float,
    time: str | None,
    group: str | None,
    split: str | None,
    seed: int,
) -> np.ndarray:
    """Rows for validation, bool (rows,): by time, group or column if one is named, otherwise by seed.

    Example:
        >>> labels, classes = kerasdl.data.tabular.targets_of(frame, ("income",), "auto")
        >>> valid = held_out(frame, labels, classes, 0.2, None, "household", None, seed=0)
    """
    if time is not None:
        return latest(_times(frame[time]), valid_share)
    if group is not None:
        _check_present(frame[group])
        return whole_groups(raw_values(frame[group], "category")[:, 0].astype(str), valid_share, seed)
    if split is not None:
        return part_of(frame[split]) != Part.TRAIN
    if classes is not None:
        return stratified(labels, classes, valid_share, seed)
    return at_random(len(frame), valid_share, seed)


def _times(column: "pd.Series") -> np.ndarray:
    _check_present(column)
    as_numbers = parsed_numbers(column) if column.dtype.kind != "M" else np.array([np.nan])
    if not np.isnan(as_numbers).any():
        return as_numbers
    # ISO dates sort as text.
    return raw_values(column, "date", date_form(column))[:, 0].astype(str)


def _check_present(column: "pd.Series") -> None:
    if (missing := column.isna()).any():
        raise BadInput(
            "A column that splits a table needs a value in every row. Received: no value in "
            f"{place(column, int(np.argmax(missing)))} of {column.name!r}"
        )


def part_of(column: "pd.Series") -> np.ndarray:
    """The part of each row, as a column names it: `Part` as int (rows,).

    "test" is the test part if other rows are for validation, otherwise it is the validation part.

    Raises:
        BadInput: Another word, by row; no row for training or none for validation.

    Example:
        >>> part_of(pd.Series(["train", "train", "valid"])) == kerasdl.data.splits.Part.VALID
        array([False, False,  True])
    """
    words = [str(word) for word in raw_values(column, "category")[:, 0]]
    return parts_of_words(words, str(column.name), lambda row: place(column, row))


def parts_of_words(words: Sequence[str], column: str, where: Callable[[int], str]) -> np.ndarray:
    """The same as `part_of`, for the cells of a column as text.

    Args:
        words: The cell of each row.
        column: Name of the column.
        where: Location of a row, by position.

    Example:
        >>> parts_of_words(["train", "valid"], "part", "row {}".format)
        array([0, 1])
    """
    for row, word in enumerate(words):
        if word.lower() not in PARTS:
            raise BadInput(
                f"Column {column!r} must hold 'train' or 'valid' in every row. Received: {word!r} in {where(row)}"
            )
    parts = np.array([PARTS[word.lower()] for word in words], int)
    if not (parts == Part.VALID).any():
        parts[parts == Part.TEST] = Part.VALID
    if (parts == Part.TRAIN).all() or (parts != Part.TRAIN).all():
        raise BadInput(f"Column {column!r} must name rows for both training and validation. Received: only one of them")
    return parts
