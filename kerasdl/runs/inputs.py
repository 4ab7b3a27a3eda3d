"""Inputs of predictions, as they are named on the command line."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from kerasdl.data import images, sequences, tabular, text
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

# What a forecast reads as the run did.
_SERIES = ("target", "time", "series", "covariates", "known", "calendar", "channels", "sort", "fill", "duplicates")


def input_files(names: Sequence[str], files_of: Callable[[Path], list[str]] = images.image_files) -> list[str]:
    """Files, of which some may not exist, and instead of folders the files below them.

    Args:
        names: Paths of files and folders.
        files_of: The files below a folder, by default of images; of sounds it is `sequences.wav_files`.

    Raises:
        BadInput: As `files_of` says.

    Example:
        >>> input_files(["portrait.jpg", "pets"])[:2]
        ['portrait.jpg', 'pets/cat/0001.jpg']
    """
    # The methods of Path raise an error for a long text.
    return [file for name in names for file in (files_of(Path(name)) if os.path.isdir(name) else [name])]  # noqa: PTH112


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


def input_sequences(
    names: Sequence[str], trained: Mapping[str, Any], *, encoding: str | None = None, separator: str | None = None
) -> tuple[list[str], list[np.ndarray]]:
    """Names and values of the sequences of one file, with the columns of the run.

    Args:
        names: The path of a .ts, .npz or CSV file.
        trained: The configuration of the run.
        encoding: Of a CSV file; by default that of the run.
        separator: Of a CSV file; by default that of the run.

    Raises:
        BadInput: None or several, or as `sequences.read_sequences` says.

    Example:
        >>> names, arrays = input_sequences(["GunPoint_TEST.ts"], {})
        >>> names[0]
        'GunPoint_TEST.ts:3'
    """
    if len(names) != 1:
        raise BadInput(
            f"This run was trained on sequences: give one .ts, .npz or CSV file of them. Received: {list(names)}"
        )
    options = {
        name: trained[name] for name in ("sequence", "time", "channels", "encoding", "separator") if trained.get(name)
    }
    options |= {name: each for name, each in (("encoding", encoding), ("separator", separator)) if each}
    return sequences.read_sequences(names[0], **options)


def input_series(
    names: Sequence[str], trained: Mapping[str, Any], *, encoding: str | None = None, separator: str | None = None
) -> tuple["pd.DataFrame", dict[str, Any]]:
    """The rows of one CSV file, and how the run read its series: the arguments of `series.forecast`.

    Args:
        names: The path of the file.
        trained: The configuration of the run.
        encoding: Of the file; by default that of the run.
        separator: Of the file; by default that of the run.

    Raises:
        BadInput: As for `input_table`.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> input_series(["airline.csv"], {"target": ["Passengers"], "lookback": 24})[1]
        {'target': ['Passengers']}
    """
    read = {"encoding": encoding or trained.get("encoding"), "separator": separator or trained.get("separator")}
    return input_table(names, **read), forecast_options(trained)


def forecast_options(trained: Mapping[str, Any]) -> dict[str, Any]:
    """How a run read its series: the arguments of `series.forecast`.

    Args:
        trained: The configuration of the run.

    Example:
        >>> forecast_options({"target": ["Passengers"], "lookback": 24})
        {'target': ['Passengers']}
    """
    return {name: trained[name] for name in _SERIES if name in trained}


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
