"""Which peak learning rate is safe for every task of a recipe, for when the range test finds none?

KERASDL_DATA=FOLDER python benchmarks/cautious_lr.py [--recipes tabular time_series image_classifier] [--seeds 0 1]

Every task trains as its recipe does (one-cycle, AdamW) at each rate. The table shows the validation loss divided by
that of the best rate of the task: the geometric mean over tasks and seeds, and the worst.
"""

import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import keras
import numpy as np
import tyro
from kerasdl import callbacks, optimizers, runs
from real_data import real_data
from recipe_module import recipe_module
from rich.console import Console
from rich.table import Table

RATES = (0.0003, 0.001, 0.002, 0.003, 0.005, 0.01, 0.03)
TABLES = {
    "mlc_churn.csv": "churn",
    "OJ.csv": "Purchase",
    "Chile.csv": "vote",
    "concrete.csv": "compressive_strength",
    "Sacramento.csv": "price",
    "SaratogaHouses.csv": "price",
}
SERIES = {
    "airline-passengers": ("Month", "Passengers"),
    "monthly-sunspots": ("Month", "Sunspots"),
    "daily-min-temperatures": ("Date", "Temp"),
}
IMAGES = {"digits": 10, "mnist_tiny": 10}


@dataclass(frozen=True)
class Config:
    """Options."""

    recipes: tuple[str, ...] = ("tabular", "time_series", "image_classifier")
    """Recipes to measure."""
    seeds: tuple[int, ...] = (0, 1)
    """Seeds of every training."""


def tasks(name: str, seed: int, folder: Path) -> Iterator[tuple[str, Any, Any, int]]:
    """(task, data, a function that makes the compiled model, epochs) of a recipe."""
    module, run = recipe_module(name), runs.Options(seed=seed)
    data: Any
    if name == "tabular":
        for file, target in TABLES.items():
            table = runs.TableData(data=str(real_data(f"tables/{file}")), target=(target,), split="part")
            config, data = module.Config(table=table, run=run), runs.load_table(table, seed=seed)
            epochs = -(-runs.table_steps(data) // data.steps)
            yield file, data, lambda config=config, data=data: module.network(config, data), epochs
    elif name == "time_series":
        for file, (time, target) in SERIES.items():
            path = str(real_data(f"timeseries/{file}.csv"))
            series = runs.SeriesData(data=path, time=(time,), target=(target,), fill="linear")
            config, data = module.Config(series=series, run=run), runs.load_series(series, seed=seed)

            def forecaster(config: Any = config, data: Any = data) -> keras.Model:
                model = module.network(config, data)
                model.get_layer("head_forecast").adapt(data.in_order, data.rehearsal.in_order, data.rehearsal.valid)
                model.compile(optimizers.AdamW(weight_decay=run.weight_decay), data.loss, jit_compile=True)
                return model

            yield file, data, forecaster, -(-config.steps // data.steps)
    else:
        for file, epochs in IMAGES.items():
            where = "digits" if file == "digits" else str(folder / file)
            options = (runs.ImageData(data=where), runs.ImageNetwork(), runs.Transfer(), run)
            data, _ = runs.images_and_network(*options)

            def classifier(options: Any = options, data: Any = data) -> keras.Model:
                _, model = runs.images_and_network(*options)
                model.compile(optimizers.AdamW(weight_decay=run.weight_decay), data.loss)
                return model

            yield file, data, classifier, epochs


def losses(name: str, seed: int, folder: Path) -> dict[str, list[float]]:
    """Validation loss of every task at each rate; a diverged training has an infinite one."""
    found: dict[str, list[float]] = {}
    for task, data, make, epochs in tasks(name, seed, folder):
        for rate in RATES:
            keras.utils.set_random_seed(seed)
            model, policy = make(), [callbacks.OneCycle(rate)]
            data.counter.variable.assign(0)
            model.fit(data.train, epochs=epochs, shuffle=False, verbose=0, callbacks=policy)
            loss = float(np.atleast_1d(model.evaluate(data.valid, verbose=0))[0])
            found.setdefault(task, []).append(loss if np.isfinite(loss) else float("inf"))
        print(name, task, seed, " ".join(f"{loss:.4g}" for loss in found[task]), flush=True)
    return found


def main(config: Config) -> None:
    """Trains every task at every rate, and prints the table."""
    table = Table("recipe", *map(str, RATES), title="Validation loss / that of the best rate: geometric mean (worst)")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(real_data("mnist_sample/mnist_tiny.tgz")) as archive:
            archive.extractall(folder, filter="data")
        for name in config.recipes:
            found = [list(losses(name, seed, Path(folder)).values()) for seed in config.seeds]
            ratios = np.array([np.array(each) / min(each) for of_seed in found for each in of_seed])
            cells = [f"{np.exp(np.log(each).mean()):.2f} ({each.max():.2f})" for each in ratios.T]
            table.add_row(name, *cells)
    Console().print(table)


if __name__ == "__main__":
    assert kerasdl
    main(tyro.cli(Config))
