"""WAV files in folders of classes."""

from collections.abc import Iterable
from pathlib import Path

from kerasdl.data.listing import TRAIN_FOLDERS, VALID_FOLDERS, by_subfolder, check_apart, files_below, subfolder
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput

SUFFIXES = (".wav", ".wave")


def wav_files(folder: Path) -> list[str]:
    """The WAV files below `folder` at any depth, sorted, without hidden ones.

    Raises:
        BadInput: A folder cannot be read, or two links lead to the same one.

    Example:
        >>> len(wav_files(Path("digits")))
        16
    """
    return files_below(folder, SUFFIXES)


def training_folder(folder: Path) -> Path:
    """The folder that holds the class folders of training: `train` below `folder`, or `folder` itself.

    Example:
        >>> training_folder(Path("digits"))
        PosixPath('digits')
    """
    return subfolder(folder, TRAIN_FOLDERS) or folder


def labelled_files(folder: Path) -> tuple[tuple[str, ...], list[tuple[str, int, Part]]]:
    """Class names, and (file, label, part) of every WAV file in `train/CLASS/` and `valid/CLASS/`, or in `CLASS/`.

    Raises:
        BadInput: No such folder, no WAV files in class folders, files beside them, only one class, or classes that
            differ between training and validation.

    Example:
        >>> classes, found = labelled_files(Path("digits"))
        >>> classes
        ('seven', 'two')
    """
    if not folder.is_dir():
        raise BadInput(f"No such folder. Received: {str(folder)!r}")
    train, valid = training_folder(folder), subfolder(folder, VALID_FOLDERS)
    if train == folder and valid:
        raise BadInput(f"{valid.name}/ needs a train/ folder beside it. Received: {str(folder)!r}")
    parts = {Part.TRAIN: _by_class(train)} | ({Part.VALID: _by_class(valid)} if valid else {})
    classes = tuple(parts[Part.TRAIN])
    if len(classes) < 2:
        raise BadInput(f"There is only one class: a classifier needs two. Received: {str(train)!r} with {classes}")
    if valid and set(parts[Part.VALID]) != set(classes):
        raise BadInput(
            f"Training and validation need the same classes. Received: {str(folder)!r} with {list(classes)} and "
            f"{list(parts[Part.VALID])}"
        )
    check_apart(_all(by_name.values()) for by_name in parts.values())
    found = [
        (file, classes.index(name), part)
        for part, by_name in parts.items()
        for name in classes
        for file in by_name[name]
    ]
    return classes, found


def _all(lists: Iterable[list[str]]) -> list[str]:
    return [each for several in lists for each in several]


def _by_class(folder: Path) -> dict[str, list[str]]:
    found, beside = by_subfolder(folder, wav_files(folder))
    if not found:
        raise BadInput(f"No sounds: expected one folder per class, with .wav files. Received: {str(folder)!r}")
    if beside:
        raise BadInput(
            f"Sounds outside the class folders have no class: {beside[0]}. Move them into a class folder or elsewhere. "
            f"Received: {str(folder)!r} with classes {list(found)}"
        )
    return found
