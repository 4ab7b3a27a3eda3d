"""Images in folders: the class is the folder's name, or part of the path."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.images.build import check_every_class, images_of_files
from kerasdl.data.images.images import Images
from kerasdl.data.images.listing import image_files, parts_of, training_folder
from kerasdl.data.images.options import FileOptions, Options
from kerasdl.data.listing import matched
from kerasdl.data.splits import Part, as_parts, stratified, whole_groups
from kerasdl.errors import BadInput


@known_arguments(FileOptions)
def from_folder(folder: str | Path, *, group: str | None = None, **options: Any) -> Images:
    r"""Images in `folder/train/CLASS/`, `folder/valid/CLASS/` and `folder/test/CLASS/`, or in `folder/CLASS/` only.

    If there is a `train` folder, all others are ignored except `valid` (or `validation`, `val`) and a `test` folder
    with the same classes. Without validation images the training images are split: stratified by class, or by whole
    groups. Reads JPEG, PNG, GIF (first frame), BMP and WebP at any depth below the class folder.

    Args:
        folder: The folder of images.
        group: A regular expression for the path relative to the folder of the class folders. Images with the same
            first group stay together in training or in validation, such as r"(patient\d+)".
        **options: The fields of `FileOptions`.

    Returns:
        The training, validation and test pipelines.

    Raises:
        BadInput: No such folder, no images, only one class, classes that differ between training and validation, or
            files that do not decode (the message names them).

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
        raise BadInput(f"There is a validation folder already: group is only for splitting. Received: group={group!r}")
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


@known_arguments(FileOptions)
def from_pattern(folder: str | Path, pattern: str, *, group: str | None = None, **options: Any) -> Images:
    r"""Images anywhere below a folder, with the class in the file name or path.

    Args:
        folder: The folder of images.
        pattern: A regular expression for the path relative to `folder`; its first group is the class.
        group: The same as in `from_folder`, for the path relative to `folder`.
        **options: The fields of `FileOptions`.

    Returns:
        The training and validation pipelines.

    Raises:
        BadInput: No such folder, no images, a file that does not match the expression, only one class, or files that
            do not decode.

    Example:
        >>> pets = from_pattern("images", r"([^/]+)_\d+.jpg$")   # great_pyrenees_173.jpg
    """
    folder, choices = Path(folder), FileOptions(**options)
    files = image_files(folder)
    if not files:
        raise BadInput(f"No images below this folder. Received: {str(folder)!r}")
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
    """The part of each file: a random share of each class for validation, or whole groups."""
    if group is None:
        return as_parts(stratified(labels, classes, choices.valid_share, choices.seed))
    return as_parts(whole_groups(np.array(matched(files, root, group)), choices.valid_share, choices.seed))
