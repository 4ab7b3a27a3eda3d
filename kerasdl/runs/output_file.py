"""Where predictions may be written: never onto what was read, or into a run."""

from collections.abc import Iterable
from pathlib import Path

from kerasdl.errors import BadInput


def check_output(path: Path, read: Iterable[Path]) -> None:
    """Raises if writing to `path` would overwrite a file that is read, or one that a run wrote.

    Args:
        path: The file to write.
        read: Files that are read; some may not exist.

    Raises:
        BadInput: As above, or the folder of the file does not exist.

    Example:
        >>> check_output(Path("found.csv"), [Path("people.csv")])
    """
    if not path.parent.is_dir():
        raise BadInput(f"The folder of the output file does not exist. Received: --csv {path}")
    if not path.exists():
        return
    if any(each.exists() and path.samefile(each) for each in read):
        raise BadInput(f"The output would overwrite its input: choose another file. Received: --csv {path}")
    if any((parent / "config.json").is_file() and (parent / "logs").is_dir() for parent in path.resolve().parents):
        raise BadInput(f"The file exists and belongs to a run: choose another one. Received: --csv {path}")
