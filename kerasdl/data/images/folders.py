"""Images in folders, whose class is the name of a folder or part of the path."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from kerasdl.data.images.build import check_every_class, images_of_files
from kerasdl.data.images.images import Images
from kerasdl.data.images.listing import image_files, matched, parts_of, training_folder
from kerasdl.data.images.options import FileOptions, Options
from kerasdl.data.splits import Part, stratified, whole_groups
from kerasdl.errors import BadInput


def from_folder(folder: str | Path, *, group: str | None = None, **options: Any) -> Images:
    r"""Images in `folder/train/CLASS/`, `folder/valid/CLASS/` and `folder/test/CLASS/`, or in `folder/CLASS/` only.

    Beside `train` every other folder but `valid` (or `validation`, `val`) and a `test` of the same classes is left
    alone. Without validation images the training images are split by class and seed, or by whole groups. JPEG, PNG,
    GIF (first frame), BMP and WebP are read, at any depth below the class.

    Args:
        folder: Where the images are.
        group: A regular expression whose first group finds, in a path below the class folders' folder, what must not
            be parted between training and validation, such as r"(patient\d+)".
        **options: As for `Options` and `FileOptions`.

    Returns:
        The pipelines.

    Raises:
        BadInput: No such folder, no images, one class, classes that differ between training and validation, or files
            that do not decode, all named.

    Example:
        >>> pets = from_folder("pets", image_size=128)
    """
    folder, choices = Path(folder), FileOptions(**options)
    parts = parts_of(folder)
    classes = tuple(parts[0][1])
    found = [(file, classes.index(name), part) for part, by_name in parts for name in by_name for file in by_name[name]]
    files = [file for file, _, _ in found]
    labels, given = ([row[column] for row in found] for column in (1, 2))
    if group is not None and Part.VALID in given:
        raise BadInput(f"The folders say what is for validation already. Received: group={group!r}")
    root = training_folder(folder)

    def split(chosen: np.ndarray, labels: np.ndarray) -> np.ndarray:
        part = np.array(given)[chosen]
        if Part.VALID in given:
            check_every_class(labels[part == Part.VALID], classes, folder)
        else:
            training_part = np.flatnonzero(part == Part.TRAIN)
            names = [files[index] for index in chosen[training_part]]
            part[training_part] = _held_out(labels[training_part], names, root, classes, group, choices)
        return part

    return images_of_files(files, np.array(labels, np.int64), split, choices, classes=classes, where=folder)


def from_pattern(folder: str | Path, pattern: str, *, group: str | None = None, **options: Any) -> Images:
    r"""Images anywhere below a folder, whose class is in their name or path.

    Args:
        folder: Where the images are.
        pattern: A regular expression, whose first group finds the class in a file's path below `folder`.
        group: As for `from_folder`.
        **options: As for `Options` and `FileOptions`.

    Returns:
        The pipelines.

    Raises:
        BadInput: No such folder, no images, a file that the expression does not match, one class; or as `from_folder`.

    Example:
        >>> pets = from_pattern("images", r"([^/]+)_\d+.jpg$")   # great_pyrenees_173.jpg
    """
    folder, choices = Path(folder), FileOptions(**options)
    files = image_files(folder)
    if not files:
        raise BadInput(f"No images, or no such folder. Received: {str(folder)!r}")
    words = matched(files, folder, pattern)
    classes = tuple(sorted(set(words)))
    index = {name: label for label, name in enumerate(classes)}

    def split(chosen: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return _held_out(labels, [files[each] for each in chosen], folder, classes, group, choices)

    labels = np.array([index[word] for word in words], np.int64)
    return images_of_files(files, labels, split, choices, classes=classes, where=folder)


def _held_out(
    labels: np.ndarray,
    files: Sequence[str],
    root: Path,
    classes: Sequence[str],
    group: str | None,
    choices: Options,
) -> np.ndarray:
    """Of files that do not say it: 1 for validation, by class and seed or by whole groups."""
    if group is None:
        return stratified(labels, classes, choices.valid_share, choices.seed).astype(int)
    return whole_groups(np.array(matched(files, root, group)), choices.valid_share, choices.seed).astype(int)
