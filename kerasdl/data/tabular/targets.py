"""Targets of a table: classes or numbers, and how much each row or class counts."""

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from kerasdl.data.splits import check_two_classes
from kerasdl.data.tabular.cells import cell, numbers, parsed_numbers, place
from kerasdl.data.tabular.columns import raw_values
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

Task = Literal["auto", "classes", "numbers"]
Classes = tuple[str, ...] | None
# A column of so few whole numbers is taken for classes.
MOST_NUMBERED_CLASSES = 10


def targets_of(frame: "pd.DataFrame", targets: tuple[str, ...], task: Task) -> tuple[np.ndarray, Classes]:
    """Class indices and names, or numbers (rows, targets) and None.

    Raises:
        BadInput: A row without a target, by row and column, several targets that are no numbers.
    """
    if task not in get_args(Task):
        raise BadInput(f"The task is one of {', '.join(get_args(Task))}. Received: task={task!r}")
    for name in targets:
        if (missing := frame[name].isna()).any():
            first = place(frame[name], int(np.argmax(missing)))
            raise BadInput(
                f"{int(missing.sum())} rows have no target, the first {first}: fill it in or leave them out. "
                f"Received: column {name!r}"
            )
    if task == "classes" or (task == "auto" and len(targets) == 1 and _are_classes(frame[targets[0]])):
        if len(targets) > 1:
            raise BadInput(f"Several targets must be numbers. Received: task='classes', target={targets}")
        text = raw_values(frame[targets[0]], "category")[:, 0]
        names = sorted(set(text), key=lambda name: (_order(name), name))
        return np.array([names.index(name) for name in text], np.int64), tuple(names)
    values = np.stack([numbers(frame[name]) for name in targets], axis=1)
    for name, column in zip(targets, values.T, strict=True):
        if (column == column[0]).all():
            raise BadInput(f"The target never varies: nothing to learn. Received: {column[0]:g} in all of {name!r}")
    return values, None


def tags_of(
    frame: "pd.DataFrame", targets: tuple[str, ...], separator: str | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Which of the tags each row has, float32 (rows, tags), and their names: from a column of words, or one a tag.

    Args:
        frame: The table.
        targets: A column of cells such as "clear road", empty for none; or a column a tag, of 0 and 1.
        separator: What stands between tags in a cell.

    Raises:
        BadInput: Cells that are neither 0 nor 1, by row and column; fewer than two tags.
    """
    if separator is None:
        columns = [frame[name].astype(float) if frame[name].dtype.kind == "b" else frame[name] for name in targets]
        flags = np.stack([numbers(column) for column in columns], axis=1)
        if (wrong := ~np.isin(flags, (0, 1))).any():
            row, at = np.argwhere(wrong)[0]
            column = frame[targets[at]]
            raise BadInput(
                "A column a tag holds 0 and 1; words in one column need tag_separator. "
                f"Received: {cell(column, row)!r} in {place(column, row)} of {targets[at]!r}"
            )
        check_two_classes(targets)
        return flags.astype(np.float32), targets
    if len(targets) != 1 or not separator:
        raise BadInput(f"Tags in words stand in one column. Received: {targets}, tag_separator={separator!r}")
    words = [
        [] if missing else [word.strip() for word in str(text).split(separator) if word.strip()]
        for text, missing in zip(frame[targets[0]], frame[targets[0]].isna(), strict=True)
    ]
    names = sorted({word for row in words for word in row})
    check_two_classes(names)
    index = {name: place for place, name in enumerate(names)}
    tags = np.zeros((len(frame), len(names)), np.float32)
    for row, found in enumerate(words):
        tags[row, [index[word] for word in found]] = 1
    return tags, tuple(names)


def _are_classes(column: "pd.Series") -> bool:
    values = parsed_numbers(column)
    if column.dtype.kind == "b" or str(column.dtype) == "category" or np.isnan(values).mean() > 0.1:
        return True
    return len(np.unique(values)) <= MOST_NUMBERED_CLASSES and bool((values == np.round(values)).all())


def _order(name: str) -> float:
    """Numbered classes in the order of their numbers, words after them."""
    try:
        return float(name)
    except ValueError:
        return float("inf")


def check_classes(labels: np.ndarray, classes: Classes) -> None:
    """Raises unless there are two classes at least, all of them among the `labels` of training rows."""
    if classes is None:
        return
    check_two_classes(classes)
    if absent := [name for index, name in enumerate(classes) if not (labels == index).any()]:
        raise BadInput(f"Classes that no training row has: {absent}. Received: a split that leaves them to validation")


def weights_of(column: "pd.Series") -> np.ndarray:
    """How much each row counts, float32; raises for what is no number from 0 up, by row, and if none counts."""
    weights = numbers(column)
    wrong = ~(weights >= 0)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise BadInput(
            f"A weight is a number from 0 up. Received: {cell(column, first)!r} in {place(column, first)} of "
            f"{column.name!r}"
        )
    if not weights.any():
        raise BadInput(f"No row counts: all weights are 0. Received: column {column.name!r}")
    return weights.astype(np.float32)


def balancing(labels: np.ndarray, classes: Classes, trained: np.ndarray) -> np.ndarray:
    """Weights by which classes count alike, float32 a row; their mean over the rows `trained` on is 1.

    Raises:
        BadInput: The labels are numbers, of which none is rarer than another.
    """
    if classes is None:
        raise BadInput("Only classes can be balanced (--balance), not numbers. Received: a target of numbers")
    counts = np.bincount(labels[trained], minlength=len(classes))
    return (trained.sum() / (len(classes) * counts))[labels].astype(np.float32)
