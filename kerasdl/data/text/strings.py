"""Texts that are in memory."""

from collections.abc import Iterator, Sequence

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.text.labels import Words, hold_out, tag_labels, text_of, word_of
from kerasdl.data.text.pieces import pieces_of_text
from kerasdl.data.text.texts import Names, Texts, check_all_have, identity_of
from kerasdl.errors import BadInput


@known_arguments()
def from_texts(
    texts: Sequence[str], labels: Sequence[object] | None = None, *, valid_share: float = 0.1, seed: int = 0
) -> Texts:
    """Texts from a list of strings, one per document.

    Args:
        texts: The documents.
        labels: The class of each document, None or NaN for those that have none; 1.0 is class "1". Or a list of its
            tags, which may be empty.
        valid_share: Share of the documents for validation, of every class alike; with tags, of all.
        seed: Draws the documents for validation.

    Returns:
        The documents.

    Raises:
        BadInput: Something else than text, no text in a document, another number of labels, classes among tags, only
            one class or tag, or too few documents for training and validation.

    Example:
        >>> print(from_texts(["A good film.", "Boring.", "Seen twice.", "Asleep."], ["good", "bad"] * 2))
        2 training and 2 validation documents, 0.0 MB; classes bad, good
        >>> print(from_texts(["A good film.", "Boring.", "Good, but long."], [["good"], [], ["good", "long"]]))
        2 training and 1 validation documents, 0.0 MB; tags good, long; 1 documents without tag
    """
    if isinstance(texts, str):
        raise BadInput(f"Pass a list of texts, one per document. Received: one text, {texts[:40]!r}")
    texts, names = list(texts), Names(len(texts), "text[{}]".format)
    size = size_of(texts, names)
    found, classes = _labels(labels, len(texts))
    parts = hold_out(np.zeros(len(texts), int), found, classes, valid_share, seed)
    about = {"parts": parts, "labels": found, "classes": classes, "identity": identity_of(texts), "size": size}
    return Texts(read=lambda: read(texts), names=names, **about)


def read(texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The texts in pieces, as `Texts.read` gives them."""
    return ((number, piece) for number, text in enumerate(texts) for piece in pieces_of_text(text))


def size_of(texts: Sequence[object], names: Sequence[str]) -> int:
    """Bytes of all texts.

    Raises:
        BadInput: Something else than text, no text, or characters that no file can hold; the message gives the names.
    """
    size, empty = 0, []
    for name, text in zip(names, texts, strict=True):
        if not isinstance(text, str) and text_of(text):
            raise BadInput(f"A document must be text: convert it by str(…). Received: {type(text).__name__} in {name}")
        written = text if isinstance(text, str) else ""
        if not written.strip():
            empty.append(name)
        try:
            size += len(written.encode())
        except UnicodeEncodeError as error:
            raise BadInput(
                f"A document holds half a character: decode its file with the right encoding. Received: "
                f"{written[error.start]!r} at {error.start} in {name}"
            ) from error
    check_all_have("text", empty)
    return size


def _labels(labels: Sequence[object] | None, count: int) -> tuple[np.ndarray | None, tuple[str, ...]]:
    if labels is None:
        return None, ()
    if len(labels) != count:
        raise BadInput(f"There must be one label per text. Received: {len(labels)} labels for {count} texts")
    rows = [each for each in labels if isinstance(each, list | tuple | set | frozenset)]
    if not rows:
        return Words(map(word_of, labels)).classes()
    if len(rows) < count:
        at = next(index for index, each in enumerate(labels) if not isinstance(each, list | tuple | set | frozenset))
        raise BadInput(
            "Give a list of tags for every text, [] for no tag, or one class for every text. "
            f"Received: {labels[at]!r} for text[{at}]"
        )
    return tag_labels(rows)
