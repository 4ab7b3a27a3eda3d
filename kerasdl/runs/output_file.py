"""Files of predictions and reports: never written onto what was read, or what a run wrote."""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from kerasdl.errors import BadInput
from kerasdl.files import atomic_write
from kerasdl.runs.folder import KINDS, WRITTEN


def check_output(path: Path, read: Iterable[str | Path], *, option: str = "--csv") -> None:
    """Raises if writing to `path` would overwrite a file that is read, or one that a run writes.

    Those of a run are its config.json, metrics.json, about.json, history.csv, models and encoder (`*.keras`, `*.npz`),
    figures, texts and pages (`*.png`, `*.txt`, `*.html`), and all in its folder logs. Other files in its folder may be
    written, also again.

    Args:
        path: The file to write.
        read: Files that are read; what else stands there is no file.
        option: That names the file on the command line.

    Raises:
        BadInput: As above, or `path` is a folder, or its folder does not exist.

    Example:
        >>> check_output(Path("found.csv"), [Path("people.csv")])
    """
    if not path.parent.is_dir():
        raise BadInput(f"The folder of the output file does not exist. Received: {option} {path}")
    if path.is_dir():
        raise BadInput(f"The output is a folder: name a file in it. Received: {option} {path}")
    # A text of the command line may be too long for the name of a file.
    if path.exists() and any(os.path.exists(each) and path.samefile(each) for each in read):  # noqa: PTH110
        raise BadInput(f"The output would overwrite its input: choose another file. Received: {option} {path}")
    file = path.resolve()
    if any(_writes(parent, file) for parent in file.parents):
        raise BadInput(f"The file belongs to a run: choose another one. Received: {option} {path}")


def write_csv(path: Path, lines: Iterable[Sequence[str]]) -> None:
    """Writes lines of cells to a CSV file, in UTF-8, whole or not at all.

    Raises:
        BadInput: The file cannot be written.

    Example:
        >>> write_csv(Path("found.csv"), [("text", "class"), ("A good film", "positive")])
    """
    try:
        with (
            atomic_write(path) as temporary,
            temporary.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file,
        ):
            csv.writer(file).writerows(lines)
    except OSError as error:
        raise BadInput(
            f"The output cannot be written ({error.strerror}): choose another file. Received: --csv {path}"
        ) from error


def write_page(path: Path, page: str) -> None:
    """Writes a page in HTML, whole or not at all.

    Raises:
        OSError: The file cannot be written.

    Example:
        >>> write_page(Path("report.html"), "<!DOCTYPE html><title>Report</title>")
    """
    with atomic_write(path) as temporary:
        # Names of files may not be UTF-8.
        temporary.write_bytes(page.encode("utf-8", "replace"))


def _writes(run: Path, file: Path) -> bool:
    """Whether `run` is a run folder, and `file` one that a run writes there."""
    if not ((run / "config.json").is_file() and (run / "logs").is_dir()):
        return False
    is_in_logs = run / "logs" in file.parents
    return is_in_logs or (file.parent == run and (file.name in WRITTEN or file.suffix in KINDS))
