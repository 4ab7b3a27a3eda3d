"""Writes the model of an earlier run for other runtimes, and compares each with the Keras model on the run's own data.

Each format comes into RUN/export/FORMAT, with preprocessing.py beside it where strings or pictures become numbers
outside. It is loaded again in its own runtime, and answers up to a hundred validation samples, which are loaded as the
run loaded them. What a format cannot hold is said before anything is written; the others are written, and the exit
status is 1. A SavedModel computes as the run did; the others, and Keras beside them, in 32 bits. The table is also in
RUN/export/export.json.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

import keras
import numpy as np
from kerasdl import export, runs
from kerasdl.errors import BadInput

COMPARED, SCORED, CALIBRATED = 100, 1000, 200  # samples
TOLERANCE = 1e-4
EIGHT_BITS = "litert_int8"
FORMS: dict[str, Any] = {EIGHT_BITS: "litert"}


@dataclass(frozen=True)
class Config:
    run: Annotated[Path, runs.positional()]
    """Folder of a finished run."""
    to: tuple[export.Format, ...] = get_args(export.Format)
    """Formats: saved_model, onnx, litert, openvino; by default all."""
    int8: bool = False
    """Also LiteRT in 8 bits, with the ranges of 200 training samples, and its accuracy or RMSE beside float32's."""
    length: int | None = None
    """Steps of texts, sequences and sounds where a format needs a fixed length; by default the longest sample's."""
    data: str | None = None
    """Data in the place of those in the run's config.json, if they have moved."""
    model: str = "model"
    """Model in the run: ngrams is the classifier of n-grams that text_classifier.py leaves beside its network."""

    def __post_init__(self) -> None:
        runs.check_counts(length=self.length)
        if not self.to:
            raise BadInput("Name a format (--to). Received: none")
        if self.int8 and "litert" not in self.to:
            raise BadInput(f"LiteRT writes 8 bits: add it (--to litert). Received: --int8 --to {' '.join(self.to)}")


def main(config: Config) -> int:
    model, trained = runs.load_run(config.run, config.model), runs.load_config(config.run)
    counts = {"train": CALIBRATED, "valid": SCORED if config.int8 else COMPARED}
    training, validation = runs.load_raw(model, trained, data=config.data, **counts)
    conversion = export.Conversion(model, length=config.length, samples=[training.inputs, validation.inputs])
    wanted: list[Any] = [*config.to, *([EIGHT_BITS] if config.int8 else [])]
    reasons = {name: conversion.why_not(FORMS.get(name, name), eight_bits=name in FORMS) for name in wanted}
    if all(reasons.values()):
        raise BadInput(next(iter(reasons.values())))
    impossible = {name: reason for name, reason in reasons.items() if reason}
    for name, reason in impossible.items():
        print(f"{name}: {reason}", file=sys.stderr)
    names = [name for name in reasons if name not in impossible]
    folder = config.run / ("export" if config.model == "model" else f"export_{config.model}")
    lines: dict[str, dict[str, Any]] = {}
    calls: dict[str, Callable[[int], Any]] = {}
    bar = keras.utils.Progbar(len(names), unit_name="format")
    for name in names:
        lines[name], calls[name], calls[f"{name} keras"] = exported(conversion, name, folder, training, validation)
        bar.add(1)
    seconds = runs.in_turns(calls)
    for name, line in lines.items():
        line |= {"seconds": seconds[name], "keras_seconds": seconds[f"{name} keras"]}
    facts = {"samples": min(COMPARED, len(validation)), "length": conversion.length, "impossible": impossible}
    (folder / "export.json").write_text(json.dumps({**facts, "formats": lines}, indent=2), encoding="utf-8")
    show(lines)
    wrong = [name for name, line in lines.items() if name != EIGHT_BITS and not line["difference"] <= TOLERANCE]
    if wrong:
        print(f"{', '.join(wrong)}: more than {TOLERANCE:g} from what Keras answers", file=sys.stderr)
    return int(bool(impossible or wrong))


def exported(
    conversion: export.Conversion, name: str, folder: Path, training: runs.RawData, validation: runs.RawData
) -> tuple[dict[str, Any], Callable[[int], Any], Callable[[int], Any]]:
    """Writes a format; how it compares with Keras, and a call of each with one row."""
    form: Any = FORMS.get(name, name)
    batches = [conversion.prepare(form, training.inputs)] if name == EIGHT_BITS else None
    path = conversion.write(form, folder / name, representative=batches)
    run, network = export.load_runtime(path), conversion.network(form)
    inputs = conversion.prepare(form, validation.inputs if batches else validation.first(COMPARED))
    expected, found = network(inputs), run(inputs)
    # Of probabilities the difference itself, of large numbers its share of the largest.
    difference = float(np.abs(found - expected)[:COMPARED].max() / max(1.0, np.abs(expected).max()))
    size = sum(each.stat().st_size for each in (folder / name).rglob("*") if not each.name.startswith("preprocessing"))
    line: dict[str, Any] = {"difference": difference, "bytes": size}
    if batches:
        (metric, score), (_, before) = runs.score_of(validation, found), runs.score_of(validation, expected)
        line |= {"metric": metric, "score": score, "keras_score": before, "samples": len(expected)}

    def row(call: int) -> dict[str, Any]:
        return {key: each[call % len(expected) :][:1] for key, each in inputs.items()}

    return line, lambda call: run(row(call)), lambda call: network(row(call))


def show(lines: dict[str, dict[str, Any]]) -> None:
    rows = {
        name: [f"{line['difference']:.1e}", f"{line['bytes'] / 1000:,.0f}"]
        + [f"{1000 * line[of]:.2f}" for of in ("seconds", "keras_seconds")]
        for name, line in lines.items()
    }
    runs.print_table(rows, ("largest difference", "kB", "ms a row", "Keras"))
    if line := lines.get(EIGHT_BITS):
        print(f"{line['samples']:,} validation samples, {line['metric']}: Keras {line['keras_score']:.4g}, 8 bits "
              f"{line['score']:.4g}")  # fmt: skip


if __name__ == "__main__":
    runs.run_recipe(main, Config)
