"""What predictions print, a line for each, and what a CSV file of them holds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kerasdl.optional import import_optional

if TYPE_CHECKING:
    import pandas as pd

Lines = Iterator[tuple[str, ...]]


def shown(*cells: str) -> tuple[str, ...]:
    """Prints cells, with tabs between them, and returns them.

    Example:
        >>> line = shown("cat/0001.jpg", "cat", "0.9800")
        cat/0001.jpg    cat    0.9800
    """
    print(*cells, sep="\t", flush=True)
    return cells


def class_lines(what: str, names: Iterable[str], found: Iterable[Mapping[str, float]]) -> Lines:
    """A header, and for each name its class and the probability; printed one after the other.

    Args:
        what: What the names are.
        names: One for each prediction.
        found: As `images.predict` gives it.

    Example:
        >>> header, *lines = class_lines("path", ["cat/0001.jpg"], [{"cat": 0.98}])
        cat/0001.jpg    cat    0.9800
    """
    yield what, "class", "probability"
    for name, classes in zip(names, found, strict=True):
        yield shown(name, *classes, *(f"{each:.4f}" for each in classes.values()))


def frame_lines(found: "pd.DataFrame") -> Lines:
    """A header, and the rows of a DataFrame behind their labels; printed one after the other.

    Example:
        >>> header, *lines = frame_lines(pd.DataFrame({"price": [1200.5]}))
        0    1200.5
    """
    header, *rows = frame_cells(found)
    yield header
    for cells in rows:
        yield shown(*cells)


def frame_cells(found: "pd.DataFrame") -> Lines:
    """A header, and the rows of a DataFrame behind their labels; numbers have six digits.

    Example:
        >>> list(frame_cells(pd.DataFrame({"price": [1200.5]})))
        [(0, 'price'), ('0', '1200.5')]
    """
    labels = found.index.to_frame().astype(str)
    yield (*labels, *found)
    for label, cells in zip(labels.to_numpy(), found.itertuples(index=False), strict=True):
        yield (*label, *(cell if isinstance(cell, str) else f"{cell:.6g}" for cell in cells))


def print_table(rows: Mapping[str, Sequence[str]], header: Sequence[str]) -> None:
    """Prints rows of cells below a header, each behind its name.

    Raises:
        ModuleNotFoundError: rich is not installed.

    Example:
        >>> print_table({"network": ["97.2 %"], "trees": ["96.9 %"]}, ["accuracy"])
    """
    console, table_of = import_optional("rich.console"), import_optional("rich.table")
    table = table_of.Table("", *header, box=None, padding=(0, 2))
    for name, cells in rows.items():
        table.add_row(f"[bold]{name}[/bold]", *cells)
    console.Console().print(table)
