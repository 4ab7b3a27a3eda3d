"""What GET / says: what the run takes and answers, with an example."""

from dataclasses import asdict
from typing import Any

from kerasdl import export, runs
from kerasdl.app.tables import form
from kerasdl.app.trained import Trained
from kerasdl.serving.requests import FILES

TAKES: dict[runs.Kind, str] = {
    "images": "one picture: the bytes of a JPEG, PNG, GIF, BMP or WebP file are the body",
    "sounds": "one sound: the bytes of a WAV file are the body",
    "sequences": "sequences in JSON, each a list of steps, each a number or a list of one for each channel",
    "series": "the rows of a series in JSON, the latest last: the answer has the rows that follow",
    "texts": "texts in JSON",
    "table": "rows in JSON; null is a missing value",
}


def about(trained: Trained, *, largest: int) -> dict[str, Any]:
    """What a run takes and answers, for GET /.

    Args:
        trained: The run.
        largest: Bytes of the largest body.
    """
    name, kind = trained.path.resolve().name, trained.kind
    found = {"run": name, "kind": kind, "predict": "POST /predict", "takes": TAKES[kind], "most_bytes": largest}
    if kind == "table":
        found["columns"] = {column: asdict(known) for column, known in form(trained).items()}
    if trained.classes:
        found["tags" if export.has_tags(trained.model) else "classes"] = list(trained.classes)
    elif kind == "table":
        found["targets"] = list(export.target_names(trained.model))
    if kind not in FILES:
        found["example"] = {"instances": _example(trained)}
    return found


def _example(trained: Trained) -> list[Any]:
    """Instances in the form that the run takes."""
    if trained.kind == "table":
        return [{column: next(iter(known.categories), known.typical) for column, known in form(trained).items()}]
    if trained.kind == "texts":
        return ["A text.", "Another one."]
    steps, width = trained.model.input_shape[1:]
    if trained.kind == "sequences":
        return [[[0.0] * width] * min(steps or 3, 3)]
    options = runs.forecast_options(trained.config)
    names = [name for of in ("time", "series", "target", "covariates", "known") for name in _names(options.get(of))]
    return [dict.fromkeys(names, "…")] * min(steps, 2)


def _names(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())
