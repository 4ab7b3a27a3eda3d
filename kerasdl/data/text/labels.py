"""Labels and parts of documents: classes or tags by name, and a share held out for validation."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from kerasdl.data.splits import Part, at_random, check_two_classes, stratified
from kerasdl.data.tabular import as_text, class_names
from kerasdl.data.text.texts import listed
from kerasdl.errors import BadInput

# How libraries write a value that is missing.
_MISSING = ("None", "nan", "NaN", "NaT", "<NA>")


def text_of(value: object) -> str:
    """A value as text, as a table has it: "" if it is missing, whole numbers without a point.

    Example:
        >>> text_of(1.0), text_of(float("nan")), text_of("nan")
        ('1', '', 'nan')
    """
    is_missing = not isinstance(value, str) and str(value) in _MISSING
    return "" if is_missing else as_text(value)


def word_of(value: object) -> str:
    """A class as text, "" for none.

    Raises:
        BadInput: Several values.

    Example:
        >>> word_of(1.0), word_of(None)
        ('1', '')
    """
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        raise BadInput(
            "Several values in the place of one: tags are words in one cell (tag_separator=), or lists of words in "
            f"from_texts. Received: {value!r}"
        )
    return text_of(value)


class Words(Sequence[str]):
    """A word for each of many documents, with every different word held once.

    Args:
        words: The words of the first documents, "" for none.

    Example:
        >>> Words(["good", "bad", "", "good"]).classes()
        (array([ 1,  0, -1,  1]), ('bad', 'good'))
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._numbers: dict[str, int] = {}
        self._words: list[str] = []
        self._rows = array("q")
        for word in words:
            self.append(word)

    def append(self, word: str) -> None:
        """Adds the word of the next document, "" for none."""
        number = self._numbers.setdefault(word, len(self._words))
        if number == len(self._words):
            self._words.append(word)
        self._rows.append(number)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        rows = self._rows[index]
        return [self._words[row] for row in rows] if isinstance(index, slice) else self._words[rows]

    def classes(self) -> tuple[np.ndarray, tuple[str, ...]]:
        """Class indices, int64 (documents,), with -1 for none, and class names in order."""
        classes = class_names(word for word in self._words if word)
        labels = {name: label for label, name in enumerate(classes)}
        return np.array([labels.get(word, -1) for word in self._words], np.int64)[np.array(self._rows)], classes

    def tags(self, separator: str) -> tuple[np.ndarray, tuple[str, ...]]:
        """Tags of each document as 0 and 1, float32 (documents, tags), and their names in order.

        Args:
            separator: What is between the tags of a word; "" has none.

        Raises:
            BadInput: An empty separator, or fewer than two tags.

        Example:
            >>> Words(["sad", "", "long sad"]).tags(" ")
            (array([[0., 1.],
                    [0., 0.],
                    [1., 1.]], dtype=float32), ('long', 'sad'))
        """
        if not separator:
            raise BadInput("tag_separator is the text between two tags, such as ' '. Received: tag_separator=''")
        labels, tags = tag_labels([word.split(separator) for word in self._words])
        return labels[np.array(self._rows)], tags


def tag_labels(rows: Sequence[Iterable[object]]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Tags of each document as 0 and 1, float32 (documents, tags), and their names in order.

    Args:
        rows: The tags of each document.

    Raises:
        BadInput: Fewer than two tags.

    Example:
        >>> tag_labels([["sad"], [], ["long", "sad"]])[1]
        ('long', 'sad')
    """
    words = [[word for tag in row if (word := text_of(tag))] for row in rows]
    names = class_names(word for row in words for word in row)
    check_two_classes(names)
    place = {name: index for index, name in enumerate(names)}
    labels = np.zeros((len(words), len(names)), np.float32)
    for row, found in zip(labels, words, strict=True):
        row[[place[word] for word in found]] = 1
    return labels, names


def hold_out(
    parts: np.ndarray, labels: np.ndarray | None, classes: tuple[str, ...], valid_share: float, seed: int
) -> np.ndarray:
    """The parts, with a share of training for validation if there is no validation yet: by class, or of all.

    Documents without class stay in training if others have one.

    Args:
        parts: `Part` of each document.
        labels: Class index of each document, -1 for none; or tags; None if there are no classes.
        classes: Names of the classes.
        valid_share: The share to hold out.
        seed: Draws it.

    Raises:
        BadInput: No training documents, too few, or classes that these do not have.

    Example:
        >>> hold_out(np.zeros(4, int), np.array([0, 1, 0, 1]), ("bad", "good"), 0.5, seed=0).tolist()
        [1, 1, 0, 0]
    """
    train = np.flatnonzero(parts == Part.TRAIN)
    if labels is not None and labels.ndim == 1:
        _check_classes(labels, labels[train], classes)
    if (parts == Part.VALID).any():
        if not train.size:
            raise BadInput(f"There are no training documents. Received: {len(parts):,} of validation and test")
        return parts
    if len(train) < 2:
        raise BadInput(
            "At least two training documents are needed, one of them for validation; a single text is divided by "
            f"from_files. Received: {len(train)}"
        )
    if labels is None or labels.ndim == 2:
        held_out = at_random(len(train), valid_share, seed)
    else:
        _check_two_of_each(labels[train], classes)
        held_out = stratified(labels[train], classes, valid_share, seed)
    parts = parts.copy()
    parts[train[held_out]] = Part.VALID
    return parts


def _check_classes(labels: np.ndarray, train: np.ndarray, classes: tuple[str, ...]) -> None:
    if len(classes) < 2:
        raise BadInput(
            "There is only one class, but a classifier needs two: texts without classes need label=False, or no labels "
            f"if they are a list. Received: classes={list(classes)}"
        )
    if absent := [classes[label] for label in np.setdiff1d(labels[labels >= 0], train)]:
        raise BadInput(f"No training document has the classes {listed(absent)}. Received: others alone have them")


def _check_two_of_each(labels: np.ndarray, classes: tuple[str, ...]) -> None:
    counts = np.bincount(labels[labels >= 0], minlength=len(classes))
    if lonely := [name for name, count in zip(classes, counts, strict=True) if count < 2]:
        raise BadInput(
            "A class needs two training documents, one of them for validation: add some, or leave out the classes by "
            f"label=False, or by no labels if the texts are a list. Received: fewer of {listed(lonely)}"
        )
