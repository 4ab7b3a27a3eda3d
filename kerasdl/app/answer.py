"""What the page shows of one prediction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kerasdl.errors import BadInput


@dataclass(frozen=True)
class Answer:
    """What the page shows of one prediction.

    Attributes:
        name: Of what was asked, such as a file; "" if there is only one.
        probabilities: Of classes or tags, the most probable first.
        table: A header and rows, such as predicted numbers.
        words: A text, word by word, each with its weight for the first class.
        pictures: PNG files by what they show.
        remarks: Sentences on what the answer cannot tell.

    Example:
        >>> Answer(probabilities={"cat": 0.9, "dog": 0.1}).name
        ''
    """

    name: str = ""
    probabilities: Mapping[str, float] = field(default_factory=dict)
    table: Sequence[Sequence[str]] = ()
    words: Sequence[tuple[str, float]] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    remarks: Sequence[str] = ()


def check_count(count: int, most: int, what: str) -> None:
    """Raise if a page would have to answer more than it shows.

    Example:
        >>> check_count(3, 12, "pictures")
    """
    if count > most:
        raise BadInput(
            f"The page answers at most {most} {what} at once: ask for fewer, or use recipes/predict.py. "
            f"Received: {count:,}"
        )


def check_files(bad: Mapping[str, str]) -> None:
    """Raise if there are files that cannot be read.

    Args:
        bad: Why, by path.

    Example:
        >>> check_files({})
    """
    if bad:
        raise BadInput(" ".join(f"{Path(file).name}: {why}." for file, why in bad.items()))
