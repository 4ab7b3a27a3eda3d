"""Is the recipe at least as good as the best baseline? Real series, the last third as the test part, every origin.

KERASDL_DATA=FOLDER python benchmarks/forecasting.py [--seeds 0 1 2] [--tune]

Runs recipes/time_series.py, all in one process; options that differ from its defaults are in SERIES. With --tune the
last third is removed first, so that options can be chosen without using it. Beside the share that an interval held
stands the range in which it is 19 times of 20 by chance alone, of as many values as there are futures without overlap.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import io
import itertools
import json
import os
import resource
import statistics
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import tyro
from real_data import real_data
from recipe_module import recipe_module
from rich.console import Console
from rich.table import Table
from scipy.stats import binom

ETTH1, HOUR = "ETT-small/ETTh1.csv", ["--time", "date", "--target", "OT"]
POLLUTION = ["--time", "year", "month", "day", "hour", "--target", "pm2.5", "--fill", "forward"]
# The split of Zeng et al., arXiv:2205.13504: 12 months, 4 months that we train on, too, and 4 months for the test.
MONTHS_20, FIRST_12 = 14_400, 8_640
# A recurrent network over 336 hours is slow on a CPU, and the ridge regression beneath it does most.
QUICK = ["--units", "16", "--steps", "50", "--peak-lr", "0.005"]
INTERVALS = ["--intervals", "0.8", "0.95"]
SERIES = {
    "airline": ("airline-passengers.csv", ["--time", "Month", "--target", "Passengers"]),
    "airline, 12 steps": ("airline-passengers.csv", ["--time", "Month", "--target", "Passengers", "--horizon", "12"]),
    "sunspots": ("monthly-sunspots.csv", ["--time", "Month", "--target", "Sunspots"]),
    "temperatures": ("daily-min-temperatures.csv", ["--time", "Date", "--target", "Temp", "--fill", "linear"]),
    "shampoo": ("shampoo.csv", ["--target", "Sales"]),
    "pollution": ("pollution.csv", POLLUTION),
    "ETTh1": (ETTH1, HOUR),
    "ETTh1, 24 steps": (ETTH1, [*HOUR, "--horizon", "24"]),
    "ETTh1, 96 steps": (ETTH1, [*HOUR, "--horizon", "96"]),
    "ETTh1 as DLinear": (
        ETTH1, [*HOUR, "--horizon", "96", "--lookback", "336", "--valid-share", "0.2", *QUICK],
    ),
}  # fmt: skip


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


def ours(recipe: Any, file: Path, options: list[str], seed: int, folder: Path) -> dict:
    """The recipe's metrics.json."""
    out = folder / f"run-{len(list(folder.iterdir()))}"
    given = ["--data", str(file), "--out", str(out), "--seed", str(seed), *options]
    config = tyro.cli(recipe.Config, args=given, config=(tyro.conf.OmitArgPrefixes,))
    with redirect_stdout(io.StringIO()):
        recipe.main(config)
    return json.loads((out / "metrics.json").read_text())


def horizon_of(options: list[str]) -> int:
    """Steps of a forecast."""
    return int(options[options.index("--horizon") + 1]) if "--horizon" in options else 1


def rows_of(name: str, rows: pd.DataFrame, *, tune: bool) -> pd.DataFrame:
    """The rows of a series that are used."""
    rows = rows[:MONTHS_20] if name == "ETTh1 as DLinear" else rows
    return rows[: len(rows) - round(len(rows) / 3)] if tune else rows


def standardized(rows: pd.DataFrame, run: dict) -> str:
    """The errors in the units of arXiv:2205.13504: standard deviations of the first 12 months."""
    deviation = rows["OT"][:FIRST_12].astype(float).std(ddof=0)
    return f"MSE {(run['valid']['rmse'] / deviation) ** 2:.4f}, MAE {run['valid']['mae'] / deviation:.4f}"


def held(runs: list[dict], level: int, horizon: int) -> str:
    """The mean share that an interval held, and the range of chance."""
    share = statistics.mean(run[f"coverage_{level}"] for run in runs)
    count = max(runs[0]["valid_windows"] // horizon, 1)
    low, high = (100 * end / count for end in binom.interval(0.95, count, level / 100))
    return f"{100 * share:.1f} ({low:.0f} to {high:.0f})"


def main(config: Config) -> None:
    """Run every seed and print the means."""
    load, recipe = os.getloadavg(), recipe_module("time_series")
    columns = "series", "ours, mean", "best baseline", "ratio, mean", "lowest", "highest", "in 80 %", "in 95 %"
    table = Table(*columns, "correction")
    runs: dict[str, list[dict]] = {name: [] for name in config.series}
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for seed, name in itertools.product(config.seeds, config.series):
            path, options = SERIES[name]
            rows = rows_of(name, pd.read_csv(real_data(f"timeseries/{path}"), dtype=str), tune=config.tune)
            file = folder / Path(path).name
            rows.to_csv(file, index=False)
            runs[name].append(ours(recipe, file, [*options, *INTERVALS, "--no-look", *config.more], seed, folder))
            more = standardized(rows, runs[name][-1]) if name == "ETTh1 as DLinear" else ""
            print(f"{name:18} seed {seed}  {json.dumps(runs[name][-1])} {more}", flush=True)
    for name, found in runs.items():
        errors = {each.removesuffix("_rmse"): value for each, value in found[0].items() if each.endswith("_rmse")}
        best = min(errors, key=lambda each: (errors[each], each == "baseline"))
        ratios = [run["valid"]["ratio"] for run in found]
        table.add_row(
            name,
            f"{statistics.mean(run['valid']['rmse'] for run in found):.4g}",
            f"{best} {errors[best]:.4g}",
            *(f"{each:.3f}" for each in (statistics.mean(ratios), min(ratios), max(ratios))),
            *(held(found, level, horizon_of(SERIES[name][1])) for level in (80, 95)),
            ", ".join(f"{run['correction']:.2g}" for run in found),
        )
    Console(width=160).print(table)
    used, now = resource.getrusage(resource.RUSAGE_SELF), os.getloadavg()
    print(f"{used.ru_utime + used.ru_stime:.0f} CPU seconds; load {load[0]:.1f} at the start, {now[0]:.1f} at the end")


if __name__ == "__main__":
    main(tyro.cli(Config))

assert kerasdl
