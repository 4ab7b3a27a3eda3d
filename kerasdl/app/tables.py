"""Answers about a row of a table, and the form in which it is filled in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from kerasdl import export
from kerasdl.app.answer import Answer
from kerasdl.app.trained import Trained
from kerasdl.data import tabular
from kerasdl.optional import import_optional

if TYPE_CHECKING:
    import pandas as pd


@cache
def form(trained: Trained) -> dict[str, export.KnownValues]:
    """The columns of a form, by their names in the user's table, with what is known of their values.

    Args:
        trained: A run on a table.
    """
    given = trained.config.get("columns")
    names = {tabular.key(name): name for name in (given if isinstance(given, dict) else {})}
    written = {name: as_written for name, (_, as_written) in export.raw_columns(trained.model).items()}
    return {
        names.get(name, name): replace(known, typical=_written(known.typical, written[name]))
        for name, known in export.known_values(trained.model).items()
    }


def _written(typical: Any, form: str | None) -> Any:
    """A typical value as the training data wrote it: a date may have a format of its own."""
    pd = import_optional("pandas")
    return pd.Timestamp(typical).strftime(form) if form and form.startswith("%") and typical else typical


def answer_row(trained: Trained, row: Mapping[str, Any]) -> list[Answer]:
    """Answer for a row.

    Args:
        trained: A run on a table.
        row: Its cells, by column; None or "" where one is missing.

    Raises:
        BadInput: A cell is not a number or not a date.
        ModuleNotFoundError: pandas is not installed.
    """
    frame = frame_of([row])
    found = tabular.predict(trained.model, frame, spread=trained.has_members, run=trained.run)
    remarks = list(_remarks(trained, frame))
    if not trained.classes:
        return [Answer(table=list(_numbers(found)), remarks=remarks)]
    shares = {name: float(found[f"probability_{name}"].iloc[0]) for name in trained.classes}
    ordered = dict(sorted(shares.items(), key=lambda each: -each[1]))
    if "spread" in found:
        said = f"{100 * float(found['spread'].iloc[0]):.1f}"
        remarks.insert(0, f"The members of the ensemble differ by {said} percentage points (standard deviation).")
    return [Answer(probabilities=ordered, remarks=remarks)]


def frame_of(rows: Sequence[Mapping[str, Any]]) -> "pd.DataFrame":
    """Rows of the same columns with their cells as a file has them, so that the answer is that of recipes/predict.py.

    Args:
        rows: Cells by column; None or "" where one is missing.

    Raises:
        ModuleNotFoundError: pandas is not installed.
    """
    cells = [{name: "" if each is None else tabular.as_text(each) for name, each in row.items()} for row in rows]
    return import_optional("pandas").DataFrame(cells, dtype=object)


def _numbers(found: "pd.DataFrame") -> Iterator[tuple[str, ...]]:
    names = [name for name in found if not name.endswith("_spread")]
    has_spread = len(names) < len(found.columns)
    yield ("", "predicted", *(["members differ by"] if has_spread else []))
    for name in names:
        each = [name, f"{name}_spread"] if has_spread else [name]
        yield (str(name), *(f"{found[column].iloc[0]:.6g}" for column in each))


def _remarks(trained: Trained, frame: "pd.DataFrame") -> Iterator[str]:
    """What of a row the training did not know."""
    raw = tabular.raw_inputs(frame, export.raw_columns(trained.model))
    for name, known in form(trained).items():
        value = raw[tabular.key(name)].numpy()[0, 0]
        if known.kind == "category":
            if known.categories and (word := value.decode()) and word not in known.categories:
                yield f"{name}: the training data had no {word!r}, or only one: it counts as unknown."
        elif known.kind == "number":
            if known.low is not None and not np.isnan(value) and not known.low <= value <= known.high:
                yield f"{name}: {value:g} is outside the training data, {known.low:g} to {known.high:g}."
        elif known.low is not None and (day := value.decode()):
            low, high = (each.replace("T", " ") for each in (known.low, known.high))
            if not low <= day <= high:
                yield f"{name}: {day[:10]} is outside the training data, {low[:10]} to {high[:10]}."
