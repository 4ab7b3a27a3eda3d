"""Which columns of a table hold the texts, their classes and their parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kerasdl.errors import BadInput

# The name of a column; by default one that is found; False for none.
Choice = str | Literal[False] | None

LABEL_NAMES = ("label", "labels", "class", "target", "sentiment", "category")
SPLIT_NAMES = ("is_valid", "split")


@dataclass(frozen=True)
class TextColumns:
    """Positions of the columns; None if there is none.

    Example:
        >>> columns_of(["label", "text"], [["good", "A good film."]], None, None, None)
        TextColumns(text=1, label=0, split=None)
    """

    text: int
    label: int | None
    split: int | None


def columns_of(
    header: Sequence[str], rows: Sequence[Sequence[str]], text: str | None, label: Choice, split: Choice
) -> TextColumns:
    """The columns that are named, and else those with a usual name or, of texts, with the most words.

    Args:
        header: Names of the columns.
        rows: The first rows.
        text: The column of texts.
        label: The column of classes.
        split: The column of parts.

    Raises:
        BadInput: No such column, or one for two purposes.
    """
    given = [_position(header, name) for name in (text, label, split) if name]
    texts = _position(header, text) if text else _text_column(header, rows, given)
    labels = _chosen(header, label, LABEL_NAMES, [texts, *given])
    splits = _chosen(header, split, SPLIT_NAMES, [texts, *given])
    used = [column for column in (texts, labels, splits) if column is not None]
    if len(set(used)) < len(used):
        raise BadInput(
            f"Texts, classes and parts need columns of their own. Received: text={header[texts]!r}, label={label!r}, "
            f"split={split!r}"
        )
    return TextColumns(texts, labels, splits)


def _text_column(header: Sequence[str], rows: Sequence[Sequence[str]], given: Sequence[int]) -> int:
    free = [column for column in range(len(header)) if column not in given]
    if not free:
        raise BadInput(f"There is no column of texts. Received: columns {list(header)}")
    usual = _usual(header, ("text",), free)
    return max(free, key=lambda column: _sizes([row[column] for row in rows])) if usual is None else usual


def _sizes(cells: Sequence[str]) -> tuple[int, int]:
    """Words, and characters for languages that do not separate words, and for a column of single words."""
    return sum(len(cell.split()) for cell in cells), sum(map(len, cells))


def _chosen(header: Sequence[str], name: Choice, usual: Sequence[str], used: Sequence[int]) -> int | None:
    if name:
        return _position(header, name)
    free = [column for column in range(len(header)) if column not in used]
    return _usual(header, usual, free) if name is None else None


def _usual(header: Sequence[str], names: Sequence[str], free: Sequence[int]) -> int | None:
    """The first column that has one of these names, whatever its case."""
    found = {header[column].lower(): column for column in reversed(free)}
    return next((found[name] for name in names if name in found), None)


def _position(header: Sequence[str], name: str) -> int:
    if str(name) not in header:
        raise BadInput(f"No such column: {name!r}. Received: columns {list(header)}")
    return list(header).index(str(name))
