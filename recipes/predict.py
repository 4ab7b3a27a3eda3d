"""Predicts with the model of an earlier run: a line per image file, row of a table, step of a forecast, or text."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import keras
from kerasdl import runs
from kerasdl.data import images, series, tabular, text
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

Lines = Iterator[tuple[str, ...]]
# What a forecast reads as the run did.
SERIES = ("target", "time", "series", "covariates", "channels", "sort", "fill", "duplicates")
# Characters of a text.
SHOWN = 60


@dataclass(frozen=True)
class Config:
    run: Annotated[Path, runs.positional()]
    """Run folder of recipes/image_classifier.py, tabular.py, time_series.py or text_classifier.py."""
    inputs: Annotated[tuple[str, ...], runs.positional()]
    """Image files, or folders of them; or one CSV file with the columns that the run was trained on; or texts, and
    files with a text on each line."""
    csv: Path | None = None
    """Also write the lines here, with a header."""
    encoding: str | None = None
    """Encoding of a CSV or text file, as Python spells it; by default UTF-8, or that of a run on a time series."""
    separator: str | None = None
    """Separator of a CSV file; by default the most frequent one in the header, or that of a run on a time series."""


def main(config: Config) -> int:
    model = runs.load_run(config.run)
    # A model from elsewhere may have several inputs, or none yet.
    inputs = getattr(model, "input", None)
    shape = getattr(inputs, "shape", ())
    failures: list[str] = []
    if config.csv:
        runs.check_output(config.csv, [config.run / "model.keras", *runs.input_files(config.inputs)])
    if isinstance(inputs, dict):
        header, *lines = table(model, config)
    elif getattr(inputs, "dtype", "") == "string":
        header, *lines = texts(model, config)
    elif len(shape) == 4:
        header, *lines = pictures(model, config, failures)
    elif "lookback" in (trained := runs.load_config(config.run)):
        header, *lines = forecast(model, config, trained)
    else:
        raise BadInput(
            "This run was trained neither on images or texts, nor on a table or time series: call its model.keras from "
            f"Python. Received: inputs of {shape} in {str(config.run)!r}"
        )
    if config.csv:
        runs.write_csv(config.csv, [header, *lines])
    return 1 if failures else 0


def pictures(model: keras.Model, config: Config, failures: list[str]) -> Lines:
    files = runs.input_files(config.inputs)
    if not files:
        raise BadInput(
            "This run was trained on images: give image files, or folders that hold some. "
            f"Received: {list(config.inputs)}"
        )
    bad = images.bad_files(files, channels=model.input_shape[-1])
    for file, why in bad.items():
        print(f"{file}: {why}", file=sys.stderr)
    failures.extend(bad)
    good = [file for file in files if file not in bad]
    yield "path", "class", "probability"
    for file, found in zip(good, images.predict(model, good), strict=True):
        yield shown(file, *found, *(f"{each:.4f}" for each in found.values()))


def texts(model: keras.Model, config: Config) -> Lines:
    given = runs.input_texts(config.inputs, encoding=config.encoding)
    yield "text", "class", "probability"
    for each, found in zip(given, text.predict(model, given), strict=True):
        line = " ".join(each.split())
        short = line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
        yield each, *shown(short, ", ".join(found), ", ".join(f"{each:.4f}" for each in found.values()))[1:]


def table(model: keras.Model, config: Config) -> Lines:
    rows = runs.input_table(config.inputs, encoding=config.encoding, separator=config.separator)
    found = tabular.predict(model, rows)
    if {"class", "probability"} <= {*found}:
        found = found[["class", "probability"]].assign(probability=found["probability"].map("{:.4f}".format))
    return lines_of(found)


def forecast(model: keras.Model, config: Config, trained: dict[str, Any]) -> Lines:
    encoding, separator = config.encoding or trained.get("encoding"), config.separator or trained.get("separator")
    rows = runs.input_table(config.inputs, encoding=encoding, separator=separator)
    return lines_of(series.forecast(model, rows, **{name: trained[name] for name in SERIES if name in trained}))


def lines_of(found: "pd.DataFrame") -> Lines:
    labels = found.index.to_frame().astype(str)
    yield (*labels, *found)
    for label, cells in zip(labels.to_numpy(), found.itertuples(index=False), strict=True):
        yield shown(*label, *(cell if isinstance(cell, str) else f"{cell:.6g}" for cell in cells))


def shown(*cells: str) -> tuple[str, ...]:
    print(*cells, sep="\t", flush=True)
    return cells


if __name__ == "__main__":
    runs.run_recipe(main, Config)
