"""Predicts with the model of an earlier run: a line per image file, row of a table, step of a forecast, or text."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import keras
import numpy as np
from kerasdl import export
from kerasdl.data import images, series, tabular, text
from kerasdl.errors import BadInput
from kerasdl.runs import check_output, load_config, load_run, positional, run_recipe, write_csv

if TYPE_CHECKING:
    import pandas as pd

Lines = Iterator[tuple[str, ...]]
# What a forecast reads as the run did.
SERIES = ("target", "time", "series", "covariates", "channels", "sort", "fill", "duplicates")
# Characters of a text.
SHOWN = 60


@dataclass(frozen=True)
class Config:
    run: Annotated[Path, positional()]
    """Run folder of recipes/image_classifier.py, tabular.py, time_series.py or text_classifier.py."""
    inputs: Annotated[tuple[str, ...], positional()]
    """Image files, or folders of them; or one CSV file with the columns that the run was trained on; or texts, and
    files with a text on each line."""
    csv: Path | None = None
    """Also write the lines here, with a header."""
    encoding: str | None = None
    """Encoding of a CSV or text file, as Python spells it; by default UTF-8, or that of a run on a time series."""
    separator: str | None = None
    """Separator of a CSV file; by default the most frequent one in the header, or that of a run on a time series."""


def main(config: Config) -> int:
    model = load_run(config.run)
    # A model from elsewhere may have several inputs, or none yet.
    inputs = getattr(model, "input", None)
    shape = getattr(inputs, "shape", ())
    failures: list[Path] = []
    if config.csv:
        there = [Path(each) for each in config.inputs if os.path.exists(each)]  # noqa: PTH110 -- as in texts_of
        check_output(config.csv, [config.run / "model.keras", *files(there)])
    if isinstance(inputs, dict):
        header, *lines = table(model, config)
    elif getattr(inputs, "dtype", "") == "string":
        header, *lines = texts(model, config)
    elif len(shape) == 4:
        header, *lines = pictures(model, [Path(each) for each in config.inputs], failures)
    elif "lookback" in (trained := load_config(config.run)):
        header, *lines = forecast(model, config, trained)
    else:
        raise BadInput(
            "This run was trained neither on images or texts, nor on a table or time series: call its model.keras from "
            f"Python. Received: inputs of {shape} in {str(config.run)!r}"
        )
    if config.csv:
        write_csv(config.csv, [header, *lines])
    return 1 if failures else 0


def pictures(model: keras.Model, paths: list[Path], failures: list[Path]) -> Lines:
    names = export.class_names(model)
    found = files(paths)
    if not found:
        raise BadInput(
            "This run was trained on images: give image files, or folders that hold some. "
            f"Received: {[str(path) for path in paths]}"
        )
    yield "path", "class", "probability"
    for path in found:
        try:
            image = images.decode(path.read_bytes(), channels=model.input_shape[-1])
        except (OSError, ValueError) as error:
            print(f"{path}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
            failures.append(path)
            continue
        probabilities = model.predict_on_batch(image[None])[0]
        yield shown(str(path), names[np.argmax(probabilities)], f"{probabilities.max():.4f}")


def texts(model: keras.Model, config: Config) -> Lines:
    given = [each for argument in config.inputs for each in texts_of(argument, config.encoding)]
    predicted = text.predict(model, given)
    if not given:
        received = list(config.inputs)
        raise BadInput(
            f"This run was trained on texts: give texts, or files of a text on each line. Received: {received}"
        )
    yield "text", "class", "probability"
    for each, found in zip(given, predicted, strict=True):
        line = " ".join(each.split())
        short = line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
        yield each, *shown(short, ", ".join(found), ", ".join(f"{each:.4f}" for each in found.values()))[1:]


def texts_of(argument: str, encoding: str | None) -> list[str]:
    """The lines of a file, or the text itself if it names none."""
    if os.path.isdir(argument):  # noqa: PTH112 -- the methods of Path raise an error for a long text
        raise BadInput(f"Give files of a text on each line, not their folder. Received: {argument!r}")
    if not os.path.exists(argument):  # noqa: PTH110 -- likewise
        return [argument.encode("utf-8", "replace").decode()]
    lines = list(text.read_lines(argument, encoding=encoding))
    found = [line for line in lines if line.strip()]
    if empty := len(lines) - len(found):
        print(f"{argument}: {empty} empty line{'s' * (empty > 1)} left out", file=sys.stderr)
    return found


def table(model: keras.Model, config: Config) -> Lines:
    found = tabular.predict(model, read(config, config.encoding, config.separator))
    if {"class", "probability"} <= {*found}:
        found = found[["class", "probability"]].assign(probability=found["probability"].map("{:.4f}".format))
    return rows(found)


def forecast(model: keras.Model, config: Config, trained: dict[str, Any]) -> Lines:
    encoding, separator = config.encoding or trained.get("encoding"), config.separator or trained.get("separator")
    options = {name: trained[name] for name in SERIES if name in trained}
    return rows(series.forecast(model, read(config, encoding, separator), **options))


def read(config: Config, encoding: str | None, separator: str | None) -> "pd.DataFrame":
    if len(config.inputs) != 1:
        raise BadInput(
            "This run was trained on a table or a time series: give one CSV file with its columns. "
            f"Received: {list(config.inputs)}"
        )
    return tabular.read_csv(Path(config.inputs[0]), encoding=encoding, separator=separator)


def rows(found: "pd.DataFrame") -> Lines:
    labels = found.index.to_frame().astype(str)
    yield (*labels, *found)
    for label, cells in zip(labels.to_numpy(), found.itertuples(index=False), strict=True):
        yield shown(*label, *(cell if isinstance(cell, str) else f"{cell:.6g}" for cell in cells))


def shown(*cells: str) -> tuple[str, ...]:
    print(*cells, sep="\t", flush=True)
    return cells


def files(paths: list[Path]) -> list[Path]:
    return [file for path in paths for file in (map(Path, images.image_files(path)) if path.is_dir() else [path])]


if __name__ == "__main__":
    run_recipe(main, Config)
