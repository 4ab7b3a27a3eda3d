"""What is for training and what for validation."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from kerasdl.data.columns import raw_values
from kerasdl.data.csv_file import parsed_numbers, place
from kerasdl.data.dates import date_form
from kerasdl.data.sources import DECODABLE, Source, image_files
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

VALID_WORDS = {"valid": True, "validation": True, "val": True, "test": True, "true": True, "1": True}
VALID_WORDS |= {"train": False, "training": False, "false": False, "0": False}


def class_folders(folder: Path) -> list[str]:
    """The folders that hold images, sorted; there must be one."""
    names = [path.name for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    classes = [name for name in names if image_files(folder / name)]
    if not classes:
        raise BadInput(
            f"No images: expected a folder a class, with {', '.join(DECODABLE)} files. Received: {str(folder)!r} with "
            f"folders {names}"
        )
    return classes


def check_same_classes(classes: Sequence[str], held_out: Sequence[str], folder: Path) -> None:
    """Raises unless validation in `folder` holds the classes of training."""
    if missing := sorted(set(classes) - set(held_out)):
        raise BadInput(f"Classes without images in validation: {missing}. Received: {str(folder)!r} with {held_out}")
    if extra := sorted(set(held_out) - set(classes)):
        raise BadInput(f"Classes in validation that training lacks: {extra}. Received: {str(folder)!r}")


def check_every_class(source: Source, classes: Sequence[str], place: object) -> None:
    """Raises if a class of `source` has no sample, as when none of its files could be read."""
    counts = np.bincount(source.labels, minlength=len(classes))
    if empty := [name for name, count in zip(classes, counts, strict=True) if not count]:
        raise BadInput(f"Classes left without a readable image: {empty}. Received: {str(place)!r}")


def check_two_classes(classes: Sequence[str]) -> None:
    """Raises if there is nothing to tell apart."""
    if len(classes) < 2:
        raise BadInput(f"One class only: nothing to tell apart. Received: classes={list(classes)}")


def check_label_range(labels: np.ndarray, classes: Sequence[str]) -> None:
    """Raises unless all labels are indices into `classes`."""
    if labels.size and not 0 <= labels.min() <= labels.max() < len(classes):
        raise BadInput(
            f"Labels must lie in 0..{len(classes) - 1}. Received: {labels.min()}..{labels.max()} for "
            f"{len(classes)} classes"
        )


def stratified_split(source: Source, classes: Sequence[str], valid_share: float, seed: int) -> tuple[Source, Source]:
    """The same share of every class for validation, drawn by seed; both parts in the source's order."""
    held_out = stratified(source.labels, classes, valid_share, seed)
    return source.take(np.flatnonzero(~held_out)), source.take(np.flatnonzero(held_out))


def stratified(labels: np.ndarray, classes: Sequence[str], valid_share: float, seed: int) -> np.ndarray:
    """Which samples are for validation, bool (count,): the same share of every class, drawn by seed."""
    _check_share(valid_share)
    check_two_classes(classes)
    random = np.random.default_rng(seed)
    held_out = np.zeros(len(labels), bool)
    for label, name in enumerate(classes):
        members = random.permutation(np.flatnonzero(labels == label))
        if len(members) < 2:
            raise BadInput(
                "A class needs two samples at least, one to train on and one to validate. "
                f"Received: class {name!r} with {len(members)}"
            )
        held_out[members[: _count(valid_share, len(members))]] = True
    return held_out


def at_random(count: int, valid_share: float, seed: int) -> np.ndarray:
    """Which samples are for validation, bool (count,): a share of all, drawn by seed."""
    _check_share(valid_share)
    if count < 2:
        raise BadInput(f"Two rows at least, one to train on and one to validate. Received: {count}")
    held_out = np.zeros(count, bool)
    held_out[np.random.default_rng(seed).permutation(count)[: _count(valid_share, count)]] = True
    return held_out


def latest(times: np.ndarray, valid_share: float) -> np.ndarray:
    """Which samples are for validation: the last of them in time, all of a moment together."""
    _check_share(valid_share)
    if len(times) < 2:
        raise BadInput(f"Two rows at least, one to train on and one to validate. Received: {len(times)}")
    held_out = times >= np.sort(times)[-_count(valid_share, len(times))]
    if held_out.all():
        raise BadInput(f"All rows but the last share have the same time. Received: {len(np.unique(times))} times")
    return held_out


def whole_groups(groups: np.ndarray, valid_share: float, seed: int) -> np.ndarray:
    """Which samples are for validation: whole groups, drawn by seed until they hold the share."""
    _check_share(valid_share)
    names, sizes = np.unique(groups, return_counts=True)
    if len(names) < 2:
        raise BadInput(f"Two groups at least, one to train on and one to validate. Received: groups={names.tolist()}")
    order = np.random.default_rng(seed).permutation(len(names))[:-1]
    before = np.cumsum(sizes[order]) - sizes[order]
    return np.isin(groups, names[order][before < valid_share * len(groups)])


def rows(
    frame: "pd.DataFrame",
    labels: np.ndarray,
    classes: tuple[str, ...] | None,
    valid_share: float,
    time: str | None,
    group: str | None,
    split: str | None,
    seed: int,
) -> np.ndarray:
    """Which rows of a table are for validation: by time, group or column if one is named, else by seed."""
    if time is not None:
        return latest(_times(frame[time]), valid_share)
    if group is not None:
        _check_present(frame[group])
        return whole_groups(raw_values(frame[group], "category")[:, 0].astype(str), valid_share, seed)
    if split is not None:
        return _as_told(frame[split])
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
            f"A table is split by a column that says something in every row. Received: nothing in "
            f"{place(column, int(np.argmax(missing)))} of {column.name!r}"
        )


def _as_told(column: "pd.Series") -> np.ndarray:
    words = raw_values(column, "category")[:, 0]
    for row, word in enumerate(words):
        if word.lower() not in VALID_WORDS:
            raise BadInput(
                f"Column {column.name!r} must say 'train' or 'valid' in every row. "
                f"Received: {word!r} in {place(column, row)}"
            )
    held_out = np.array([VALID_WORDS[word.lower()] for word in words])
    if held_out.all() or not held_out.any():
        raise BadInput(f"Column {column.name!r} must name rows for both, training and validation. Received: one only")
    return held_out


def _check_share(valid_share: float) -> None:
    if not 0 < valid_share < 1:
        raise BadInput(f"valid_share must lie between 0 and 1. Received: valid_share={valid_share}")


def _count(valid_share: float, count: int) -> int:
    return min(max(1, round(valid_share * count)), count - 1)
