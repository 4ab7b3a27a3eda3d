"""Predicts with the model of an earlier run: one line per image file, or one line per row of a CSV file."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import keras
import numpy as np
import tyro
from kerasdl import export
from kerasdl.data import images, tabular
from kerasdl.errors import BadInput
from kerasdl.runs import load_run, run_recipe

Lines = Iterator[tuple[str, ...]]


@dataclass(frozen=True)
class Config:
    """Options."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder of recipes/image_classifier.py or recipes/tabular.py."""
    paths: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Image files, or folders of them; or one CSV file with the columns that the run was trained on."""
    csv: Path | None = None
    """Also write the lines here, with a header."""
    encoding: str | None = None
    """Encoding of a CSV file, as Python spells it; by default UTF-8."""
    separator: str | None = None
    """Separator of a CSV file; by default the most frequent candidate in the header."""


def main(config: Config) -> int:
    model = load_run(config.run)
    failures: list[Path] = []
    if config.csv:
        check_output(config.csv, [config.run / "model.keras", *files(config.paths)])
    if isinstance(model.input, dict):
        header, *lines = table(model, config)
    elif len(model.input_shape) == 4:
        header, *lines = pictures(model, config.paths, failures)
    else:
        raise BadInput(
            "This run was trained neither on images nor on a table: call its model.keras from Python, on windows of "
            f"the series in your units. Received: inputs of {model.input_shape} in {str(config.run)!r}"
        )
    if config.csv:
        with config.csv.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *lines])
    return 1 if failures else 0


def check_output(path: Path, read: list[Path]) -> None:
    """Raises if writing to `path` would overwrite a file that is read, or one that a run wrote."""
    if not path.parent.is_dir():
        raise BadInput(f"The folder of the output file does not exist. Received: --csv {path}")
    if not path.exists():
        return
    if any(each.exists() and path.samefile(each) for each in read):
        raise BadInput(f"The output would overwrite its input: choose another file. Received: --csv {path}")
    if any((parent / "config.json").is_file() and (parent / "logs").is_dir() for parent in path.resolve().parents):
        raise BadInput(f"The file exists and belongs to a run: choose another one. Received: --csv {path}")


def pictures(model: keras.Model, paths: tuple[Path, ...], failures: list[Path]) -> Lines:
    names = export.class_names(model)
    yield "path", "class", "probability"
    for path in files(paths):
        try:
            image = images.decode(path.read_bytes(), channels=model.input_shape[-1])
        except (OSError, ValueError) as error:
            print(f"{path}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
            failures.append(path)
            continue
        yield shown(str(path), *likeliest(names, model.predict_on_batch(image[None])[0]))


def table(model: keras.Model, config: Config) -> Lines:
    if len(config.paths) != 1:
        raise BadInput(
            f"This run was trained on a table: give one CSV file. Received: {[str(path) for path in config.paths]}"
        )
    frame = tabular.read_csv(config.paths[0], encoding=config.encoding, separator=config.separator)
    outputs = model.predict(tabular.raw_inputs(frame, export.raw_columns(model)), verbose=0)
    is_classifier = model.layers[-1].name == "class_names"
    names = export.class_names(model) if is_classifier else export.target_names(model)
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
            yield from map(Path, images.image_files(path))
        else:
            yield path


if __name__ == "__main__":
    run_recipe(main, Config)
