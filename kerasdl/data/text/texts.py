"""Texts: documents that are read one after the other, never all at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import takewhile
from typing import Any, overload

import numpy as np
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput

# Documents that an error names.
NAMED = 5


@dataclass(frozen=True, eq=False, kw_only=True)
class Texts:
    """Documents of text, with the part of the data to which each belongs, and its class if they have classes.

    Attributes:
        read: Begins to read: (number of the document, piece), in order. The pieces of a document one after the other
            are its text; a piece has at most a few million characters and ends just before white space.
        names: Where each document comes from: a file, a file and line, or the number in a list.
        parts: `data.splits.Part` of each document.
        labels: int64, an index into `classes` per document, -1 for none; or, if a document has any number of tags,
            float32 (documents, classes) of 0 and 1; None if the texts have no classes.
        classes: The names of the classes, or tags.
        identity: Changes when the documents may have changed.
        size: Bytes of all documents, about.
        column: The column of a table in which they are; "" if they come from elsewhere.

    Example:
        >>> texts = kerasdl.data.text.from_csv("reviews.csv")
        >>> print(texts)
        36 training and 4 validation documents, 0.0 MB; classes bad, good; texts in column 'text'
        >>> next(texts.read())
        (0, 'A good film. I would see it 0 times.')
    """

    read: Callable[[], Iterator[tuple[int, str]]]
    names: Sequence[str]
    parts: np.ndarray
    labels: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    identity: str
    size: int
    column: str = ""

    def __len__(self) -> int:
        return len(self.names)

    @property
    def tags(self) -> bool:
        """Whether a document has any number of tags, instead of one class.

        Example:
            >>> texts.tags
            False
        """
        return self.labels is not None and self.labels.ndim == 2

    def with_classes(self, part: Part) -> np.ndarray:
        """The numbers of the documents of a part that have a class, or may have tags.

        Raises:
            BadInput: The texts have no classes.

        Example:
            >>> len(texts.with_classes(Part.VALID))
            4
        """
        if self.labels is None:
            raise BadInput(
                "The texts have no classes: name their column by label=, give from_texts labels, or use folders of "
                f"classes. Received: {self}"
            )
        is_here = self.parts == part
        return np.flatnonzero(is_here if self.tags else is_here & (self.labels >= 0))

    def documents(self, numbers: Sequence[int]) -> list[str]:
        """The text of the documents of these numbers; all before the last of them are read, too.

        Example:
            >>> texts.documents([3, 0])
            ['A bad film. I would see it 3 times.', 'A good film. I would see it 0 times.']
        """
        pieces: dict[int, list[str]] = {int(number): [] for number in numbers}
        last = max(pieces, default=-1)
        for number, piece in takewhile(lambda each: each[0] <= last, self.read()):
            if number in pieces:
                pieces[number].append(piece)
        return ["".join(pieces[int(number)]) for number in numbers]

    def __str__(self) -> str:
        counts = [
            f"{count:,} {name}"
            for part, name in zip(Part, ("training", "validation", "test"), strict=True)
            if (count := int((self.parts == part).sum()))
        ]
        facts = [f"{' and '.join(', '.join(counts).rsplit(', ', 1))} documents, {self.size / 1e6:,.1f} MB"]
        if self.labels is not None:
            facts.append(f"{'tags' if self.tags else 'classes'} {listed(self.classes, 10)}")
            without = ~self.labels.any(axis=1) if self.tags else self.labels < 0
            if without.any():
                facts.append(f"{without.sum():,} documents without {'tag' if self.tags else 'class'}")
        if self.column:
            facts.append(f"texts in column {self.column!r}")
        return "; ".join(facts)


@dataclass(frozen=True, eq=False)
class Names(Sequence[str]):
    """Names that are made when they are asked for.

    Attributes:
        total: How many there are.
        name_of: From a number to the name.

    Example:
        >>> Names(2, "text[{}]".format)[1]
        'text[1]'
    """

    total: int
    name_of: Callable[[int], str]

    def __len__(self) -> int:
        return self.total

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: Any) -> Any:
        found = range(self.total)[index]
        return list(map(self.name_of, found)) if isinstance(index, slice) else self.name_of(found)


def listed(names: Sequence[str], most: int = NAMED) -> str:
    """The first names, and how many more there are.

    Example:
        >>> listed(["a", "b", "c"], 2)
        'a, b and 1 more'
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def check_all_have(what: str, without: Sequence[str]) -> None:
    """Raises if there are documents without text, or without a label, which are given by name."""
    if without:
        raise BadInput(
            f"No {what} in {len(without):,} of the documents: add it, or remove them. Received: {listed(without)}"
        )


def identity_of(facts: Iterable[object]) -> str:
    """A hash of what determines the documents.

    Example:
        >>> identity_of(["reviews.csv", 17])
        '4e7d45eba8962f69aaca8b6597d71d91'
    """
    digest = blake2b(digest_size=16)
    for fact in facts:
        digest.update(repr(fact).encode() + b"\0")
    return digest.hexdigest()
