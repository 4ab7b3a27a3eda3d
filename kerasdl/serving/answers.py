"""Answers to requests: the predictions of a run, as JSON has them."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from kerasdl import export, runs
from kerasdl.app.tables import frame_of
from kerasdl.app.trained import Trained
from kerasdl.data import images, sequences, series, tabular, text
from kerasdl.errors import BadInput
from kerasdl.serving.requests import FILES, Request

if TYPE_CHECKING:
    import pandas as pd

# Of one instance, or of one row that follows a series.
Prediction = dict[str, Any]


def answers(trained: Trained, requests: Sequence[Request]) -> list[list[Prediction]]:
    """Answer several requests in one call of the model.

    Args:
        trained: The run.
        requests: As `request_of` gives them.

    Returns:
        The predictions of each request: one for each instance, or for each step that follows a series.

    Raises:
        BadInput: One of the requests cannot be answered, as `images.predict` and its likes say; or the answer is not
            finite.
    """
    if trained.kind == "series":
        return [list(_forecast(trained, rows)) for rows in requests]
    instances = [each for request in requests for each in (request if isinstance(request, list) else [request])]
    found = iter(_rows(trained, instances) if trained.kind == "table" else _classified(trained, instances))
    counts = [1 if trained.kind in FILES else len(request) for request in requests]
    return [[_finite(next(found)) for _ in range(count)] for count in counts]


def _classified(trained: Trained, instances: Sequence[Any]) -> Iterator[Prediction]:
    ask: Any = {"texts": text, "images": images}.get(trained.kind, sequences)
    given = [_array(each) for each in instances] if trained.kind == "sequences" else instances
    for found in ask.predict(trained.model, given, top=None, run=trained.run):
        yield _prediction(trained, found)


def _prediction(trained: Trained, found: Mapping[str, float]) -> Prediction:
    """The most probable class, or the tags that are more probable than not; and the probability of each."""
    if export.has_tags(trained.model):
        return {"tags": [name for name, each in found.items() if each > 0.5], "probabilities": found}
    name = next(iter(found))
    return {"class": name, "probability": found[name], "probabilities": found}


def _array(sequence: Any) -> np.ndarray:
    try:
        return np.asarray(sequence, np.float32)
    except (ValueError, TypeError) as error:
        raise BadInput(
            f"A sequence is a list of steps, each a number or a list of one for each channel. Received: {error}"
        ) from error


def _rows(trained: Trained, rows: Sequence[Any]) -> Iterator[Prediction]:
    # Rows of other columns must not become missing values of each other.
    for _, group in groupby(rows, key=lambda row: row.keys()):
        found = tabular.predict(trained.model, frame_of(list(group)), run=trained.run)
        if not trained.classes:
            yield from _records(found)
            continue
        for probabilities in found[[f"probability_{name}" for name in trained.classes]].to_numpy():
            yield _prediction(trained, export.likeliest(trained.classes, probabilities, top=None))


def _forecast(trained: Trained, rows: Any) -> Iterator[Prediction]:
    if len({frozenset(row) for row in rows}) > 1:
        raise BadInput(f"All rows of a series have the same columns. Received: {rows[0]!r:.80} and others")
    found = series.forecast(trained.model, frame_of(rows), run=trained.run, **runs.forecast_options(trained.config))
    labels = found.index.to_frame().astype(str).to_dict("records")
    return (_finite({**label, **each}) for label, each in zip(labels, _records(found), strict=True))


def _records(found: "pd.DataFrame") -> Iterable[Prediction]:
    return ({str(name): float(each) for name, each in row.items()} for row in found.to_dict("records"))


def _finite(prediction: Prediction) -> Prediction:
    numbers = [each for each in (prediction.get("probabilities") or prediction).values() if isinstance(each, float)]
    if not all(map(math.isfinite, numbers)):
        raise BadInput(f"The model has no finite answer to this: its numbers are too large. Received: {numbers[:3]}")
    return prediction
