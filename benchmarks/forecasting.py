"""Is the recipe at least as good as the best baseline? Real series, the last third as the test part, every origin.

KERASDL_DATA=FOLDER python benchmarks/forecasting.py [--seeds 0 1 2] [--tune]

Runs recipes/time_series.py like a user; options that differ from its defaults are in SERIES. With --tune the last
third is removed first, so that options can be chosen without using it. Beside the share that an interval held stands
the range in which it is 19 times of 20 by chance alone, of as many values as there are futures that do not overlap.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import json
import os
import resource
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import tyro
from real_data import real_data
from rich.console import Console
from rich.table import Table
from scipy.stats import binom

RECIPE = Path(__file__).parents[1] / "recipes" / "time_series.py"
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


def ours(file: Path, options: list[str], seed: int, folder: Path) -> dict:
    """The recipe's metrics.json."""
    out = folder / f"run-{len(list(folder.iterdir()))}"
    command = [sys.executable, str(RECIPE), "--data", str(file), "--out", str(out), "--seed", str(seed), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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
    load = os.getloadavg()
    columns = "series", "ours, mean", "best baseline", "ratio, mean", "lowest", "highest", "in 80 %", "in 95 %"
    table = Table(*columns, "correction")
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in config.series:
            path, options = SERIES[name]
            rows = rows_of(name, pd.read_csv(real_data(f"timeseries/{path}"), dtype=str), tune=config.tune)
            file, runs = folder / Path(path).name, []
            rows.to_csv(file, index=False)
            for seed in config.seeds:
                runs.append(ours(file, [*options, *INTERVALS, "--no-look", *config.more], seed, folder))
                print(f"{name:18} seed {seed}  {json.dumps(runs[-1])}", flush=True)
                if name == "ETTh1 as DLinear":
                    print(f"{name:18} seed {seed}  {standardized(rows, runs[-1])}", flush=True)
            errors = {each.removesuffix("_rmse"): value for each, value in runs[0].items() if each.endswith("_rmse")}
            best = min(errors, key=lambda each: (errors[each], each == "baseline"))
            ratios = [run["valid"]["ratio"] for run in runs]
            table.add_row(
                name,
                f"{statistics.mean(run['valid']['rmse'] for run in runs):.4g}",
                f"{best} {errors[best]:.4g}",
                *(f"{each:.3f}" for each in (statistics.mean(ratios), min(ratios), max(ratios))),
                *(held(runs, level, horizon_of(options)) for level in (80, 95)),
                ", ".join(f"{run['correction']:.2g}" for run in runs),
            )
    Console(width=160).print(table)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"{used.ru_utime + used.ru_stime:.0f} CPU seconds; load {load[0]:.1f} at the start, {os.getloadavg()[0]:.1f} now"
    )


if __name__ == "__main__":
    main(tyro.cli(Config))

assert kerasdl
