"""Names what is on images, by the model of an image classifier's run: a line a file, path, class and probability."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tensorflow as tf
import tyro
from kerasdl.data.sources import DECODABLE, UNDECODABLE, reason
from kerasdl.models import class_names
from kerasdl.run_folder import load_run, run_recipe


@dataclass(frozen=True)
class Config:
    """What to predict, with which run."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder of recipes/image_classifier.py."""
    paths: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Image files, or folders to search for them."""
    csv: Path | None = None
    """Also write path,class,probability here."""


def main(config: Config) -> int:
    model = load_run(config.run)
    names = class_names(model)
    rows, failures = [], 0
    for path in files(config.paths):
        try:
            image = tf.io.decode_image(tf.io.read_file(str(path)), model.input_shape[-1], expand_animations=False)
        except tf.errors.OpError as error:
            print(f"{path}: {reason(error)}", file=sys.stderr)
            failures += 1
            continue
        probabilities = model.predict_on_batch(image[None])[0]
        best = int(np.argmax(probabilities))
        rows.append((str(path), names[best], f"{probabilities[best]:.4f}"))
        print(*rows[-1], sep="\t", flush=True)
    if config.csv:
        with config.csv.open("w", newline="") as file:
            csv.writer(file).writerows([("path", "class", "probability"), *rows])
    return 1 if failures else 0


def files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (file for file in sorted(path.rglob("*")) if file.suffix.lower() in DECODABLE + UNDECODABLE)
        else:
            yield path


if __name__ == "__main__":
    run_recipe(main, Config)
