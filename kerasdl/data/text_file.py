"""Text files that are read as a stream: encodings, byte-order marks, and errors that give the line."""

import codecs
import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

from kerasdl.errors import BadInput

# The mark of UTF-16 is the beginning of that of UTF-32.
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@contextlib.contextmanager
def open_text(
    path: str | Path, encoding: str | None = None, *, newline: str | None = None
) -> Iterator[io.TextIOWrapper]:
    """Opens a text file for reading; the byte-order mark is not part of the text.

    Args:
        path: Path of the file.
        encoding: Name of a Python codec; by default UTF-8, or that of the file's byte-order mark.
        newline: As for `open`: by default all kinds of new lines are read as one, "" keeps them.

    Yields:
        The open file.

    Raises:
        BadInput: The file cannot be read, or is a device; or, when that part is read, it has another encoding.

    Example:
        >>> with open_text("houses.csv") as file:
        ...     print(file.readline())
        area,rooms,price
    """
    if Path(path).is_char_device():
        # Such as /dev/zero, which never ends.
        raise BadInput(f"A device is not a file of text. Received: {str(path)!r}")
    try:
        with _Lines(io.FileIO(path)) as lines:
            start = lines.peek(4)
            mark = next((mark for mark in _MARKS if start.startswith(mark)), b"")
            encoding = encoding or _MARKS.get(mark, "utf-8")
            text = _decoded(lines, encoding if mark else _without_mark(encoding), newline)
            if mark.decode(encoding, "replace") == "\ufeff":
                lines.read(len(mark))
            yield text
    except OSError as error:
        raise BadInput(f"The file cannot be read ({error.strerror}). Received: {str(path)!r}") from error
    except UnicodeError as error:
        raise BadInput(
            f"Line {lines.before(error)} is not {encoding}: pass the encoding (for spreadsheets often --encoding "
            f"cp1252). Received: {str(path)!r}"
        ) from error


class _Lines(io.BufferedReader):
    """A binary file that knows on which line an error of decoding is."""

    line, last = 1, b""

    def read1(self, size: int = -1) -> bytes:
        self.line += self.last.count(b"\n")
        self.last = super().read1(size)
        return self.last

    def before(self, error: UnicodeError) -> int:
        # Without a mark of its own, UTF-16 fails at the beginning, by an error that has no position.
        return self.line + (error.object[: error.start].count(b"\n") if isinstance(error, UnicodeDecodeError) else 0)


def _without_mark(encoding: str) -> str:
    """Streams of UTF-16 and UTF-32 need a mark; without one the order of bytes is that of most machines."""
    return f"{encoding}-le" if re.fullmatch(r"utf[-_]?(16|32)", encoding, re.IGNORECASE) else encoding


def _decoded(file: io.BufferedReader, encoding: str, newline: str | None) -> io.TextIOWrapper:
    try:
        return io.TextIOWrapper(file, encoding, newline=newline)
    except (LookupError, ValueError) as error:
        raise BadInput(
            f"Unknown encoding: pass the name of a Python codec, such as 'cp1252'. Received: encoding={encoding!r}"
        ) from error
