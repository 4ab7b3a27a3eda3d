"""Files that do not decode, and why; good files are remembered from one run to the next."""

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import keras
import numpy as np
from kerasdl.data.images.decoding.decode import check_channels, decode
from kerasdl.files import atomic_write, cache_folder, fingerprint

SHOWN_FROM = 1000
NOT_A_FILE = "Not a file"


def bad_files(paths: Sequence[str | Path], *, channels: int = 3, cached: bool = True) -> dict[str, str]:
    """Decodes every file once and finds those that fail.

    A good file is not decoded again until its path, size or times change; this is cached in `$XDG_CACHE_HOME/kerasdl`
    (by default `~/.cache/kerasdl`), in one file per folder of images. With more than a thousand files to decode, a
    progress bar is shown.

    Args:
        paths: The files, of the formats that `images.decode` reads.
        channels: 3 for color, 1 for grayscale.
        cached: Whether to use and update the cache.

    Returns:
        The reason for each file that cannot be read or decoded, in the order of `paths`.

    Raises:
        ValueError: Neither 1 nor 3 channels.

    Example:
        >>> bad_files(sorted(Path("downloads").rglob("*.jpg")))
        {'downloads/cat/17.jpg': 'Damaged or cut short ... Received: 512 bytes'}
    """
    check_channels(channels)
    names = [str(path) for path in paths]
    marks = {name: mark for name in names if (mark := _mark(name, channels))}
    known = _remembered(marks) if cached else {}
    doubtful = [name for name in dict.fromkeys(names) if name not in marks or known.get(name) != marks[name]]
    reasons = _decode_all(doubtful, channels)
    if cached:
        _remember({name: marks[name] for name in doubtful if name in marks and name not in reasons})
    return reasons


def is_no_file(name: str) -> bool:
    """Whether a path leads to something else, such as a pipe or /dev/zero, which may never end; False for nothing."""
    try:
        return not stat.S_ISREG(os.stat(name).st_mode)  # noqa: PTH116 - many
    except OSError:
        return False


def read_image(name: str, channels: int) -> np.ndarray:
    """Reads and decodes an image file.

    Raises:
        ValueError: The path leads to no file, or to one that cannot be read or decoded; the message is the reason.
    """
    try:
        if is_no_file(name):
            raise ValueError(NOT_A_FILE)
        return decode(Path(name).read_bytes(), channels=channels)
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error


def _decode_all(names: Sequence[str], channels: int) -> dict[str, str]:
    def problem(name: str) -> str | None:
        try:
            read_image(name, channels)
        except ValueError as error:
            return str(error)
        return None

    reasons = {}
    bar = keras.utils.Progbar(len(names), unit_name="file", verbose=int(len(names) > SHOWN_FROM))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for name, found in zip(names, threads.map(problem, names), strict=True):
            if found:
                reasons[name] = found
            bar.add(1)
    return reasons


def _mark(name: str, channels: int) -> list[int] | None:
    """The fingerprint of a file and the number of channels; None if there is no such file."""
    try:
        return [*fingerprint(name), channels]
    except OSError:
        return None


def _by_folder(names: Iterable[str]) -> Iterable[tuple[Path, list[str]]]:
    for folder, within in groupby(sorted(names, key=os.path.dirname), key=os.path.dirname):
        yield _memory(folder), list(within)


def _memory(folder: str) -> Path:
    """The cache file for the good files of a folder."""
    place = str(Path(folder).resolve())
    return cache_folder() / f"good_pictures_{hashlib.sha256(os.fsencode(place)).hexdigest()[:16]}.json"


def _remembered(names: Iterable[str]) -> dict[str, list[int]]:
    """The fingerprints of files when they last decoded."""
    known = {}
    for memory, within in _by_folder(names):
        marks = _read(memory)
        known.update({name: marks[base] for name in within if (base := name.rpartition(os.sep)[2]) in marks})
    return known


def _remember(good: dict[str, list[int]]) -> None:
    for memory, within in _by_folder(good):
        marks = {**_read(memory), **{name.rpartition(os.sep)[2]: good[name] for name in within}}
        # The cache only saves time: if it cannot be written, go on without it.
        with contextlib.suppress(OSError):
            memory.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(memory) as temporary:
                temporary.write_text(json.dumps(marks), "utf-8")


def _read(memory: Path) -> dict[str, list[int]]:
    try:
        marks = json.loads(memory.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return marks if isinstance(marks, dict) else {}
