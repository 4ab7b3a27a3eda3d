"""Lines of text files."""

from collections.abc import Iterator
from pathlib import Path

from kerasdl.data.text_file import open_text


def read_lines(path: str | Path, *, encoding: str | None = None) -> Iterator[str]:
    """The lines of a text file, one after the other, without their ends.

    Args:
        path: Path of the file.
        encoding: Name of a Python codec; by default UTF-8, or that of the file's byte-order mark.

    Raises:
        BadInput: The file cannot be read, or has another encoding; the message gives the line.

    Example:
        >>> next(read_lines("shakespeare.txt"))
        'First Citizen:'
    """
    with open_text(path, encoding) as file:
        for line in file:
            yield line.removesuffix("\n")
