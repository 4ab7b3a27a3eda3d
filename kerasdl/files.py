"""Files: atomic writes, fingerprints that notice changes, and the cache folder."""

import contextlib
import os
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

fcntl: Any
try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None

Fingerprint = tuple[int, int, int]
# What a zip file may unpack to: so many times its size, and so many bytes more. Weights hardly compress.
MOST_TIMES, MOST_MORE = 10, 2**28


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Writes a file whole or not at all: a crash leaves the old file or the new one, never half of one.

    The caller writes to the temporary path, which lies in the same folder and has the same suffix. At the end the file
    is synced to disk and replaces `path`, or what `path` links to. After an exception `path` is as before. What writers
    that were killed have left in the folder is removed, where the file system tells that none is at work.

    Args:
        path: The file to write; its folder exists. A pipe or a device is written as it is.

    Yields:
        The temporary path.

    Raises:
        OSError: The file cannot be written, such as on a full disk; the error names it.

    Example:
        >>> with atomic_write(Path("metrics.json")) as temporary:
        ...     temporary.write_text("{}")
    """
    if path.exists() and not path.is_file():
        yield path
        return
    path = path.resolve()
    temporary = path.with_name(f"{path.stem}.{uuid.uuid4().hex[:8]}.partial{path.suffix}")
    with _at_work(path.parent):
        try:
            yield temporary
            _sync(temporary)
            temporary.replace(path)
            if os.name == "posix":
                _sync(path.parent)
        except OSError as error:
            # Errors of writing and syncing name no file.
            if error.errno is not None:
                error.filename = error.filename or str(path)
            raise
        finally:
            temporary.unlink(missing_ok=True)


def fingerprint(path: str | bytes | Path) -> Fingerprint:
    """What changes when a file's content may have changed: (size, modification time, status change time).

    A file that is renamed or unpacked over another may keep size and modification time, but not the status change time.

    Args:
        path: The file.

    Returns:
        Bytes and two times in nanoseconds.

    Raises:
        OSError: No such file, or no permission.

    Example:
        >>> size, *_ = fingerprint("pets/cat/0001.jpg")
    """
    status = os.stat(path)  # noqa: PTH116 - called for every image; a Path costs more than the call
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def check_unpacked(path: Path) -> None:
    """Raises if a zip file (.keras, .npz) unpacks to more than ten times its size and a quarter of a gigabyte.

    A few megabytes of zeros, packed, may fill the memory. Sizes are those of the zip's directory; nothing is unpacked.

    Args:
        path: The file.

    Raises:
        zipfile.BadZipFile: It does, or it is no zip file, or a damaged one.

    Example:
        >>> check_unpacked(Path("runs/pets/model.keras"))
    """
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(each.file_size for each in archive.infolist())
    packed = path.stat().st_size
    if unpacked > MOST_TIMES * packed + MOST_MORE:
        raise zipfile.BadZipFile(f"{packed >> 10:,} KiB that would unpack to {unpacked >> 20:,} MiB")


def cache_folder() -> Path:
    """The folder for results that later runs reuse: `$XDG_CACHE_HOME/kerasdl`, by default `~/.cache/kerasdl`.

    Example:
        >>> cache_folder().name
        'kerasdl'
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kerasdl"


@contextlib.contextmanager
def _at_work(folder: Path) -> Iterator[None]:
    """Shares a lock on the folder with its other writers; one alone first removes what killed ones left."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some file systems have no locks.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in folder.glob(f"*.{'[0-9a-f]' * 8}.partial*"):
                left.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
