"""Checkpoint files: arrays and a description of them, written whole and verified when read."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from kerasdl.errors import BadInput
from kerasdl.files import atomic_write, check_unpacked

FORMAT = 1
_STATE = "state"
# Of longer lists of numbers, an array takes less space than JSON.
_LONG = 32
_OF_ML_DTYPES = ("bfloat16", "float8_e4m3fn", "float8_e5m2")


def write_checkpoint(path: Path, arrays: Sequence[np.ndarray], state: Mapping[str, Any]) -> None:
    """Writes a checkpoint: a .npz file, uncompressed, with a checksum for each array.

    Args:
        path: The file; its folder exists.
        arrays: Arrays of any dtype that Keras has, bfloat16 and float8 included.
        state: Numbers, texts, arrays, and lists, tuples and dictionaries of them.

    Raises:
        OSError: The file cannot be written; an earlier one is as before.

    Example:
        >>> write_checkpoint(Path("last.npz"), [np.zeros(3)], {"epoch": 2})
    """
    more: list[np.ndarray] = []
    packed = {"format": FORMAT, "dtypes": [each.dtype.name for each in arrays], "state": _packed(state, more)}
    text = np.frombuffer(json.dumps(packed).encode(), np.uint8)
    members = {f"array{index}": _plain(each) for index, each in enumerate(arrays)}
    members |= {f"more{index}": each for index, each in enumerate(more)}
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **{_STATE: text}, **members)


def read_checkpoint(path: Path) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Reads a checkpoint; no code in it can run.

    Args:
        path: The file.

    Returns:
        Arrays and state, as they were written.

    Raises:
        BadInput: The file is damaged, or of a later version.

    Example:
        >>> write_checkpoint(Path("last.npz"), [np.zeros(3)], {"epoch": 2})
        >>> read_checkpoint(Path("last.npz"))
        ([array([0., 0., 0.])], {'epoch': 2})
    """
    try:
        check_unpacked(path)
        with np.load(path, allow_pickle=False) as file:
            packed = json.loads(file[_STATE].tobytes())
            version = packed["format"]
            if version == FORMAT:
                arrays = [_typed(file[f"array{index}"], name) for index, name in enumerate(packed["dtypes"])]
                return arrays, _unpacked(packed["state"], file)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, NotImplementedError) as error:
        raise BadInput(f"The checkpoint is damaged ({error}). Received: {str(path)!r}") from error
    raise BadInput(f"The checkpoint is of another version: install it. Received: format {version}, {str(path)!r}")


def is_plain(value: Any) -> bool:
    """Whether a checkpoint can hold this value in its state.

    Example:
        >>> is_plain({"best": 0.5, "weights": [np.zeros(3)]}), is_plain(print)
        (True, False)
    """
    # Not subclasses, which may need more than what they contain.
    if type(value) is dict:
        return all(type(key) in (int, str) for key in value) and all(map(is_plain, value.values()))
    if type(value) in (list, tuple):
        return all(map(is_plain, value))
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "biuf" or value.dtype.name in _OF_ML_DTYPES
    return value is None or type(value) in (bool, int, float, str)


def _plain(array: np.ndarray) -> np.ndarray:
    """The array, as bits if NumPy itself does not have its dtype."""
    array = np.ascontiguousarray(array).reshape(array.shape)
    return array if array.dtype.isbuiltin == 1 else array.view(f"uint{8 * array.dtype.itemsize}")


def _typed(array: np.ndarray, name: str) -> np.ndarray:
    dtype = np.dtype(tf.as_dtype(name).as_numpy_dtype)
    return array if array.dtype == dtype else array.view(dtype)


def _packed(value: Any, more: list[np.ndarray]) -> Any:
    """The value as JSON, which has no tuples and arrays: those are single pairs of a word and what it needs."""
    if isinstance(value, dict):
        return {"dict": [[_packed(key, more), _packed(each, more)] for key, each in value.items()]}
    if isinstance(value, list | tuple):
        kind = "tuple" if isinstance(value, tuple) else "list"
        is_long = len(value) > _LONG and all(type(each) is type(value[0]) for each in value)
        if is_long and type(value[0]) in (int, float) and (packed := np.array(value)).dtype.kind in "if":
            more.append(packed)
            return {kind: len(more) - 1}
        return {kind: [_packed(each, more) for each in value]}
    if isinstance(value, np.ndarray | np.generic):
        more.append(_plain(np.asarray(value)))
        return {"array" if isinstance(value, np.ndarray) else "scalar": [len(more) - 1, value.dtype.name]}
    return value


def _unpacked(value: Any, file: Mapping[str, np.ndarray]) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, found),) = value.items()
    if kind == "dict":
        return {_unpacked(key, file): _unpacked(each, file) for key, each in found}
    if kind in ("list", "tuple"):
        items = file[f"more{found}"].tolist() if isinstance(found, int) else [_unpacked(each, file) for each in found]
        return tuple(items) if kind == "tuple" else items
    index, dtype = found
    array = _typed(file[f"more{index}"], dtype)
    return array if kind == "array" else array[()]
