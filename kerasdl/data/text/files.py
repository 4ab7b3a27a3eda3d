"""Plain-text files, each of which is one document."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.splits import Part, check_share
from kerasdl.data.text.pieces import chunks_of_file, pieces
from kerasdl.data.text.texts import Texts, identity_of
from kerasdl.errors import BadInput
from kerasdl.files import Fingerprint, fingerprint

# A document: the file, its first character and the one behind its last.
_Stretch = tuple[Path, int, int]
_END = sys.maxsize


@known_arguments()
def from_files(
    train: str | Path,
    valid: str | Path | None = None,
    *,
    test: str | Path | None = None,
    encoding: str | None = None,
    valid_share: float = 0.1,
) -> Texts:
    """Texts from plain-text files, each of which is one document, as for a language model.

    Args:
        train: The file for training.
        valid: The file for validation; by default the end of `train`, from the beginning of a line.
        test: The file for testing.
        encoding: Name of a Python codec; by default UTF-8, or that of each file's byte-order mark.
        valid_share: Share of `train` that is for validation if there is no other file for it.

    Returns:
        The documents.

    Raises:
        BadInput: A file that cannot be read, has another encoding or no text, or is given twice. When it is read: a
            file that has changed since.

    Example:
        >>> texts = from_files("shakespeare.txt", valid_share=0.2)
        >>> texts.names
        ['shakespeare.txt (training)', 'shakespeare.txt (validation)']
    """
    files = {part: Path(file) for part, file in zip(Part, (train, valid, test), strict=True) if file is not None}
    marks = {file: mark_of(file) for file in files.values()}
    paths = [str(file.resolve()) for file in files.values()]
    if len(set(paths)) < len(paths):
        raise BadInput(
            f"Training, validation and test need files of their own. Received: {list(map(str, files.values()))}"
        )
    documents: dict[Part, _Stretch] = {part: (file, 0, _END) for part, file in files.items()}
    names = {part: str(file) for part, file in files.items()}
    if valid is None:
        cut = _begin_of_validation(files[Part.TRAIN], encoding, valid_share)
        documents |= {Part.TRAIN: (files[Part.TRAIN], 0, cut), Part.VALID: (files[Part.TRAIN], cut, _END)}
        names |= {Part.TRAIN: f"{train} (training)", Part.VALID: f"{train} (validation)"}
    parts = sorted(documents)
    for part in parts:
        if not any(chunk.strip() for chunk in _chunks(documents[part], encoding)):
            raise BadInput(f"There is no text. Received: {names[part]}")

    def read() -> Iterator[tuple[int, str]]:
        for number, part in enumerate(parts):
            file, *_ = documents[part]
            check_unchanged(file, marks[file])
            for piece in pieces(_chunks(documents[part], encoding)):
                yield number, piece

    return Texts(
        read=read,
        names=[names[part] for part in parts],
        parts=np.array(parts, int),
        identity=identity_of([paths, *marks.values(), encoding, *(documents[part][1:] for part in parts)]),
        size=sum(size for size, *_ in marks.values()),
    )


def mark_of(file: Path) -> Fingerprint:
    """The fingerprint of a file that can be read more than once.

    Raises:
        BadInput: There is no such file.
    """
    if not file.is_file():
        raise BadInput(f"No such file, or it is a folder or a pipe. Received: {str(file)!r}")
    return fingerprint(file)


def check_unchanged(file: Path, mark: Fingerprint) -> None:
    """Raises if a file is no longer the one whose documents were found.

    Raises:
        BadInput: The file has changed, or is gone.
    """
    if mark_of(file) != mark:
        raise BadInput(f"The file has changed since its documents were found: begin anew. Received: {str(file)!r}")


def _chunks(document: _Stretch, encoding: str | None) -> Iterator[str]:
    file, begin, end = document
    return _within(chunks_of_file(file, encoding), begin, end)


def _within(chunks: Iterable[str], begin: int, end: int) -> Iterator[str]:
    """The characters from `begin` to before `end`."""
    position = 0
    for chunk in chunks:
        if part := chunk[max(0, begin - position) : max(0, end - position)]:
            yield part
        position += len(chunk)
        if position >= end:
            return


def _begin_of_validation(file: Path, encoding: str | None, valid_share: float) -> int:
    """The last beginning of a line before the share, in characters; of a file of one line, the last space."""
    check_share(valid_share)
    count = sum(map(len, chunks_of_file(file, encoding)))
    line = space = position = 0
    for chunk in _chunks((file, 0, round(count * (1 - valid_share))), encoding):
        line = position + found + 1 if (found := chunk.rfind("\n")) >= 0 else line
        space = position + found if (found := chunk.rfind(" ")) >= 0 else space
        position += len(chunk)
    if not (line or space):
        raise BadInput(
            "The text has no line or word that begins before its validation share: pass another file for validation. "
            f"Received: {str(file)!r} with {count:,} characters, valid_share={valid_share}"
        )
    return line or space
