"""Inputs of predictions, as they are named on the command line."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasdl.data import images, tabular, text
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd


def input_files(names: Sequence[str]) -> list[str]:
    """Files, of which some may not exist, and instead of folders the image files below them.

    Raises:
        BadInput: As `images.image_files` says.

    Example:
        >>> input_files(["portrait.jpg", "pets"])[:2]
        ['portrait.jpg', 'pets/cat/0001.jpg']
    """
    # The methods of Path raise an error for a long text.
    return [file for name in names for file in (images.image_files(Path(name)) if os.path.isdir(name) else [name])]  # noqa: PTH112


def input_texts(names: Sequence[str], *, encoding: str | None = None) -> list[str]:
    """The lines of files, and what names none: texts themselves. Empty lines are counted on stderr.

    Raises:
        BadInput: A folder, a file that cannot be read, or nothing.

    Example:
        >>> input_texts(["A good film.", "reviews.txt"])
    """
    found = [each for name in names for each in _texts_of(name, encoding)]
    if not found:
        raise BadInput(
            f"This run was trained on texts: give texts, or files of a text on each line. Received: {list(names)}"
        )
    return found


def input_table(names: Sequence[str], *, encoding: str | None = None, separator: str | None = None) -> "pd.DataFrame":
    """The rows of one CSV file; see `tabular.read_csv`.

    Raises:
        BadInput: None or several, or as `tabular.read_csv` says.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> input_table(["people.csv"])
    """
    if len(names) != 1:
        raise BadInput(
            "This run was trained on a table or a time series: give one CSV file with its columns. "
            f"Received: {list(names)}"
        )
    return tabular.read_csv(names[0], encoding=encoding, separator=separator)


def _texts_of(name: str, encoding: str | None) -> list[str]:
    if os.path.isdir(name):  # noqa: PTH112 -- as above
        raise BadInput(f"Give files of a text on each line, not their folder. Received: {name!r}")
    if not os.path.exists(name):  # noqa: PTH110 -- as above
        return [name.encode("utf-8", "replace").decode()]
    lines = list(text.read_lines(name, encoding=encoding))
    found = [line for line in lines if line.strip()]
    if empty := len(lines) - len(found):
        print(f"{name}: {empty} empty line{'s' * (empty > 1)} left out", file=sys.stderr)
    return found
