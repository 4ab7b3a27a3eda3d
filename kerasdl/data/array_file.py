"""An array in a .npy file: computed once, written atomically, and read by memory mapping."""

import contextlib
import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from kerasdl.errors import BadInput
from kerasdl.files import atomic_write
from numpy.typing import DTypeLike


def array_file(path: Path, shape: tuple[int, ...], dtype: DTypeLike, fill: Callable[[np.ndarray], None]) -> np.memmap:
    """Opens the array of a .npy file; computes it first if there is no such file, or a damaged one.

    Args:
        path: The file; its folder is created if needed.
        shape: Shape of the array.
        dtype: Type of the array.
        fill: Writes every value into the array that it is given; if it raises, no file is left.

    Returns:
        The array, memory-mapped, read-only.

    Raises:
        BadInput: The folder cannot be written, or the disk has too little space.

    Example:
        >>> array_file(Path("cache/zeros.npy"), (1000, 512), np.float32, lambda array: array.fill(0)).shape
        (1000, 512)
    """
    # A truncated file, or one with another array, is computed anew.
    with contextlib.suppress(OSError, ValueError, EOFError):
        found = np.lib.format.open_memmap(path, mode="r")
        if found.shape == shape and found.dtype == dtype:
            return found
    _make_room(path.parent, math.prod(shape) * np.dtype(dtype).itemsize)
    with atomic_write(path) as temporary:
        with cache_errors(path.parent):
            array = np.lib.format.open_memmap(temporary, "w+", dtype, shape)
        fill(array)
        array.flush()
    return np.lib.format.open_memmap(path, mode="r")


def _make_room(folder: Path, needed: int) -> None:
    """Creates the folder; raises if the disk has too little space for so many bytes."""
    with cache_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    # If the disk fills up while a mapped file is written, the process is killed without a message.
    if needed > free:
        raise BadInput(
            f"The cache needs {needed >> 20:,} MiB, but the disk has only {free >> 20:,} MiB left: free some space, or "
            f"use another folder (or set XDG_CACHE_HOME). Received: {str(folder)!r}"
        )


@contextlib.contextmanager
def cache_errors(folder: Path) -> Iterator[None]:
    """Writes to a cache folder within; an `OSError` becomes a `BadInput` that names the folder."""
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"The cache cannot be written ({error.strerror}): use another folder, or set XDG_CACHE_HOME. "
            f"Received: {str(folder)!r}"
        ) from error
