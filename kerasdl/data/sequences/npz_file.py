"""Sequences from arrays in a .npz file."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.sequences.arrays import from_arrays, named_arrays
from kerasdl.data.sequences.sequences import Sequences
from kerasdl.errors import BadInput
from kerasdl.files import check_unpacked


@known_arguments(from_arrays)
def from_npz(path: str | Path, **options: Any) -> Sequences:
    """Make `Sequences` from the arrays "x" and "y" of a .npz file, as `numpy.savez(path, x=…, y=…)` writes it.

    Args:
        path: Path of the file. "x" are numbers (count, length) or (count, length, channels), NaN where they are missing
            and after the end of a shorter sequence; "y" the class of each: whole numbers or words.
        **options: As for `from_arrays`, but for `classes`, which are those of "y" in order.

    Returns:
        The datasets.

    Raises:
        BadInput: The file cannot be read, has other arrays, or arrays that do not fit each other; or as for
            `from_arrays`.

    Example:
        >>> from_npz("walks.npz").classes
        ('calm', 'hasty')
    """
    path = Path(path)
    x, y = read_npz(path, ("x", "y"))
    if y.shape != x.shape[:1] or y.dtype.kind not in "iuUb" or not len(y):
        raise BadInput(
            f"'y' must hold a whole number or a word for each sequence of 'x'. Received: {y.dtype} {y.shape} for "
            f"{x.shape} in {str(path)!r}"
        )
    words, labels = np.unique(y, return_inverse=True)
    names = [f"{path.name}[{index}]" for index in range(len(x))]
    return named_arrays(list(x), labels, names, [str(word) for word in words], **options)


def read_npz(path: Path, names: Sequence[str]) -> list[np.ndarray]:
    """Arrays of a .npz file, by their names; nothing in it is executed.

    Raises:
        BadInput: The file cannot be read, is damaged, or has no such arrays.

    Example:
        >>> (x,) = read_npz(Path("walks.npz"), ["x"])
        >>> x.shape
        (20, 30)
    """
    try:
        check_unpacked(path)
        with np.load(path, allow_pickle=False) as found:
            if lost := [name for name in names if name not in found]:
                raise BadInput(f"No array {lost[0]!r}: save 'x' and 'y'. Received: {found.files} in {str(path)!r}")
            return [found[name] for name in names]
    except OSError as error:
        raise BadInput(f"The file cannot be read ({error.strerror or error}). Received: {str(path)!r}") from error
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(
            "The file is damaged, no .npz file, or holds Python objects: save one array of numbers, shorter sequences "
            f"padded with NaN ({error}). Received: {str(path)!r}"
        ) from error
