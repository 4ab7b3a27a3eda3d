"""Images listed in a table, one per row, with a class, tags or numbers to predict."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.images.build import images_of_files
from kerasdl.data.images.images import Images
from kerasdl.data.images.options import FileOptions, Options
from kerasdl.data.splits import as_parts
from kerasdl.data.tabular import (
    held_out,
    named,
    names_of,
    parsed_numbers,
    part_of,
    place,
    read_csv,
    tags_of,
    targets_of,
    tidy,
)
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

ImageTask = Literal["auto", "classes", "tags", "numbers"]


@known_arguments("from_frame")
def from_csv(
    path: str | Path,
    target: str | Sequence[str],
    *,
    folder: str | Path | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    **options: Any,
) -> Images:
    """Images listed in a CSV file with a header, one image per line; see `from_frame`.

    Args:
        path: The CSV file.
        target: The column or columns to predict.
        folder: The folder of the images; by default that of the CSV file.
        encoding: A Python encoding; by default that of the byte-order mark, else UTF-8.
        separator: One character; by default the most frequent separator of the header.
        **options: The other arguments of `from_frame`.

    Returns:
        The training, validation and test pipelines.

    Raises:
        BadInput: See `csv_file.read_csv` and `from_frame`.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> planet = from_csv("planet/labels.csv", "tags", tag_separator=" ", suffix=".jpg", folder="planet/train")
    """
    frame = read_csv(path, encoding=encoding, separator=separator)
    return from_frame(frame, target, folder=Path(path).parent if folder is None else folder, **options)


@known_arguments(FileOptions)
def from_frame(
    frame: "pd.DataFrame",
    target: str | Sequence[str],
    *,
    image: str | None = None,
    folder: str | Path = ".",
    suffix: str = "",
    task: ImageTask = "auto",
    tag_separator: str | None = None,
    split: str | None = None,
    group: str | None = None,
    **options: Any,
) -> Images:
    """Images listed in a DataFrame, one per row, with a class, tags or numbers to predict.

    Args:
        frame: One row per image.
        target: The column to predict: words or a few whole numbers are classes, other numbers are predicted as
            numbers. Several columns are tags if they hold only 0 and 1, else numbers.
        image: The column of file names; by default the first that is not `target`, `split` or `group`.
        folder: The folder that the file names are relative to.
        suffix: Added to each file name, such as ".jpg".
        task: "classes", "tags" or "numbers"; "auto" infers it from the cells.
        tag_separator: The separator of tags within a cell of `target`, such as a space.
        split: A column with "train", "valid" or "test" (or true/1 for validation, false/0 for training).
        group: A column; rows with the same value stay together in training or in validation.
        **options: The fields of `FileOptions`.

    Returns:
        The training, validation and test pipelines.

    Raises:
        BadInput: A missing column, a row without file name or target, only one class, or files that do not decode.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> pets = from_frame(breeds, "breed", folder="images", group="photographer")
    """
    choices = FileOptions(**options)
    frame, targets = named(frame), names_of(target)
    image, split, group = (None if name is None else str(name) for name in (image, split, group))
    used = [*targets, *(each for each in (split, group) if each is not None)]
    _check_columns(frame, used)
    image = _image_column(frame, image, used)
    frame = tidy(frame[[image, *dict.fromkeys(used)]])
    if task not in get_args(ImageTask) or (tag_separator is not None and task not in ("auto", "tags")):
        raise BadInput(
            f"task is one of {', '.join(get_args(ImageTask))}; tag_separator is only for tags. "
            f"Received: task={task!r}, tag_separator={tag_separator!r}"
        )
    files = [os.path.join(folder, f"{name}{suffix}") for name in _file_names(frame[image])]  # noqa: PTH118 - many
    tags = task == "tags" or tag_separator is not None or _are_flags(frame, targets, task)
    found = tags_of(frame, targets, tag_separator) if tags else targets_of(frame, targets, cast(Any, task))
    labels, classes = found
    labels = labels if classes and not tags else labels.astype(np.float32)

    def parts(chosen: np.ndarray, labels: np.ndarray) -> np.ndarray:
        whole = None if tags else classes
        return _parts_of_rows(frame.iloc[chosen], labels, whole, split, group, choices)

    about: dict[str, Any] = {"classes": classes or (), "numbers": () if classes else targets, "tags": tags}
    about["place"] = lambda row: f" in {place(frame[image], row)}"
    return images_of_files(files, labels, parts, choices, where=folder, **about)


def _parts_of_rows(
    frame: "pd.DataFrame",
    labels: np.ndarray,
    classes: tuple[str, ...] | None,
    split: str | None,
    group: str | None,
    choices: Options,
) -> np.ndarray:
    """The part of each row: by a column if one is named, otherwise by group or by seed."""
    if split is not None and group is not None:
        raise BadInput(f"Give group or split, not both. Received: group={group!r}, split={split!r}")
    if split is not None:
        return part_of(frame[split])
    return as_parts(held_out(frame, labels, classes, choices.valid_share, None, group, None, choices.seed))


def _image_column(frame: "pd.DataFrame", image: str | None, aside: Sequence[str]) -> str:
    """The name of the column of file names."""
    if image is None:
        image = next((name for name in frame.columns if name not in aside), None)
    if image is None or image not in frame.columns or image in aside:
        raise BadInput(
            f"Give the column of file names as image. Received: image={image!r}, columns {list(frame.columns)}"
        )
    return image


def _file_names(column: "pd.Series") -> list[str]:
    # A NUL character is in none, as in no argument of the system.
    if (missing := column.isna() | column.astype(str).str.contains("\0", regex=False)).any():
        raise BadInput(
            f"No file name in {place(column, int(np.argmax(missing)))}. Received: column {str(column.name)!r}"
        )
    return [str(name) for name in column]


def _check_columns(frame: "pd.DataFrame", wanted: Sequence[str]) -> None:
    if not wanted or len(set(frame.columns)) < len(frame.columns):
        raise BadInput(
            f"Give a column to predict, and make column names unique. Received: columns {list(frame.columns)}"
        )
    if absent := [name for name in wanted if name not in frame.columns]:
        raise BadInput(f"No such column: {', '.join(map(repr, absent))}. Received: columns {list(frame.columns)}")


def _are_flags(frame: "pd.DataFrame", targets: Sequence[str], task: ImageTask) -> bool:
    """Whether there are several columns that hold only 0 and 1 (or false and true)."""
    cells = [frame[name] for name in targets]
    numbers = [each.astype(float) if each.dtype.kind == "b" else parsed_numbers(each) for each in cells]
    return task == "auto" and len(targets) > 1 and bool(np.isin(numbers, (0, 1)).all())
