"""Targets of a table: classes, numbers or tags; and weights of rows and classes."""

from collections.abc import Iterable
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
# A target with at most this many different whole numbers holds classes.
MOST_NUMBERED_CLASSES = 10


def targets_of(frame: "pd.DataFrame", targets: tuple[str, ...], task: Task) -> tuple[np.ndarray, Classes]:
    """Class indices (rows,) and class names, or numbers (rows, targets) and None.

    Raises:
        BadInput: A row has no target (the message gives row and column), a target is constant, or one of several
            targets is not a number.

    Example:
        >>> targets_of(pd.DataFrame({"income": ["low", "high", "low"]}), ("income",), "auto")
        (array([1, 0, 1]), ('high', 'low'))
    """
    if task not in get_args(Task):
        raise BadInput(f"The task must be one of {', '.join(get_args(Task))}. Received: task={task!r}")
    for name in targets:
        if (missing := frame[name].isna()).any():
            first = place(frame[name], int(np.argmax(missing)))
            raise BadInput(
                f"{int(missing.sum())} rows have no target, the first {first}: fill it in, or remove the rows. "
                f"Received: column {name!r}"
            )
    if task == "classes" or (task == "auto" and len(targets) == 1 and _are_classes(frame[targets[0]])):
        if len(targets) > 1:
            raise BadInput(f"Several targets must be numbers. Received: task='classes', target={targets}")
        text = raw_values(frame[targets[0]], "category")[:, 0]
        names = class_names(text)
        return np.array([names.index(name) for name in text], np.int64), names
    values = np.stack([numbers(frame[name]) for name in targets], axis=1)
    for name, column in zip(targets, values.T, strict=True):
        if (column == column[0]).all():
            raise BadInput(f"The target is constant: nothing to learn. Received: {column[0]:g} in all rows of {name!r}")
    return values, None


def tags_of(
    frame: "pd.DataFrame", targets: tuple[str, ...], separator: str | None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Tags of each row as 0 and 1, float32 (rows, tags), and their names: from one column of words or one per tag.

    Args:
        frame: The table.
        targets: One column of cells such as "clear road", empty for no tag; or one column of 0 and 1 per tag.
        separator: Text between the tags of a cell; None for one column per tag.

    Raises:
        BadInput: A cell is neither 0 nor 1 (the message gives row and column), or there are fewer than two tags.

    Example:
        >>> tags_of(pd.DataFrame({"tags": ["clear road", "clear"]}), ("tags",), " ")
        (array([[1., 1.],
                [1., 0.]], dtype=float32), ('clear', 'road'))
    """
    if separator is None:
        columns = [frame[name].astype(float) if frame[name].dtype.kind == "b" else frame[name] for name in targets]
        flags = np.stack([numbers(column) for column in columns], axis=1)
        if (wrong := ~np.isin(flags, (0, 1))).any():
            row, at = np.argwhere(wrong)[0]
            column = frame[targets[at]]
            raise BadInput(
                "A column per tag must hold 0 and 1; for words in one column, pass tag_separator. "
                f"Received: {cell(column, row)!r} in {place(column, row)} of {targets[at]!r}"
            )
        check_two_classes(targets)
        return flags.astype(np.float32), targets
    if len(targets) != 1 or not separator:
        raise BadInput(
            f"For words, name one column and a tag_separator. Received: {targets}, tag_separator={separator!r}"
        )
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


def class_names(words: Iterable[str]) -> tuple[str, ...]:
    """The different words in order: numbers by value, before words.

    Example:
        >>> class_names(["10", "9", "9", "none"])
        ('9', '10', 'none')
    """
    return tuple(sorted(set(words), key=lambda name: (_order(name), name)))


def _order(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return float("inf")


def check_classes(labels: np.ndarray, classes: Classes) -> None:
    """Raise unless there are at least two classes, all of them in the `labels` of training rows."""
    if classes is None:
        return
    check_two_classes(classes)
    if absent := [name for index, name in enumerate(classes) if not (labels == index).any()]:
        raise BadInput(
            f"No training row has the classes {absent}: split otherwise. Received: validation rows alone have them"
        )


def weights_of(column: "pd.Series") -> np.ndarray:
    """Weights of rows, float32 (rows,); raise unless all are at least 0 and one is positive."""
    weights = numbers(column)
    wrong = ~(weights >= 0)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise BadInput(
            f"Weights must be at least 0. Received: {cell(column, first)!r} in {place(column, first)} of "
            f"{column.name!r}"
        )
    if not weights.any():
        raise BadInput(f"At least one weight must be positive. Received: all weights are 0 in column {column.name!r}")
    return weights.astype(np.float32)


def balancing(labels: np.ndarray, classes: Classes, trained: np.ndarray) -> np.ndarray:
    """Weights that balance the classes, float32 (rows,); their mean over the training rows is 1.

    Args:
        labels: Class index of each row.
        classes: Class names.
        trained: Whether a row is for training, bool (rows,).

    Raises:
        BadInput: The labels are numbers, not classes.
    """
    if classes is None:
        raise BadInput("Only classes can be balanced (--balance), not numbers. Received: a target of numbers")
    counts = np.bincount(labels[trained], minlength=len(classes))
    return (trained.sum() / (len(classes) * counts))[labels].astype(np.float32)
