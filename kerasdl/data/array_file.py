"""An array in a .npy file: computed once, written atomically, and read by memory mapping."""

import contextlib
import math
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
from kerasdl.errors import BadInput
from kerasdl.files import atomic_write, cache_folder
from numpy.typing import DTypeLike

# Bytes; more would be read for seconds at every start.
MOST_CHECKED, CHECKSUM_BYTES = 2**30, 4


def array_file(path: Path, shape: tuple[int, ...], dtype: DTypeLike, fill: Callable[[np.ndarray], None]) -> np.memmap:
    """Opens the array of a .npy file; computes it first if there is no such file, or a damaged one.

    Who cuts the file short while it is in use ends the process (SIGBUS).

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
        found = open_array(path)
        if found.shape == shape and found.dtype == dtype:
            return found
    _make_room(path.parent, math.prod(shape) * np.dtype(dtype).itemsize)
    with atomic_write(path) as temporary:
        with cache_errors(path.parent):
            array = np.lib.format.open_memmap(temporary, "w+", dtype, shape)
        fill(array)
        array.flush()
        with temporary.open("ab") as file:
            file.write(_checksum(array))
    return np.lib.format.open_memmap(path, mode="r")


def nameless_array(shape: tuple[int, ...], dtype: DTypeLike) -> np.memmap:
    """An array in a file without a name in the cache folder, which is gone with it, whatever ends the process.

    Args:
        shape: Shape of the array.
        dtype: Type of the array.

    Returns:
        Zeros, memory-mapped, to be written.

    Raises:
        BadInput: The cache folder cannot be written, or the disk has too little space.

    Example:
        >>> rows = nameless_array((1000, 512), np.float32)
    """
    _make_room(cache_folder(), math.prod(shape) * np.dtype(dtype).itemsize)
    with nameless_file() as file, cache_errors(cache_folder()):
        return np.memmap(file, dtype, "w+", shape=shape)


def nameless_file() -> IO[bytes]:
    """A file without a name in the cache folder, open for writing and reading.

    Raises:
        BadInput: The cache folder cannot be written.

    Example:
        >>> with nameless_file() as file:
        ...     _ = file.write(b"gone when it is closed")
    """
    with cache_errors(cache_folder()):
        cache_folder().mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=cache_folder())


def open_array(path: Path) -> np.memmap:
    """Opens the array of a file that `array_file` wrote.

    Behind the array the file holds a checksum. It is compared, up to a gigabyte; of a larger array only the length is.

    Args:
        path: The file.

    Returns:
        The array, memory-mapped, read-only.

    Raises:
        OSError: No such file.
        ValueError: The file is damaged, or of another kind.
        EOFError: The file is empty.

    Example:
        >>> array = array_file(Path("cache/zeros.npy"), (1000, 512), np.float32, lambda array: array.fill(0))
        >>> open_array(Path("cache/zeros.npy")).shape
        (1000, 512)
    """
    array = np.lib.format.open_memmap(path, mode="r")
    with path.open("rb") as file:
        file.seek(array.offset + array.nbytes)
        end = file.read(CHECKSUM_BYTES + 1)
    if len(end) != CHECKSUM_BYTES or (array.nbytes <= MOST_CHECKED and end != _checksum(array)):
        raise ValueError(f"The array is damaged. Received: {str(path)!r}")
    return array


def _checksum(array: np.ndarray) -> bytes:
    return zlib.crc32(array).to_bytes(CHECKSUM_BYTES, "little")


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
