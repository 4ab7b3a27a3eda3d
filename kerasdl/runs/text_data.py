"""Options for texts, and the documents that they describe."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasdl.data import text
from kerasdl.errors import BadInput
from kerasdl.runs.language_reference import chapters, paragraphs


@dataclass(frozen=True)
class _AnyTextData:
    data: str = "python"
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


@dataclass(frozen=True)
class TextData(_AnyTextData):
    """Options for texts without classes.

    Example:
        >>> options = TextData(data="reviews.csv", text="review")
    """

    data: str = "python"
    """'python' (Python's language reference), a text file, a folder, a CSV file, or a TensorFlow Datasets name."""
    valid: Path | None = None
    """With a text file: another one for validation; by default the end of the first."""
    test: Path | None = None
    """With a text file: another one for the test."""


@dataclass(frozen=True)
class LabelledTextData(_AnyTextData):
    """Options for texts with classes, or with any number of tags.

    Example:
        >>> options = LabelledTextData(data="reviews.csv", label="sentiment")
    """

    data: str = "python"
    """'python' (paragraphs of its language reference), a folder of class folders, a CSV file, or a TFDS name."""
    label: str | None = None
    """Column of classes in a CSV file; by default 'label', 'class', 'sentiment' or another usual name."""
    tag_separator: str | None = None
    """If a text of a CSV file has any number of tags: what is between them in the column of classes."""


def load_texts(options: TextData | LabelledTextData, *, seed: int) -> text.Texts:
    """The documents that the options describe; with classes, or tags, if they are `LabelledTextData`.

    The default data are the topics of Python's language reference, and for classes the paragraphs of a dozen topics.

    Raises:
        BadInput: An option that does not go with the data, a single text file for classes; or as `data.text` says.

    Example:
        >>> print(load_texts(TextData(), seed=0))
    """
    path, is_labelled = Path(options.data), isinstance(options, LabelledTextData)
    share: dict[str, Any] = {"valid_share": options.valid_share, "seed": seed}
    is_table, is_folder = options.data.lower().endswith((".csv", ".tsv")), path.is_dir()
    is_file = path.is_file() and not is_table
    _check(options, ("valid", "test"), is_file, "a text file")
    _check(options, ("text", "split", "separator", "label", "tag_separator"), is_table, "a CSV file")
    _check(options, ("encoding",), is_table or is_folder or is_file, "files")
    if options.data == "python":
        return text.from_texts(*(paragraphs() if is_labelled else [chapters()]), **share)
    if is_table:
        columns: dict[str, Any] = {"text": options.text, "split": options.split, "separator": options.separator}
        if isinstance(options, LabelledTextData):
            columns |= {"label": options.label, "tag_separator": options.tag_separator}
        else:
            columns["label"] = False
        return text.from_csv(options.data, encoding=options.encoding, **columns, **share)
    if is_folder:
        return text.from_folder(options.data, label=is_labelled, encoding=options.encoding, **share)
    if is_file:
        return _of_file(options)
    places = {name: getattr(options, name) for name in ("data_dir", "manual_dir", "download")}
    return text.from_tfds(options.data, label=is_labelled, **places, **share)


def _of_file(options: TextData | LabelledTextData) -> text.Texts:
    if isinstance(options, LabelledTextData):
        raise BadInput(
            "A single text has no classes: give a folder of class folders, or a CSV file. "
            f"Received: data={options.data!r}"
        )
    about: dict[str, Any] = {"encoding": options.encoding, "valid_share": options.valid_share}
    return text.from_files(options.data, options.valid, test=options.test, **about)


def _check(options: _AnyTextData, names: tuple[str, ...], are_used: bool, what: str) -> None:
    given = {name: value for name in names if (value := getattr(options, name, None)) is not None}
    if given and not are_used:
        raise BadInput(f"{' and '.join(given)}: only with {what}. Received: data={options.data!r}, {given}")
