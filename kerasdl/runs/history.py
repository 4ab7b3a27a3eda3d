"""history.csv: the metrics of every epoch of every stage of a run."""

import csv
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from kerasdl.errors import BadInput

HISTORY = "history.csv"
# By stage, then by metric: a number for each epoch, None where there is none.
History = dict[str, dict[str, list[float | None]]]


def write_history(file: Path, history: Mapping[str, Mapping[str, Sequence[float | None]]]) -> None:
    """Writes a row for each epoch: stage, epoch from 1, and every metric that any stage has.

    Args:
        file: The file to write.
        history: By stage, what `fit` returns as `history`.

    Example:
        >>> write_history(Path("history.csv"), {"head": {"loss": [0.9]}, "whole": {"loss": [0.5, 0.25]}})
        >>> print(Path("history.csv").read_text())
        stage,epoch,loss
        head,1,0.9
        whole,1,0.5
        whole,2,0.25
    """
    names = list(dict.fromkeys(name for metrics in history.values() for name in metrics))
    with file.open("w", newline="", encoding="utf-8", errors="backslashreplace") as opened:
        rows = csv.writer(opened, lineterminator="\n")
        rows.writerow(["stage", "epoch", *names])
        for stage, metrics in history.items():
            columns = (metrics.get(name, ()) for name in names)
            for epoch, values in enumerate(zip_longest(*columns), start=1):
                rows.writerow([stage, epoch, *("" if value is None else repr(float(value)) for value in values)])


def read_history(file: Path) -> History:
    """Reads what `write_history` wrote; nothing if there is no such file.

    Raises:
        BadInput: The file is damaged.

    Example:
        >>> write_history(Path("history.csv"), {"whole": {"loss": [0.5, 0.25]}})
        >>> read_history(Path("history.csv"))
        {'whole': {'loss': [0.5, 0.25]}}
    """
    history: History = {}
    if not file.is_file():
        return history
    try:
        with file.open(newline="", encoding="utf-8") as opened:
            rows = csv.DictReader(opened, strict=True)
            if [*(rows.fieldnames or ())][:2] != ["stage", "epoch"]:
                raise ValueError("no header")
            for row in rows:
                metrics = history.setdefault(row.pop("stage"), {})
                del row["epoch"]
                for name, value in row.items():
                    metrics.setdefault(name, []).append(float(value) if value else None)
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise BadInput(f"The history of the run is damaged: remove it. Received: {str(file)!r}") from error
    # A metric that only other stages have.
    return {
        stage: {name: values for name, values in metrics.items() if any(value is not None for value in values)}
        for stage, metrics in history.items()
    }
