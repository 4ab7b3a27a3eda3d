"""Files in folders, and the folders of training, validation and test."""

import os
from pathlib import Path

TRAIN_FOLDERS, VALID_FOLDERS, TEST_FOLDERS = ("train", "training"), ("valid", "validation", "val"), ("test", "testing")


def files_below(folder: Path, suffixes: tuple[str, ...]) -> list[str]:
    """The files with one of these suffixes, in lower case, below `folder` at any depth, sorted, without hidden ones.

    Example:
        >>> files_below(Path("pets"), (".jpg",))[0]
        'pets/cat/0001.jpg'
    """
    found: list[str] = []
    visited: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        # A link may point to one of its own parent folders.
        folders[:] = [] if os.path.realpath(place) in visited else [name for name in folders if name[0] != "."]
        visited.add(os.path.realpath(place))
        found += [
            os.path.join(place, name)  # noqa: PTH118 - one Path per file takes minutes and megabytes in large folders
            for name in files
            if name.lower().endswith(suffixes) and not name.startswith(".")
        ]
    return sorted(found)


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
    """The subfolder with one of these names, whatever its case."""
    return next((path for path in sorted(folder.iterdir()) if path.name.lower() in names and path.is_dir()), None)
