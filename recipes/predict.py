"""Predicts with the model of an earlier run: a line a file for images, a line a row for the rows of a CSV file."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import keras
import numpy as np
import tyro
from kerasdl.data.columns import raw_inputs
from kerasdl.data.csv_file import read_csv
from kerasdl.data.decode import decode
from kerasdl.data.folders import image_files
from kerasdl.errors import BadInput
from kerasdl.models import class_names, raw_columns, target_names
from kerasdl.run_folder import load_run, run_recipe

Lines = Iterator[tuple[str, ...]]


@dataclass(frozen=True)
class Config:
    """What to predict, with which run."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder of recipes/image_classifier.py or recipes/tabular.py."""
    paths: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Image files, or folders to search for them; or one CSV file with the columns that the run learned from."""
    csv: Path | None = None
    """Also write the lines here, with a header."""
    encoding: str | None = None
    """Of a CSV file, as Python spells it; by default UTF-8."""
    separator: str | None = None
    """Of a CSV file's cells; by default what the header holds most of."""


def main(config: Config) -> int:
    model = load_run(config.run)
    failures: list[Path] = []
    if config.csv and not config.csv.parent.is_dir():
        raise BadInput(f"No folder to write to. Received: --csv {config.csv}")
    if isinstance(model.input, dict):
        header, *lines = table(model, config)
    elif len(model.input_shape) == 4:
        header, *lines = pictures(model, config.paths, failures)
    else:
        raise BadInput(
            "This run learned neither from images nor from a table: call its model.keras from Python, on windows of "
            f"the series in your units. Received: inputs of {model.input_shape} in {str(config.run)!r}"
        )
    if config.csv:
        with config.csv.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *lines])
    return 1 if failures else 0


def pictures(model: keras.Model, paths: tuple[Path, ...], failures: list[Path]) -> Lines:
    names = class_names(model)
    yield "path", "class", "probability"
    for path in files(paths):
        try:
            image = decode(path.read_bytes(), channels=model.input_shape[-1])
        except (OSError, ValueError) as error:
            print(f"{path}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
            failures.append(path)
            continue
        yield shown(str(path), *likeliest(names, model.predict_on_batch(image[None])[0]))


def table(model: keras.Model, config: Config) -> Lines:
    if len(config.paths) != 1:
        raise BadInput(
            f"One CSV file, for this run learned from a table. Received: {[str(path) for path in config.paths]}"
        )
    frame = read_csv(config.paths[0], encoding=config.encoding, separator=config.separator)
    outputs = model.predict(raw_inputs(frame, raw_columns(model)), verbose=0)
    is_classifier = model.layers[-1].name == "class_names"
    names = class_names(model) if is_classifier else target_names(model)
    yield ("line", "class", "probability") if is_classifier else ("line", *names)
    for line, output in zip(frame.index, outputs, strict=True):
        yield shown(str(line), *(likeliest(names, output) if is_classifier else (f"{value:.6g}" for value in output)))


def likeliest(names: tuple[str, ...], probabilities: np.ndarray) -> tuple[str, str]:
    best = int(np.argmax(probabilities))
    return names[best], f"{probabilities[best]:.4f}"


def shown(*cells: str) -> tuple[str, ...]:
    print(*cells, sep="\t", flush=True)
    return cells


def files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from map(Path, image_files(path))
        else:
            yield path


if __name__ == "__main__":
    run_recipe(main, Config)
