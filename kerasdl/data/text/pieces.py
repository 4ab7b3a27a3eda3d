"""Pieces of documents: the text of a file of any size, in memory that does not grow with it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from kerasdl.data.text_file import open_text

# Characters of a piece; of one in which there is no white space; and of what is read from a file at once.
PIECE, LARGEST, CHUNK = 2**20, 2**22, 2**16
# What TensorFlow splits at.
_SPACE = " \t\r\f\v\n"


def pieces(chunks: Iterable[str]) -> Iterator[str]:
    r"""The same text in pieces, each cut before a run of white space, one with a new line if there is one.

    So words that are found in the pieces are those of the whole. Only where millions of characters have no white space
    is the cut anywhere.

    Args:
        chunks: A text, cut anywhere.

    Yields:
        One piece or more.

    Example:
        >>> [len(piece) for piece in pieces(["word " * 200_000, "word " * 200_000])]
        [1999999, 1]
    """
    buffer, is_cut = "", False
    for chunk in chunks:
        buffer += chunk
        if len(buffer) < PIECE:
            continue
        if cut := _last_space(buffer) or (len(buffer) >= LARGEST and len(buffer)):
            yield buffer[:cut]
            buffer, is_cut = buffer[cut:], True
    if buffer or not is_cut:
        yield buffer


def pieces_of_text(text: str) -> Iterator[str]:
    """A text in pieces.

    Example:
        >>> [len(piece) for piece in pieces_of_text("word " * 400_000)]
        [1048574, 951426]
    """
    return pieces(text[start : start + PIECE] for start in range(0, len(text), PIECE))


def chunks_of_file(path: str | Path, encoding: str | None) -> Iterator[str]:
    r"""The text of a file as it is read, cut anywhere; each new line is "\n".

    Raises:
        BadInput: The file cannot be read or has another encoding; the message gives the line.

    Example:
        >>> next(chunks_of_file("shakespeare.txt", None))[:14]
        'First Citizen:'
    """
    with open_text(path, encoding) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _last_space(text: str) -> int:
    """Where the last run of white space begins, one with a new line if there is one; 0 if there is none."""
    for kinds in ("\n", _SPACE):
        last = max(text.rfind(kind) for kind in kinds)
        if begin := len(text[: last + 1].rstrip(_SPACE)):
            return begin
    return 0
