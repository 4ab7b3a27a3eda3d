"""Images that a table names, a row each, with their class, tags or numbers."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np
from kerasdl.data.images.build import images_of_files
from kerasdl.data.images.images import Images
from kerasdl.data.images.options import FileOptions, Options
from kerasdl.data.tabular import held_out, parsed_numbers, part_of, place, read_csv, tags_of, targets_of, tidy
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

ImageTask = Literal["auto", "classes", "tags", "numbers"]


def from_csv(
    path: str | Path,
    target: str | Sequence[str],
    *,
    folder: str | Path | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    **options: Any,
) -> Images:
    """A CSV file with a header that names an image a line, as `from_frame` takes a DataFrame.

    Args:
        path: The file.
        target: The column to predict, or several.
        folder: Where the images are; by default where the CSV file is.
        encoding: As Python spells it; by default UTF-8, or what the file's byte-order mark says.
        separator: One character; by default what the header holds most of.
        **options: As for `from_frame`.

    Raises:
        BadInput: As `csv_file.read_csv` and `from_frame`.

    Example:
        >>> planet = from_csv("planet/labels.csv", "tags", tag_separator=" ", suffix=".jpg", folder="planet/train")
    """
    frame = read_csv(path, encoding=encoding, separator=separator)
    return from_frame(frame, target, folder=Path(path).parent if folder is None else folder, **options)


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
    """A table that names an image a row, with its class, tags or numbers.

    Args:
        frame: One row an image.
        target: The column to predict: words or few whole numbers are classes, other numbers are predicted as they are.
            Several columns are tags where they hold 0 and 1 only, else numbers.
        image: The column of file names; by default the first that is not asked for otherwise.
        folder: Where these names begin.
        suffix: What to add to each name, such as ".jpg".
        task: "classes", "tags" or "numbers", where that shall not be told from the cells.
        tag_separator: What stands between the tags in a cell of `target`, such as a space.
        split: A column that says "train", "valid" or "test" (or true and false, 1 and 0, for validation).
        group: A column: whole groups are for validation.
        **options: As for `Options` and `FileOptions`.

    Returns:
        The pipelines.

    Raises:
        BadInput: Columns that are not there, a row without a name or target, or as `from_folder`.

    Example:
        >>> pets = from_frame(frame, "breed", folder="images", group="photographer")
    """
    choices = FileOptions(**options)
    frame = tidy(frame.rename(columns=str))
    targets = (str(target),) if isinstance(target, str | int) else tuple(map(str, target))
    _check_columns(frame, [*targets, *(each for each in (split, group) if each is not None)])
    if task not in get_args(ImageTask) or (tag_separator is not None and task not in ("auto", "tags")):
        raise BadInput(
            f"The task is one of {', '.join(get_args(ImageTask))}, and tag_separator is for tags. "
            f"Received: task={task!r}, tag_separator={tag_separator!r}"
        )
    names = _image_column(frame, image, {*targets, split, group})
    files = [os.path.join(folder, f"{name}{suffix}") for name in names]  # noqa: PTH118 - many
    tags = task == "tags" or tag_separator is not None or _are_flags(frame, targets, task)
    found = tags_of(frame, targets, tag_separator) if tags else targets_of(frame, targets, cast(Any, task))
    labels, classes = found
    labels = labels if classes and not tags else labels.astype(np.float32)

    def parts(chosen: np.ndarray, labels: np.ndarray) -> np.ndarray:
        whole = None if tags else classes
        return _parts_of_rows(frame.iloc[chosen], labels, whole, split, group, choices)

    about: dict[str, Any] = {"classes": classes or (), "numbers": () if classes else targets, "tags": tags}
    return images_of_files(files, labels, parts, choices, where=folder, **about)


def _parts_of_rows(
    frame: "pd.DataFrame",
    labels: np.ndarray,
    classes: tuple[str, ...] | None,
    split: str | None,
    group: str | None,
    choices: Options,
) -> np.ndarray:
    """Of rows of a table: 0, 1 or 2 for training, validation and test."""
    if split is not None and group is not None:
        raise BadInput(f"Split by a group or by a column, not by both. Received: {group!r} and {split!r}")
    if split is not None:
        return part_of(frame[split])
    return held_out(frame, labels, classes, choices.valid_share, None, group, None, choices.seed).astype(int)


def _image_column(frame: "pd.DataFrame", image: str | None, aside: set[str | None]) -> list[str]:
    """The file names in a table."""
    if image is None:
        image = next((name for name in frame.columns if name not in aside), None)
    if image not in frame.columns or image in aside:
        raise BadInput(f"Name the column of file names by image. Received: {image!r} for {list(frame.columns)}")
    if (missing := frame[image].isna()).any():
        raise BadInput(f"No file name in {place(frame[image], int(np.argmax(missing)))}. Received: column {image!r}")
    return [str(name) for name in frame[image]]


def _check_columns(frame: "pd.DataFrame", wanted: Sequence[str]) -> None:
    if not wanted or len(set(frame.columns)) < len(frame.columns):
        raise BadInput(
            f"Name a column to predict, of a table in which each has its own name. Received: {list(frame.columns)}"
        )
    if absent := [name for name in wanted if name not in frame.columns]:
        raise BadInput(f"No such column: {', '.join(map(repr, absent))}. Received: columns {list(frame.columns)}")


def _are_flags(frame: "pd.DataFrame", targets: Sequence[str], task: ImageTask) -> bool:
    """Whether several columns hold nothing but 0 and 1 (or false and true)."""
    cells = [frame[name] for name in targets]
    numbers = [each.astype(float) if each.dtype.kind == "b" else parsed_numbers(each) for each in cells]
    return task == "auto" and len(targets) > 1 and bool(np.isin(numbers, (0, 1)).all())
