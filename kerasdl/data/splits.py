"""Which samples are for training, validation and test."""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from kerasdl.data.source import Source
from kerasdl.errors import BadInput


class Part(IntEnum):
    """The part of the data to which a sample belongs.

    Example:
        >>> held_out = parts == Part.VALID
    """

    TRAIN = 0
    VALID = 1
    TEST = 2


def as_parts(held_out: np.ndarray) -> np.ndarray:
    """`Part.VALID` where a sample is held out, otherwise `Part.TRAIN`: int (count,)."""
    return np.where(held_out, Part.VALID, Part.TRAIN)


def check_two_classes(classes: Sequence[str]) -> None:
    """Raises unless there are two classes or more."""
    if len(classes) < 2:
        raise BadInput(f"There is only one class: a classifier needs two. Received: classes={list(classes)}")


def check_label_range(labels: np.ndarray, classes: Sequence[str]) -> None:
    """Raises unless all labels are indices into `classes`."""
    if labels.size and not 0 <= labels.min() <= labels.max() < len(classes):
        raise BadInput(
            f"Labels must lie in 0..{len(classes) - 1}. Received: {labels.min()}..{labels.max()} for "
            f"{len(classes)} classes"
        )


def stratified_split(source: Source, classes: Sequence[str], valid_share: float, seed: int) -> tuple[Source, Source]:
    """Training and validation sources: the same share of every class, drawn by seed, each in the source's order."""
    held_out = stratified(source.labels, classes, valid_share, seed)
    return source.take(np.flatnonzero(~held_out)), source.take(np.flatnonzero(held_out))


def stratified(labels: np.ndarray, classes: Sequence[str], valid_share: float, seed: int) -> np.ndarray:
    """Samples for validation, bool (count,): the same share of every class, drawn by seed."""
    check_share(valid_share)
    check_two_classes(classes)
    random = np.random.default_rng(seed)
    held_out = np.zeros(len(labels), bool)
    for label, name in enumerate(classes):
        members = random.permutation(np.flatnonzero(labels == label))
        if len(members) < 2:
            raise BadInput(
                "A class needs at least two samples, one for training and one for validation. "
                f"Received: class {name!r} with {len(members)}"
            )
        held_out[members[: _count(valid_share, len(members))]] = True
    return held_out


def at_random(count: int, valid_share: float, seed: int) -> np.ndarray:
    """Samples for validation, bool (count,): a share of all, drawn by seed."""
    check_share(valid_share)
    if count < 2:
        raise BadInput(f"At least two rows are needed, one for training and one for validation. Received: {count}")
    held_out = np.zeros(count, bool)
    held_out[np.random.default_rng(seed).permutation(count)[: _count(valid_share, count)]] = True
    return held_out


def latest(times: np.ndarray, valid_share: float) -> np.ndarray:
    """Samples for validation, bool (count,): the latest share; samples of the same time stay together."""
    check_share(valid_share)
    if len(times) < 2:
        raise BadInput(f"At least two rows are needed, one for training and one for validation. Received: {len(times)}")
    held_out = times >= np.sort(times)[-_count(valid_share, len(times))]
    if held_out.all():
        raise BadInput(
            f"No row is earlier than the latest share: the split by time leaves none for training. "
            f"Received: {len(np.unique(times))} different times"
        )
    return held_out


def whole_groups(groups: np.ndarray, valid_share: float, seed: int) -> np.ndarray:
    """Samples for validation, bool (count,): whole groups, drawn by seed until they make up the share."""
    check_share(valid_share)
    names, sizes = np.unique(groups, return_counts=True)
    if len(names) < 2:
        raise BadInput(
            "At least two groups are needed, one for training and one for validation. "
            f"Received: groups={names.tolist()}"
        )
    order = np.random.default_rng(seed).permutation(len(names))[:-1]
    before = np.cumsum(sizes[order]) - sizes[order]
    return np.isin(groups, names[order][before < valid_share * len(groups)])


def check_share(valid_share: float) -> None:
    """Raises unless there is a share for training and one for validation."""
    if not 0 < valid_share < 1:
        raise BadInput(f"valid_share must be between 0 and 1. Received: valid_share={valid_share}")


def _count(valid_share: float, count: int) -> int:
    return min(max(1, round(valid_share * count)), count - 1)
