"""Options for texts, and the documents that they describe."""

from dataclasses import dataclass
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

from kerasdl.data import text
from kerasdl.errors import BadInput


@dataclass(frozen=True)
class TextData:
    """Options for texts.

    Example:
        >>> options = TextData(data="reviews.csv", text="review")
    """

    data: str = "python"
    """'python' (Python's language reference), a text file, a folder, a CSV file, or a TensorFlow Datasets name."""
    valid: Path | None = None
    """With a text file: another one for validation; by default the end of the first."""
    test: Path | None = None
    """With a text file: another one for the test."""
    text: str | None = None
    """Column of texts in a CSV file; by default 'text', or the one with the most words."""
    split: str | None = None
    """Column of a CSV file that holds train, valid or test; by default 'is_valid' or 'split', if there is one."""
    valid_share: float = 0.1
    """Share for validation, unless the data are split already."""
    encoding: str | None = None
    """Encoding of the files, as Python spells it; by default UTF-8."""
    separator: str | None = None
    """Separator of a CSV file; by default the most frequent candidate in the header."""
    manual_dir: str | None = None
    """Folder with the original files of a TensorFlow Datasets dataset."""
    data_dir: str | None = None
    """Folder of prepared TensorFlow Datasets."""
    download: bool = False
    """Let TensorFlow Datasets download missing files."""


def load_texts(options: TextData, *, seed: int) -> text.Texts:
    """The documents that the options describe, without classes.

    Raises:
        BadInput: An option that does not go with the data; or as `data.text` says.

    Example:
        >>> print(load_texts(TextData(), seed=0))
    """
    path = Path(options.data)
    share: dict[str, Any] = {"valid_share": options.valid_share, "seed": seed}
    is_table, is_folder = options.data.lower().endswith((".csv", ".tsv")), path.is_dir()
    is_file = path.is_file() and not is_table
    _check(options, ("valid", "test"), is_file, "a text file")
    _check(options, ("text", "split", "separator"), is_table, "a CSV file")
    _check(options, ("encoding",), is_table or is_folder or is_file, "files")
    if options.data == "python":
        return text.from_texts([topics[name] for name in sorted(topics)], **share)
    if is_table:
        columns: dict[str, Any] = {"text": options.text, "split": options.split, "separator": options.separator}
        return text.from_csv(options.data, label=False, encoding=options.encoding, **columns, **share)
    if is_folder:
        return text.from_folder(options.data, label=False, encoding=options.encoding, **share)
    if is_file:
        parts: dict[str, Any] = {"encoding": options.encoding, "valid_share": options.valid_share}
        return text.from_files(options.data, options.valid, test=options.test, **parts)
    places = {name: getattr(options, name) for name in ("data_dir", "manual_dir", "download")}
    return text.from_tfds(options.data, label=False, **places, **share)


def _check(options: TextData, names: tuple[str, ...], are_used: bool, what: str) -> None:
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    if given and not are_used:
        raise BadInput(f"{' and '.join(given)}: only with {what}. Received: data={options.data!r}, {given}")
