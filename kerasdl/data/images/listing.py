"""Find image files in folders, and infer class and part (training, validation, test) from their paths."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from kerasdl.data.listing import (
    TEST_FOLDERS,
    TRAIN_FOLDERS,
    VALID_FOLDERS,
    by_subfolder,
    check_apart,
    files_below,
    subfolder,
)
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput

DECODABLE = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".webp")
# Image formats that TensorFlow cannot decode: an error names such files instead of ignoring them.
UNDECODABLE = (".tif", ".tiff", ".avif", ".heic", ".heif", ".ico", ".psd", ".jp2", ".ppm", ".pgm", ".mpo")

# What stands in Python's names of files for bytes that are not UTF-8.
_NOT_UTF_8 = re.compile("[\ud800-\udfff]")


def image_files(folder: Path) -> list[str]:
    """The image files below `folder` at any depth, sorted, without hidden ones; includes formats that do not decode.

    Raises:
        BadInput: A folder cannot be read, two links lead to the same one, or a name is not UTF-8.

    Example:
        >>> image_files(Path("pets"))[0]
        'pets/cat/0001.jpg'
    """
    found = files_below(folder, DECODABLE + UNDECODABLE)
    for file in found:
        if _NOT_UTF_8.search(file):
            raise BadInput(f"The name of a file or folder is not UTF-8: rename it. Received: {os.fsencode(file)!r}")
    return found


def by_class(folder: Path) -> dict[str, list[str]]:
    """The sorted image files of each subfolder of `folder`, by the subfolder's name.

    Raises:
        BadInput: No images in subfolders, or images directly in `folder`.
    """
    found, beside = by_subfolder(folder, image_files(folder))
    if found:
        _check_none_beside(beside, found, folder)
    else:
        folders = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
        raise BadInput(
            f"No images: expected one folder per class, with {', '.join(DECODABLE)} files. "
            f"Received: {str(folder)!r} with folders {folders}"
        )
    return found


def parts_of(folder: Path) -> list[tuple[Part, dict[str, list[str]]]]:
    """The files by class for training and, where there are such folders, for validation and test.

    Raises:
        BadInput: No images, only one class, images in no class folder, classes that differ between the parts, or parts
            that share a folder by a link.
    """
    if not folder.is_dir():
        raise BadInput(f"No such folder. Received: {str(folder)!r}")
    train, valid, test = training_folder(folder), subfolder(folder, VALID_FOLDERS), subfolder(folder, TEST_FOLDERS)
    if train == folder and (alone := valid or test):
        raise BadInput(f"{alone.name}/ needs a train/ folder beside it. Received: {str(folder)!r}")
    parts = [(Part.TRAIN, by_class(train))]
    if len(parts[0][1]) < 2:
        raise BadInput(
            f"There is only one class: a classifier needs two. Received: {str(train)!r} with {list(parts[0][1])}"
        )
    if valid is not None:
        parts.append((Part.VALID, by_class(valid)))
        _check_same_classes(parts[0][1], parts[1][1], valid)
    tested, beside = by_subfolder(test, image_files(test)) if test else ({}, [])
    # A test folder with one subfolder, not named like a class, has no labels: it is for prediction.
    if test and (len(tested) > 1 or set(tested) & set(parts[0][1])):
        if extra := sorted(set(tested) - set(parts[0][1])):
            raise BadInput(f"Classes in the test folder without training images: {extra}. Received: {str(test)!r}")
        _check_none_beside(beside, tested, test)
        parts.append((Part.TEST, tested))
    check_apart([file for files in by_name.values() for file in files] for _, by_name in parts)
    return parts


def training_folder(folder: Path) -> Path:
    """The folder that holds the class folders of training: `train` below `folder`, or `folder` itself."""
    return subfolder(folder, TRAIN_FOLDERS) or folder


def _check_none_beside(beside: list[str], classes: Iterable[str], folder: Path) -> None:
    if beside:
        more = f" and {len(beside) - 1} more" if beside[1:] else ""
        raise BadInput(
            f"Images outside the class folders have no class: {beside[0]}{more}. Move them into a class folder or "
            f"elsewhere. Received: {str(folder)!r} with classes {list(classes)}"
        )


def _check_same_classes(train: dict[str, list[str]], valid: dict[str, list[str]], folder: Path) -> None:
    if missing := sorted(set(train) - set(valid)):
        raise BadInput(f"Classes without images in validation: {missing}. Received: {str(folder)!r} with {list(valid)}")
    if extra := sorted(set(valid) - set(train)):
        raise BadInput(f"Classes in validation without training images: {extra}. Received: {str(folder)!r}")
