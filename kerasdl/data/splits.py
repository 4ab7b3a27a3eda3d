"""What is for training and what for validation."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from kerasdl.data.sources import DECODABLE, Source, image_files
from kerasdl.errors import BadInput


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


def stratified_split(source: Source, classes: Sequence[str], valid_share: float, seed: int) -> tuple[Source, Source]:
    """The same share of every class for validation, drawn by seed; both parts in the source's order."""
    if not 0 < valid_share < 1:
        raise BadInput(f"valid_share must lie between 0 and 1. Received: valid_share={valid_share}")
    if len(classes) < 2:
        raise BadInput(f"One class only: nothing to tell apart. Received: classes={list(classes)}")
    random = np.random.default_rng(seed)
    held_out: list[int] = []
    for label, name in enumerate(classes):
        members = random.permutation(np.flatnonzero(source.labels == label))
        if len(members) < 2:
            raise BadInput(
                "A class needs two samples at least, one to train on and one to validate. "
                f"Received: class {name!r} with {len(members)}"
            )
        held_out += members[: min(max(1, round(valid_share * len(members))), len(members) - 1)].tolist()
    chosen = np.isin(np.arange(len(source.labels)), held_out)
    return source.take(np.flatnonzero(~chosen)), source.take(np.flatnonzero(chosen))
