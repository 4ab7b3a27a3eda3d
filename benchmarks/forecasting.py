"""Is the recipe better than the naive forecasts? Real series, the last third as the test part, every origin.

KERASDL_DATA=FOLDER python benchmarks/forecasting.py [--seeds 0 1 2] [--tune]

Runs recipes/time_series.py like a user; options that differ from its defaults are in SERIES. With --tune the last
third is removed first, so that options can be chosen without using it. About a quarter of an hour on two cores.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import tyro
from kerasdl.data import series
from real_data import real_data
from rich.console import Console
from rich.table import Table

RECIPE = Path(__file__).parents[1] / "recipes" / "time_series.py"
SERIES = {
    "airline": ("airline-passengers.csv", ["--time", "Month", "--target", "Passengers"]),
    "sunspots": ("monthly-sunspots.csv", ["--time", "Month", "--target", "Sunspots"]),
    "temperatures": ("daily-min-temperatures.csv", ["--time", "Date", "--target", "Temp", "--fill", "linear"]),
    "ETTh1": ("ETT-small/ETTh1.csv", ["--time", "date", "--target", "OT"]),
    "ETTh1, 24 steps": ("ETT-small/ETTh1.csv", ["--time", "date", "--target", "OT", "--horizon", "24"]),
}


@dataclass(frozen=True)
class Config:
    """Seeds and series."""

    seeds: tuple[int, ...] = (0, 1, 2)
    """Random seeds of weights and order."""
    series: tuple[str, ...] = tuple(SERIES)
    """Names in SERIES."""
    tune: bool = False
    """Remove the last third of each series."""
    more: tuple[str, ...] = ()
    """More options for the recipe, one word per option: --more=--steps=500."""


def naive(file: Path, options: list[str]) -> list[float]:
    """RMSE of persistence and of the seasonal naive forecast, on the same windows."""
    named = {name.removeprefix("--"): value for name, value in zip(options[::2], options[1::2], strict=True)}
    horizon = int(named.pop("horizon", 1))
    data = series.from_csv(file, horizon=horizon, **named)
    truth = data.futures(data.valid_origins)
    errors = [data.naive(data.valid_origins, season) - truth for season in (1, data.season or 1)]
    return [float(np.sqrt((each**2).mean())) for each in errors]


def ours(file: Path, options: list[str], seed: int, folder: Path) -> dict:
    """The recipe's metrics.json."""
    out = folder / f"run-{len(list(folder.iterdir()))}"
    command = [sys.executable, str(RECIPE), "--data", str(file), "--out", str(out), "--seed", str(seed), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads((out / "metrics.json").read_text())


def main(config: Config) -> None:
    """Run every seed and print the means."""
    table = Table("series", "ours, mean", "highest", "persistence", "seasonal", "ratio", "seconds")
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in config.series:
            path, options = SERIES[name]
            file = real_data(f"timeseries/{path}")
            if config.tune:
                rows = pd.read_csv(file, dtype=str)
                file = folder / Path(path).name
                rows[: len(rows) - round(len(rows) / 3)].to_csv(file, index=False)
            baselines, runs = naive(file, options), []
            for seed in config.seeds:
                runs.append(ours(file, [*options, *config.more], seed, folder))
                print(f"{name:16} seed {seed}  {runs[-1]['valid']}  {runs[-1]['peak_lr']:.2g}", flush=True)
            errors = [run["valid"]["rmse"] for run in runs]
            table.add_row(
                name,
                f"{statistics.mean(errors):.4g}",
                f"{max(errors):.4g}",
                *(f"{each:.4g}" for each in baselines),
                f"{statistics.mean(errors) / min(baselines):.3f}",
                f"{statistics.mean(run['train_seconds'] for run in runs):.0f}",
            )
    Console(width=100).print(table)


if __name__ == "__main__":
    main(tyro.cli(Config))

assert kerasdl
