"""An array in a file: made once, whole or not at all, and read where it lies."""

import contextlib
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from kerasdl.errors import BadInput
from numpy.typing import DTypeLike


def array_file(path: Path, shape: tuple[int, ...], dtype: DTypeLike, fill: Callable[[np.ndarray], None]) -> np.memmap:
    """The array of a .npy file, which `fill` makes where there is none yet, or none that is whole.

    Args:
        path: Of the file; its folder is made if need be.
        shape: Of the array.
        dtype: Of the array.
        fill: Writes every value; if it raises, no file is left.

    Raises:
        BadInput: The folder cannot be written, or has too little room.

    Example:
        >>> array_file(Path("cache/zeros.npy"), (1000, 512), np.float32, lambda array: array.fill(0)).shape
        (1000, 512)
    """
    # A file that is cut short, or of something else, is made anew.
    with contextlib.suppress(OSError, ValueError, EOFError):
        found = np.lib.format.open_memmap(path, mode="r")
        if found.shape == shape and found.dtype == dtype:
            return found
    partial = path.with_suffix(f".{os.getpid()}.partial")
    array = _new(partial, shape, dtype)
    try:
        fill(array)
        array.flush()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return np.lib.format.open_memmap(path, mode="r")


def _new(path: Path, shape: tuple[int, ...], dtype: DTypeLike) -> np.memmap:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # To run out of room while writing to a mapped file would end the process without a word.
        needed, free = math.prod(shape) * np.dtype(dtype).itemsize, shutil.disk_usage(path.parent).free
        if needed > free:
            raise BadInput(
                f"Its cache needs {needed >> 20:,} MiB, and the disk has {free >> 20:,} MiB left: make room, or name "
                f"another folder (or set XDG_CACHE_HOME). Received: {str(path.parent)!r}"
            )
        return np.lib.format.open_memmap(path, "w+", dtype, shape)
    except OSError as error:
        raise BadInput(
            f"The cache cannot be written ({error.strerror}): name another folder, or set XDG_CACHE_HOME. "
            f"Received: {str(path.parent)!r}"
        ) from error
