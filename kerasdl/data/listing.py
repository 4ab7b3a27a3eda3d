"""Files in folders, and the folders of training, validation and test."""

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NoReturn

from kerasdl.errors import BadInput

TRAIN_FOLDERS, VALID_FOLDERS, TEST_FOLDERS = ("train", "training"), ("valid", "validation", "val"), ("test", "testing")
# Bad files that an error names.
MOST_NAMED = 20


def files_below(folder: Path, suffixes: tuple[str, ...]) -> list[str]:
    """The files with one of these suffixes, in lower case, below `folder` at any depth, sorted, without hidden ones.

    Links to folders are followed. What is no file, such as a named pipe, is left out.

    Raises:
        BadInput: A folder cannot be read, or two links lead to the same one.

    Example:
        >>> files_below(Path("pets"), (".jpg",))[0]
        'pets/cat/0001.jpg'
    """
    return sorted(entry.path for entry in _walk(str(folder), {}) if entry.name.lower().endswith(suffixes))


def refuse_bad_files(bad: Iterable[str], *, failed: int, count: int, problem: str, where: object) -> NoReturn:
    """Raises for files that fail, with the names of the first ones.

    Args:
        bad: The name of each that failed, with the reason.
        failed: How many failed.
        count: How many there are.
        problem: What they do, or what cannot be done with them.
        where: Where they are.

    Raises:
        BadInput: Always.

    Example:
        >>> refuse_bad_files(["a.wav (Empty)"], failed=1, count=9, problem="cannot be read", where="digits")
        Traceback (most recent call last):
        kerasdl.errors.BadInput: 1 of 9 files cannot be read: a.wav (Empty). Fix, remove or skip them with ...
    """
    named = "; ".join(islice(bad, MOST_NAMED)) + (f"; and {failed - MOST_NAMED} more" if failed > MOST_NAMED else "")
    raise BadInput(
        f"{failed} of {count} files {problem}: {named}. Fix, remove or skip them with on_bad='skip' "
        f"(--on-bad skip). Received: {str(where)!r}"
    )


def check_apart(parts: Iterable[Iterable[str]]) -> None:
    """Raises if files of two parts lie in the same folder, by links.

    Args:
        parts: The files of training, validation and test.

    Raises:
        BadInput: They do.

    Example:
        >>> check_apart([["pets/train/cat/1.jpg"], ["pets/valid/cat/1.jpg"]])
    """
    seen: dict[str, str] = {}
    for files in parts:
        folders = {os.path.realpath(each): each for each in {os.path.dirname(file) for file in files}}  # noqa: PTH120
        for place in folders.keys() & seen.keys():
            raise _twice(seen[place], folders[place])
        seen |= folders


def by_subfolder(folder: Path, files: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Files below `folder` by the first folder in their path, and those that lie directly in it."""
    found: dict[str, list[str]] = {}
    beside: list[str] = []
    skip = len(str(folder)) + 1
    for file in files:
        name, separator, _ = file[skip:].partition(os.sep)
        (found.setdefault(name, []) if separator else beside).append(file)
    return dict(sorted(found.items())), beside


def subfolder(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The subfolder with one of these names, whatever its case.

    Raises:
        BadInput: The folder cannot be read.
    """
    with _reading(str(folder)):
        return next((path for path in sorted(folder.iterdir()) if path.name.lower() in names and path.is_dir()), None)


def matched(files: Sequence[str], folder: Path, pattern: str) -> list[str]:
    r"""The first group of a regular expression in each file's path relative to `folder`.

    Raises:
        BadInput: The expression does not compile or has no group, or a file does not match it.

    Example:
        >>> matched(["pets/cat/tom_1.jpg"], Path("pets"), r"(\w+)_")
        ['tom']
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise BadInput(f"Invalid regular expression ({error}). Received: {pattern!r}") from error
    if not expression.groups:
        raise BadInput(f"The regular expression needs a group in parentheses. Received: {pattern!r}")
    found = []
    for file in files:
        match = expression.search(Path(file).relative_to(folder).as_posix())
        if match is None or match[1] is None:
            raise BadInput(f"The regular expression {pattern!r} does not match every file. Received: {file}")
        found.append(match[1])
    return found


def _walk(folder: str, seen: dict[str, str]) -> Iterator[os.DirEntry[str]]:
    """The files below a folder; `seen` are folders by their real path."""
    first = seen.setdefault(os.path.realpath(folder), folder)
    if first != folder:
        # A link may point to one of its own parent folders.
        if not folder.startswith(first + os.sep):
            raise _twice(first, folder)
        return
    with _reading(folder), os.scandir(folder) as entries:
        found = sorted((entry for entry in entries if entry.name[0] != "."), key=lambda entry: entry.name)
    for entry in found:
        if entry.is_dir(follow_symlinks=False) or (entry.is_symlink() and os.path.isdir(entry.path)):  # noqa: PTH112
            yield from _walk(entry.path, seen)
        elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
            yield entry


@contextlib.contextmanager
def _reading(folder: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(f"The folder cannot be read ({error.strerror}). Received: {folder!r}") from error


def _twice(first: str, second: str) -> BadInput:
    return BadInput(
        "Two links lead to the same folder, so its files would count twice: remove one. "
        f"Received: {first!r} and {second!r}"
    )
