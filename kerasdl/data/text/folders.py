"""Texts in folders, one document per file; the class is the folder's name."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from kerasdl.arguments import known_arguments
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
from kerasdl.data.text.files import check_unchanged, mark_of
from kerasdl.data.text.labels import Words, hold_out
from kerasdl.data.text.pieces import chunks_of_file, pieces
from kerasdl.data.text.texts import Texts, check_all_have, identity_of, listed
from kerasdl.errors import BadInput

SUFFIXES = (".txt", ".text", ".md")
_FOR = {Part.TRAIN: "training", Part.VALID: "validation", Part.TEST: "the test"}
# Files beside the class folders of Stanford's movie reviews.
_LISTS = ("urls_neg.txt", "urls_pos.txt", "urls_unsup.txt")
# Folders of documents without class.
UNLABELLED = ("unsup", "unsupervised", "unlabeled", "unlabelled")


@known_arguments()
def from_folder(
    folder: str | Path,
    *,
    label: bool = True,
    encoding: str | None = None,
    valid_share: float = 0.1,
    seed: int = 0,
) -> Texts:
    """Texts in `folder/train/CLASS/`, `folder/valid/CLASS/` and `folder/test/CLASS/`, or in `folder/CLASS/` only.

    Reads .txt, .text and .md files at any depth below the class folders. Documents in a folder "unsup" (or
    "unsupervised", "unlabeled") have no class; beside "train" it belongs to training. Without two class folders all
    files are documents without classes. The lists "urls_pos.txt", "urls_neg.txt" and "urls_unsup.txt" that come with
    Stanford's movie reviews are no documents.

    Args:
        folder: The folder of texts. If there is a `train` folder, all others are ignored but `valid` (or
            `validation`, `val`), `test` and `unsup`.
        label: Whether folders are classes.
        encoding: Name of a Python codec; by default UTF-8, or that of each file's byte-order mark.
        valid_share: Share of the training documents for validation, of every class alike, if there is no folder.
        seed: Draws the documents for validation.

    Returns:
        The documents, sorted by path within training, validation and test.

    Raises:
        BadInput: No such folder, no text files, files beside class folders, empty files, classes without training
            documents, or too few documents. When it is read: a file with another encoding, or that has changed since.

    Example:
        >>> print(from_folder("reviews"))
        6 training, 2 validation and 8 test documents, 0.0 MB; classes neg, pos
    """
    folder = Path(folder)
    found = _documents(folder, label)
    files, words = [file for file, _, _ in found], Words(word for _, word, _ in found)
    below = [file.removeprefix(str(folder)) for file in files]
    marks = [mark_of(Path(file)) for file in files]
    check_all_have("text", [file for file, (size, *_) in zip(files, marks, strict=True) if not size])
    labels, classes = words.classes() if any(word for _, word, _ in found) else (None, ())
    parts = np.array([part for _, _, part in found], int)

    def read() -> Iterator[tuple[int, str]]:
        for number, (file, mark) in enumerate(zip(files, marks, strict=True)):
            check_unchanged(Path(file), mark)
            for piece in pieces(chunks_of_file(file, encoding)):
                yield number, piece

    return Texts(
        read=read,
        names=files,
        parts=hold_out(parts, labels, classes, valid_share, seed),
        labels=labels,
        classes=classes,
        identity=identity_of([str(folder.resolve()), encoding, *zip(below, marks, strict=True)]),
        size=sum(size for size, *_ in marks),
    )


def _documents(folder: Path, label: bool) -> list[tuple[str, str, Part]]:
    """File, class ("" for none) and part of each document."""
    places = _places(folder)
    (_, train), *_ = places
    classes = {name for name in _by_class(train)[0] if name.lower() not in UNLABELLED} if label else set()
    found: list[tuple[str, str, Part]] = []
    for part, place in places:
        documents = _with_class(place, is_labelled=len(classes) > 1)
        if not documents:
            raise BadInput(
                f"No texts for {_FOR[part]}: expected {', '.join(SUFFIXES)} files, or one folder of them per class. "
                f"Received: {str(place)!r} with {sorted(path.name for path in place.iterdir())[:10]}"
            )
        found += [(file, word, part) for file, word in documents]
    check_apart([file for file, _, part in found if part == each] for each in Part)
    return found


def _places(folder: Path) -> list[tuple[Part, Path]]:
    """The folders of each part, training first."""
    if not folder.is_dir():
        raise BadInput(f"No such folder. Received: {str(folder)!r}")
    train, valid, test, more = (
        subfolder(folder, names) for names in (TRAIN_FOLDERS, VALID_FOLDERS, TEST_FOLDERS, UNLABELLED)
    )
    if train is None:
        if alone := valid or test:
            raise BadInput(f"{alone.name}/ needs a train/ folder beside it. Received: {str(folder)!r}")
        return [(Part.TRAIN, folder)]
    given = [(Part.TRAIN, train), (Part.TRAIN, more), (Part.VALID, valid), (Part.TEST, test)]
    return [(part, place) for part, place in given if place is not None]


def _with_class(place: Path, *, is_labelled: bool) -> list[tuple[str, str]]:
    """Files and their classes; "" for documents without class."""
    by_name, beside = _by_class(place)
    if not is_labelled or not by_name or place.name.lower() in UNLABELLED:
        return [(file, "") for file in sorted([*beside, *(file for files in by_name.values() for file in files)])]
    if beside:
        raise BadInput(
            "Files beside class folders have no class: move them elsewhere, or read all files without classes by "
            f"label=False. Received: {listed(beside)}"
        )
    return [(file, "" if name.lower() in UNLABELLED else name) for name, files in by_name.items() for file in files]


def _by_class(place: Path) -> tuple[dict[str, list[str]], Sequence[str]]:
    by_name, beside = by_subfolder(place, files_below(place, SUFFIXES))
    return by_name, [file for file in beside if Path(file).name not in _LISTS]
