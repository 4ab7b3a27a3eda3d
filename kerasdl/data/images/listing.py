"""Image files in folders: which there are, and what their places say about them."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from kerasdl.data.splits import Part
from kerasdl.errors import BadInput

DECODABLE = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".webp")
# Formats of images that TensorFlow cannot decode: named rather than passed over.
UNDECODABLE = (".tif", ".tiff", ".avif", ".heic", ".heif", ".ico", ".psd", ".jp2", ".ppm", ".pgm", ".mpo")
TRAIN_FOLDERS, VALID_FOLDERS, TEST_FOLDERS = ("train", "training"), ("valid", "validation", "val"), ("test", "testing")


def image_files(folder: Path) -> list[str]:
    """The image files below `folder`, at any depth, sorted, also of formats that do not decode; hidden ones left out.

    Example:
        >>> image_files(Path("pets"))[0]
        'pets/cat/0001.jpg'
    """
    found: list[str] = []
    visited: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        # A link may lead back to where it stands.
        folders[:] = [] if os.path.realpath(place) in visited else [name for name in folders if name[0] != "."]
        visited.add(os.path.realpath(place))
        found += [
            os.path.join(place, name)  # noqa: PTH118 - a Path a file takes minutes and megabytes where there are many
            for name in files
            if name.lower().endswith(DECODABLE + UNDECODABLE) and not name.startswith(".")
        ]
    return sorted(found)


def by_class(folder: Path) -> dict[str, list[str]]:
    """The image files in each folder of `folder`, by its name, sorted; there must be one, and no images beside them."""
    found, beside = _by_class(folder)
    if found:
        _check_none_beside(beside, found, folder)
    else:
        folders = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
        raise BadInput(
            f"No images: expected a folder a class, with {', '.join(DECODABLE)} files. Received: {str(folder)!r} with "
            f"folders {folders}"
        )
    return found


def _by_class(folder: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Image files by class, and those beside the classes' folders."""
    found: dict[str, list[str]] = {}
    beside: list[str] = []
    skip = len(str(folder)) + 1
    for file in image_files(folder):
        name, separator, _ = file[skip:].partition(os.sep)
        (found.setdefault(name, []) if separator else beside).append(file)
    return dict(sorted(found.items())), beside


def parts_of(folder: Path) -> list[tuple[Part, dict[str, list[str]]]]:
    """The files by class for training, validation and test, whichever there are.

    Raises:
        BadInput: No images, one class, images of no class, classes that training and the others do not share.
    """
    if not folder.is_dir():
        raise BadInput(f"No such folder. Received: {str(folder)!r}")
    train, valid, test = training_folder(folder), _named(folder, VALID_FOLDERS), _named(folder, TEST_FOLDERS)
    if train == folder and (alone := valid or test):
        raise BadInput(f"{alone.name}/ needs train/ beside it. Received: {str(folder)!r}")
    parts = [(Part.TRAIN, by_class(train))]
    if len(parts[0][1]) < 2:
        raise BadInput(f"One class only: nothing to tell apart. Received: {str(train)!r} with {list(parts[0][1])}")
    if valid is not None:
        parts.append((Part.VALID, by_class(valid)))
        _check_same_classes(parts[0][1], parts[1][1], valid)
    tested, beside = _by_class(test) if test else ({}, [])
    # A test of one folder, of none of the classes, has no labels, and is for prediction.
    if test and (len(tested) > 1 or set(tested) & set(parts[0][1])):
        if extra := sorted(set(tested) - set(parts[0][1])):
            raise BadInput(f"Classes in the test that training lacks: {extra}. Received: {str(test)!r}")
        _check_none_beside(beside, tested, test)
        parts.append((Part.TEST, tested))
    return parts


def training_folder(folder: Path) -> Path:
    """Where the classes' folders are: `train` below `folder`, or this itself."""
    return _named(folder, TRAIN_FOLDERS) or folder


def _named(folder: Path, names: Sequence[str]) -> Path | None:
    """The folder in `folder` of one of these names, in whatever case."""
    return next((path for path in sorted(folder.iterdir()) if path.name.lower() in names and path.is_dir()), None)


def _check_none_beside(beside: list[str], classes: Iterable[str], folder: Path) -> None:
    if beside:
        more = f" and {len(beside) - 1} more" if beside[1:] else ""
        raise BadInput(
            f"Images beside the folders of the classes are of no class: {beside[0]}{more}. Move them into one, or "
            f"elsewhere. Received: {str(folder)!r} with classes {list(classes)}"
        )


def _check_same_classes(train: dict[str, list[str]], valid: dict[str, list[str]], folder: Path) -> None:
    if missing := sorted(set(train) - set(valid)):
        raise BadInput(f"Classes without images in validation: {missing}. Received: {str(folder)!r} with {list(valid)}")
    if extra := sorted(set(valid) - set(train)):
        raise BadInput(f"Classes in validation that training lacks: {extra}. Received: {str(folder)!r}")


def matched(files: Sequence[str], folder: Path, pattern: str) -> list[str]:
    """What the first group of a regular expression finds in each file's path below `folder`.

    Raises:
        BadInput: An expression that does not compile or has no group, or a file that it does not match.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise BadInput(f"No regular expression ({error}). Received: {pattern!r}") from error
    if not expression.groups:
        raise BadInput(f"The expression needs a group in parentheses, which is what counts. Received: {pattern!r}")
    found = []
    for file in files:
        match = expression.search(Path(file).relative_to(folder).as_posix())
        if match is None or match[1] is None:
            raise BadInput(f"The expression {pattern!r} does not match every file. Received: {file}")
        found.append(match[1])
    return found
