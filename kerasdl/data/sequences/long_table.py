"""Sequences from long tables: a row for each step, and a column that tells of which sequence it is."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.sequences.arrays import named_arrays
from kerasdl.data.sequences.augment.augmentation import Augmentation
from kerasdl.data.sequences.sequences import Sequences
from kerasdl.data.tabular import as_text, named, numbers, place, read_csv, tidy
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd


@known_arguments()
def from_frame(
    frame: "pd.DataFrame",
    *,
    sequence: str = "id",
    label: str = "label",
    time: str | None = None,
    channels: Sequence[str] = (),
    batch_size: int = 16,
    augment: Augmentation | None = None,
    valid_share: float = 0.2,
    seed: int = 0,
) -> Sequences:
    """Make `Sequences` from a DataFrame with a row for each step; validation sequences are drawn per class by seed.

    Missing numbers are interpolated linearly; at either end the nearest value is repeated.

    Args:
        frame: The rows of a sequence may stand anywhere.
        sequence: Column of what tells the sequences apart.
        label: Column of classes; all rows of a sequence have the same.
        time: Column of numbers by which the steps of a sequence are sorted; by default they are in order. The steps
            are taken as evenly spaced.
        channels: Columns of numbers; by default all others.
        batch_size: Sequences per batch; the last batch of an epoch may be smaller.
        augment: An `augment.Augmentation`, or None.
        valid_share: Share of each class for validation, at least one sequence.
        seed: Random seed of the split, the order and the augmentation.

    Returns:
        The datasets, with the classes in alphabetical order.

    Raises:
        BadInput: No such column, no channels, a cell that is missing or no number, two labels for a sequence, two steps
            of a sequence with the same time, or fewer than two classes or two sequences per class.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> print(from_frame(walks, sequence="person", label="gait"))
        16 training and 4 validation sequences of 30 steps and 1 channel in 2 classes
    """
    names, arrays, rows, used = sequences_of_frame(
        frame, sequence=sequence, time=time, channels=channels, others=[label]
    )
    words = tidy(named(frame)[[label]])[label]
    if words.isna().any():
        missing = place(words, int(words.isna().to_numpy().argmax()))
        raise BadInput(f"Every row needs a class. Received: column {label!r} without one in {missing}")
    found = []
    for name, steps in zip(names, rows, strict=True):
        several = sorted({as_text(word) for word in words.iloc[steps]})
        if len(several) > 1:
            raise BadInput(f"A sequence has one class. Received: {name} with {several} in column {label!r}")
        found.append(several[0])
    classes = sorted(set(found))
    labels = np.array([classes.index(word) for word in found])
    options: dict[str, Any] = {"batch_size": batch_size, "augment": augment, "valid_share": valid_share, "seed": seed}
    return replace(named_arrays(arrays, labels, names, classes, **options), channels=tuple(used))


@known_arguments(from_frame)
def from_csv(
    path: str | Path, *, encoding: str | None = None, separator: str | None = None, **options: Any
) -> Sequences:
    """Make `Sequences` from a CSV file with a header and a row for each step.

    Args:
        path: Path of the file.
        encoding: Name of a Python codec; by default UTF-8, or that of the file's byte-order mark.
        separator: One character; by default the most frequent of comma, semicolon, tab and bar in the header.
        **options: As for `from_frame`.

    Returns:
        As for `from_frame`.

    Raises:
        BadInput: As for `from_frame` and `tabular.read_csv`; messages give the line.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> from_csv("walks.csv", sequence="person", label="gait").classes
        ('calm', 'hasty')
    """
    return from_frame(read_csv(path, encoding=encoding, separator=separator), **options)


def sequences_of_frame(
    frame: "pd.DataFrame",
    *,
    sequence: str = "id",
    time: str | None = None,
    channels: Sequence[str] = (),
    others: Sequence[str] = (),
) -> tuple[list[str], list[np.ndarray], list[np.ndarray], list[str]]:
    """The sequences of a long table, without their classes.

    Args:
        frame: As for `from_frame`.
        sequence: As for `from_frame`.
        time: As for `from_frame`.
        channels: As for `from_frame`.
        others: Columns that are no channels, and must be there.

    Returns:
        Names; float64 arrays (length, channels); the positions of their rows; and the names of the channels.

    Raises:
        BadInput: As for `from_frame`.

    Example:
        >>> names, arrays, *_ = sequences_of_frame(walks, sequence="person", channels=["speed"])
        >>> names[0], arrays[0].shape
        ('person 0', (30, 1))
    """
    frame = named(frame)
    keys = [sequence, *([time] if time else []), *others]
    used = list(channels) or [name for name in frame if name not in keys]
    if lost := [name for name in [*keys, *used] if name not in frame]:
        raise BadInput(
            f"No column {lost[0]!r}: name those of the sequence, the time and the class, and the channels. "
            f"Received: columns {list(frame)}"
        )
    if not used or not len(frame):
        raise BadInput(f"At least one channel and one row are needed. Received: {len(frame)} rows, channels {used}")
    frame = tidy(frame[list(dict.fromkeys([*keys, *used]))])
    if frame[sequence].isna().any():
        missing = place(frame[sequence], int(frame[sequence].isna().to_numpy().argmax()))
        raise BadInput(f"Every row belongs to a sequence. Received: column {sequence!r} without one in {missing}")
    values = np.stack([numbers(frame[name]) for name in used], axis=1)
    groups: dict[str, list[int]] = {}
    for row, name in enumerate(frame[sequence]):
        groups.setdefault(as_text(name), []).append(row)
    rows = [np.array(each) for each in groups.values()]
    names = [f"{sequence} {name}" for name in groups]
    if time:
        rows = [_sorted(name, each, frame[time]) for name, each in zip(names, rows, strict=True)]
    return names, [values[each] for each in rows], rows, used


def _sorted(name: str, rows: np.ndarray, column: "pd.Series") -> np.ndarray:
    times = numbers(column.iloc[rows])
    if np.isnan(times).any():
        raise BadInput(f"Every step needs a time. Received: {place(column, int(rows[np.isnan(times).argmax()]))}")
    order = np.argsort(times, kind="stable")
    if (twice := np.flatnonzero(np.diff(times[order]) == 0)).size:
        raise BadInput(
            f"Two steps of a sequence have the same time, {times[order][twice[0]]:g}. Received: {name}, "
            f"{place(column, int(rows[order][twice[0]]))} and {place(column, int(rows[order][twice[0] + 1]))}"
        )
    return rows[order]
