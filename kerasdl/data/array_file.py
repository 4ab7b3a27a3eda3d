"""An array in a file: made once, whole or not at all, and read where it lies."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike


def array_file(path: Path, shape: tuple[int, ...], dtype: DTypeLike, fill: Callable[[np.ndarray], None]) -> np.memmap:
    """The array of a .npy file, which `fill` makes where there is none yet.

    Args:
        path: Of the file; its folder is made if need be.
        shape: Of the array.
        dtype: Of the array.
        fill: Writes every value; if it raises, no file is left.

    Example:
        >>> array_file(Path("cache/zeros.npy"), (1000, 512), np.float32, lambda array: array.fill(0)).shape
        (1000, 512)
    """
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        array = np.lib.format.open_memmap(partial, "w+", dtype, shape)
        try:
            fill(array)
            array.flush()
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    return np.load(path, mmap_mode="r")
