"""Sequences of a file without their classes, for predictions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from kerasdl.data.sequences.arrays import as_array
from kerasdl.data.sequences.long_table import sequences_of_frame
from kerasdl.data.sequences.npz_file import read_npz
from kerasdl.data.sequences.padding import complete
from kerasdl.data.sequences.ts_file import read_ts
from kerasdl.data.tabular import read_csv


def read_sequences(
    path: str | Path,
    *,
    sequence: str = "id",
    time: str | None = None,
    channels: Sequence[str] = (),
    encoding: str | None = None,
    separator: str | None = None,
) -> tuple[list[str], list[np.ndarray]]:
    """Read the sequences of a .ts file, of the array "x" of a .npz file, or of a long CSV file.

    Missing values are filled in as for training. Classes may be there, and are not read.

    Args:
        path: Path of the file.
        sequence: Of a CSV file: as for `from_frame`.
        time: Of a CSV file: as for `from_frame`.
        channels: Of a CSV file: as for `from_frame`.
        encoding: Of a CSV file: as for `from_csv`.
        separator: Of a CSV file: as for `from_csv`.

    Returns:
        Names, and float64 arrays (length, channels).

    Raises:
        BadInput: As for `from_ts`, `from_npz` and `from_csv`.
        ModuleNotFoundError: pandas is not installed (for a CSV file).

    Example:
        >>> names, arrays = read_sequences("GunPoint_TEST.ts")
        >>> arrays[0].shape
        (150, 1)
    """
    path, several = Path(path), list[Any]()
    if path.suffix.lower() == ".ts":
        found = read_ts(path)
        names, several = [f"{path.name}:{line}" for line in found.lines], found.sequences
    elif path.suffix.lower() == ".npz":
        (x,) = read_npz(path, ["x"])
        names = [f"{path.name}[{index}]" for index in range(len(x))]
        several = [as_array(each, name) for each, name in zip(x, names, strict=True)]
    else:
        frame = read_csv(path, encoding=encoding, separator=separator)
        names, several, *_ = sequences_of_frame(frame, sequence=sequence, time=time, channels=channels)
    return names, complete(several, names)[0]
