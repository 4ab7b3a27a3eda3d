"""Predicts with the model of an earlier run: a line per image, sound, text, sequence, row or step of a forecast."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import keras
from kerasdl import runs
from kerasdl.data import images, sequences, series, tabular, text
from kerasdl.errors import BadInput

# Characters of a text.
SHOWN = 60


@dataclass(frozen=True)
class Config:
    run: Annotated[str, runs.positional()]
    """Run folder of recipes/image_classifier.py, tabular.py, time_series.py, text_ or sequence_classifier.py, or what
    recipes/share.py made of it: a folder or hf://OWNER/NAME."""
    inputs: Annotated[tuple[str, ...], runs.positional()]
    """Image or WAV files, or folders of them; or one CSV file with the columns that the run was trained on; or texts,
    and files with a text on each line; or one file of sequences."""
    csv: Path | None = None
    """Also write the lines here, with a header."""
    encoding: str | None = None
    """Encoding of a CSV or text file, as Python spells it; by default UTF-8, or that of a run on a time series."""
    separator: str | None = None
    """Separator of a CSV file; by default the most frequent one in the header, or that of a run on a time series."""


def main(config: Config) -> int:
    run = runs.from_hub(config.run)
    model = runs.load_run(run)
    failures: list[str] = []
    if config.csv:
        given = [
            each for of in (images.image_files, sequences.wav_files) for each in runs.input_files(config.inputs, of)
        ]
        runs.check_output(config.csv, [run / "model.keras", *given])
    match runs.kind_of(model):
        case "table":
            header, *lines = table(model, config)
        case "texts":
            header, *lines = texts(model, config)
        case "images":
            header, *lines = files(model, config, failures)
        case "sounds":
            header, *lines = files(model, config, failures, sounds=True)
        case "sequences":
            header, *lines = rows(model, config, runs.load_config(run))
        case "series":
            header, *lines = forecast(model, config, runs.load_config(run))
    if config.csv:
        runs.write_csv(config.csv, [header, *lines])
    return 1 if failures else 0


def files(model: keras.Model, config: Config, failures: list[str], *, sounds: bool = False) -> runs.Lines:
    kind, listing = ("WAV", sequences.wav_files) if sounds else ("image", images.image_files)
    found = runs.input_files(config.inputs, listing)
    if not found:
        raise BadInput(
            f"This run was trained on {kind} files: give {kind} files, or folders that hold some. "
            f"Received: {list(config.inputs)}"
        )
    bad = sequences.bad_files(found) if sounds else images.bad_files(found, channels=model.input_shape[-1])
    for file, why in bad.items():
        print(f"{file}: {why}", file=sys.stderr)
    failures.extend(bad)
    good = [file for file in found if file not in bad]
    yield from runs.class_lines("path", good, (sequences if sounds else images).predict(model, good))


def rows(model: keras.Model, config: Config, trained: dict[str, Any]) -> runs.Lines:
    names, arrays = runs.input_sequences(config.inputs, trained, encoding=config.encoding, separator=config.separator)
    yield from runs.class_lines("sequence", names, sequences.predict(model, arrays))


def texts(model: keras.Model, config: Config) -> runs.Lines:
    given = runs.input_texts(config.inputs, encoding=config.encoding)
    yield "text", "class", "probability"
    for each, found in zip(given, text.predict(model, given), strict=True):
        line = " ".join(each.split())
        short = line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
        yield each, *runs.shown(short, ", ".join(found), ", ".join(f"{each:.4f}" for each in found.values()))[1:]


def table(model: keras.Model, config: Config) -> runs.Lines:
    rows = runs.input_table(config.inputs, encoding=config.encoding, separator=config.separator)
    found = tabular.predict(model, rows)
    if {"class", "probability"} <= {*found}:
        found = found[["class", "probability"]].assign(probability=found["probability"].map("{:.4f}".format))
    return runs.frame_lines(found)


def forecast(model: keras.Model, config: Config, trained: dict[str, Any]) -> runs.Lines:
    read = {"encoding": config.encoding, "separator": config.separator}
    rows, options = runs.input_series(config.inputs, trained, **read)
    return runs.frame_lines(series.forecast(model, rows, **options))


if __name__ == "__main__":
    runs.run_recipe(main, Config)
