"""Chorales from CSV files, such as those of J. S. Bach."""

from pathlib import Path

import numpy as np
from kerasdl.data.music.midi_file import HIGHEST
from kerasdl.errors import BadInput

# Of the rows, which are sixteenths.
QUARTER = 4


def chorales(folder: str | Path, *, every: int = QUARTER) -> list[np.ndarray]:
    """Read the CSV files of a folder: a header, then a row for each step and a column for each voice.

    Args:
        folder: The folder of the files, such as train/ of the JSB chorales (arXiv:1206.6392) with a row for each
            sixteenth.
        every: Rows to a step: 4 makes quarters of sixteenths, on which most figures of that data set are counted.

    Returns:
        The pieces in the order of their file names: int64 (steps, voices), MIDI note numbers, 0 for a rest.

    Raises:
        BadInput: No such folder, no CSV files in it, or a file that holds other things than note numbers.

    Example:
        >>> pieces = chorales("chorales")
        >>> pieces[0].shape
        (8, 4)
    """
    if every < 1:
        raise BadInput(f"A step takes at least one row. Received: every={every}")
    files = sorted(Path(folder).glob("*.csv"))
    if not files:
        raise BadInput(f"There are no CSV files of pieces. Received: {str(folder)!r}")
    pieces = [_read(file) for file in files]
    for file, piece in zip(files, pieces, strict=True):
        if piece.shape[1] != pieces[0].shape[1]:
            raise BadInput(
                f"All pieces need the same number of voices. Received: {str(file)!r} with {piece.shape[1]}, "
                f"{str(files[0])!r} with {pieces[0].shape[1]}"
            )
    return [piece[::every] for piece in pieces]


def _read(file: Path) -> np.ndarray:
    try:
        notes = np.loadtxt(file, np.int64, delimiter=",", skiprows=1, ndmin=2, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise BadInput(f"The piece cannot be read ({error}). Received: {str(file)!r}") from error
    if not notes.size or notes.min() < 0 or notes.max() > HIGHEST:
        raise BadInput(f"A piece holds rows of note numbers from 0 (a rest) to {HIGHEST}. Received: {str(file)!r}")
    return notes
