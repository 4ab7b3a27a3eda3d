"""Predicts with the model of an earlier run: a line per image file, per row of a table, or per step of a forecast."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import keras
import numpy as np
from kerasdl import export
from kerasdl.data import images, series, tabular
from kerasdl.errors import BadInput
from kerasdl.runs import check_output, load_config, load_run, positional, run_recipe

if TYPE_CHECKING:
    import pandas as pd

Lines = Iterator[tuple[str, ...]]
# What a forecast reads as the run did.
SERIES = ("target", "time", "series", "covariates", "channels", "sort", "fill", "duplicates")


@dataclass(frozen=True)
class Config:
    run: Annotated[Path, positional()]
    """Run folder of recipes/image_classifier.py, recipes/tabular.py or recipes/time_series.py."""
    paths: Annotated[tuple[Path, ...], positional()]
    """Image files, or folders of them; or one CSV file with the columns that the run was trained on."""
    csv: Path | None = None
    """Also write the lines here, with a header."""
    encoding: str | None = None
    """Encoding of a CSV file, as Python spells it; by default UTF-8, or that of a run on a time series."""
    separator: str | None = None
    """Separator of a CSV file; by default the most frequent one in the header, or that of a run on a time series."""


def main(config: Config) -> int:
    model = load_run(config.run)
    failures: list[Path] = []
    if config.csv:
        check_output(config.csv, [config.run / "model.keras", *files(config.paths)])
    if isinstance(model.input, dict):
        header, *lines = table(model, config)
    elif len(model.input_shape) == 4:
        header, *lines = pictures(model, config.paths, failures)
    elif "lookback" in (trained := load_config(config.run)):
        header, *lines = forecast(model, config, trained)
    else:
        raise BadInput(
            "This run was trained neither on images, nor on a table or time series: call its model.keras from Python. "
            f"Received: inputs of {model.input_shape} in {str(config.run)!r}"
        )
    if config.csv:
        try:
            with config.csv.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([header, *lines])
        except OSError as error:
            raise BadInput(
                f"The output cannot be written ({error.strerror}): choose another file. Received: --csv {config.csv}"
            ) from error
    return 1 if failures else 0


def pictures(model: keras.Model, paths: tuple[Path, ...], failures: list[Path]) -> Lines:
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
    if len(config.paths) != 1:
        received = [str(path) for path in config.paths]
        raise BadInput(
            "This run was trained on a table or a time series: give one CSV file with its columns. "
            f"Received: {received}"
        )
    return tabular.read_csv(config.paths[0], encoding=encoding, separator=separator)


def rows(found: "pd.DataFrame") -> Lines:
    labels = found.index.to_frame().astype(str)
    yield (*labels, *found)
    for label, cells in zip(labels.to_numpy(), found.itertuples(index=False), strict=True):
        yield shown(*label, *(cell if isinstance(cell, str) else f"{cell:.6g}" for cell in cells))


def shown(*cells: str) -> tuple[str, ...]:
    print(*cells, sep="\t", flush=True)
    return cells


def files(paths: tuple[Path, ...]) -> list[Path]:
    return [file for path in paths for file in (map(Path, images.image_files(path)) if path.is_dir() else [path])]


if __name__ == "__main__":
    run_recipe(main, Config)
