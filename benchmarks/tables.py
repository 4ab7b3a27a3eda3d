"""Real tables, defaults only: our recipe beside boosted trees, CatBoost, fastai and an earlier version of ours.

KERASDL_DATA=FOLDER python benchmarks/tables.py [--seeds 0 1 2] [--only concrete OJ] [--before CHECKOUT]
    [--fastai PYTHON] [--catboost PYTHON] [--arms kerasdl trees] [--results FILE]

CHECKOUT is the folder of an earlier version of this repository. The two PYTHON are interpreters of environments with
fastai (`pip install fastai ipython`) and CatBoost (`pip install catboost pandas`); what is not given is left out, and
the first line says so. All arms read the same rows: those that the column "part" of a table marks, or a fifth drawn
with seed 0. FILE keeps each result as it comes, and what it holds is not run again: a run that was broken off goes on,
and another one adds an arm or a seed. `--seeds` alone only prints the tables of FILE.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import keras
import numpy as np
import pandas as pd
import tyro
from kerasdl import runs
from kerasdl.data import tabular
from real_data import real_data
from recipe_module import recipe_module
from results import cpu_seconds, keep, kept

recipe = recipe_module("tabular")
PEERS = Path(__file__).parent / "table_peers.py"
ARMS = ("kerasdl", "before", "trees", "catboost", "fastai")
# Name: file, target, and whether numbers are predicted (RMSE) or classes (accuracy).
TABLES = {
    "attrition": ("tables/attrition.csv", "Attrition", False),
    "mlc_churn": ("tables/mlc_churn.csv", "churn", False),
    "lending_club": ("tables/lending_club.csv", "Class", False),
    "hpc_data": ("tables/hpc_data.csv", "class", False),
    "spam7": ("tables/spam7.csv", "yesno", False),
    "OJ": ("tables/OJ.csv", "Purchase", False),
    "Chile": ("tables/Chile.csv", "vote", False),
    "HMDA": ("tables/HMDA.csv", "deny", False),
    "diamonds": ("tables/diamonds.csv", "price", True),
    "concrete": ("tables/concrete.csv", "compressive_strength", True),
    "Sacramento": ("tables/Sacramento.csv", "price", True),
    "deliveries": ("tables/deliveries.csv", "time_to_delivery", True),
    "Computers": ("tables/Computers.csv", "price", True),
    "SaratogaHouses": ("tables/SaratogaHouses.csv", "price", True),
    "hotel_rates": ("tables/hotel_rates.csv", "avg_price_per_room", True),
    "Adult": ("tabular/adult_sample/adult.csv", "salary", False),
    "California": ("tabular/california_housing/housing.csv", "median_house_value", True),
    "Titanic": ("tabular/titanic/train.csv", "Survived", False),
}

ORDER = {name: place for place, name in enumerate((*TABLES, *ARMS))}
# Those whose rows are marked; ranks are printed for them, and for all.
TUNED = tuple(name for name, (file, *_) in TABLES.items() if file.startswith("tables/"))


@dataclass(frozen=True)
class Config:
    """The tables, the seeds and the peers."""

    only: tuple[str, ...] = tuple(TABLES)
    """Names of tables."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Random seeds of every arm."""
    arms: tuple[str, ...] = ARMS
    """What is compared, as far as it is given."""
    before: str | None = None
    """Checkout of an earlier version."""
    fastai: str | None = None
    """Python interpreter with fastai."""
    catboost: str | None = None
    """Python interpreter with CatBoost."""
    results: Path | None = None
    """Keeps the results, as lines of JSON."""


def predicts_numbers(name: str) -> bool:
    """Whether the score of a table is the RMSE."""
    return TABLES[name][2]


def ours(path: Path, target: str, is_number: bool, seed: int) -> tuple[float, float]:
    """Score and seconds of one run of what the recipe does, without its figures and files."""
    keras.utils.set_random_seed(seed)
    data = tabular.from_csv(path, target, split="part", seed=seed, batch_size=None)
    started = time.perf_counter()
    result = fitted(recipe.Config(run=runs.Options(seed=seed)), data)
    return result.scores["rmse" if is_number else "accuracy"], time.perf_counter() - started


def fitted(config: Any, data: tabular.Table) -> runs.TableResult:
    """Train as the recipe does: the same weights. A rate that is given replaces the range test."""
    model = recipe.network(config, data)
    rate = config.run.peak_lr
    if rate is None:
        found = kerasdl.callbacks.lr_find(model, data.train, verbose=0)
        rate = runs.suggested(found, config.run.lr_rule, recipe.CAUTIOUS_LR)[0]
    steps, _ = recipe.length(config, model, data, rate, verbose=0)
    epochs = config.epochs or -(-steps // data.steps)
    model.fit(data.train, epochs=epochs, shuffle=False, verbose=0, callbacks=[kerasdl.callbacks.OneCycle(rate)])
    return runs.table_result(model, data)


def recipe_of(checkout: Path, path: Path, target: str, is_number: bool, seed: int) -> tuple[float, float]:
    """Score and seconds of fit of one run of the recipe of a checkout."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "run"
        options = ["--data", path, "--target", target, "--split", "part", "--seed", seed, "--out", out, "--no-look"]
        command = [sys.executable, str(checkout / "recipes" / "tabular.py"), *map(str, options)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(checkout)})
        if done.returncode:
            return failed(done.stderr)
        metrics = json.loads((out / "metrics.json").read_text())
    return metrics["valid"]["rmse" if is_number else "accuracy"], metrics["train_seconds"]


def peer(path: Path, target: str, seed: int, name: str, python: str) -> tuple[float, float]:
    """The same of a peer."""
    done = subprocess.run(
        [python, "-W", "ignore", *map(str, (PEERS, name, path, target, seed))], capture_output=True, text=True
    )
    if done.returncode:
        return failed(done.stderr)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return found["score"], found["seconds"]


def failed(message: str) -> tuple[float, float]:
    """No score, and why."""
    print((message.strip().splitlines() or ["It failed without a message."])[-1])
    return float("nan"), float("nan")


def split(name: str, folder: Path) -> Path:
    """A CSV file with a column "part"."""
    frame = pd.read_csv(real_data(TABLES[name][0]), skipinitialspace=True, low_memory=False)
    if "part" not in frame:
        drawn = np.random.default_rng(0).permutation(len(frame)) < 0.2 * len(frame)
        frame["part"] = np.where(drawn, "valid", "train")
    frame.to_csv(folder / f"{name}.csv", index=False)
    return folder / f"{name}.csv"


def run_arm(config: Config, arm: str, path: Path, target: str, is_number: bool, seed: int) -> tuple[float, float]:
    """Score and seconds of fit of one arm."""
    if arm == "kerasdl":
        return ours(path, target, is_number, seed)
    if arm == "before":
        return recipe_of(Path(config.before or ""), path, target, is_number, seed)
    return peer(path, target, seed, arm, getattr(config, arm, sys.executable))


def measure(config: Config, arms: Sequence[str], rows: list[dict[str, Any]]) -> None:
    """Run the arms, seed by seed, where `rows` do not hold them yet, and add them."""
    known = {(row["table"], row["arm"], row["seed"]) for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        for seed, name in product(config.seeds, config.only):
            path, (_, target, is_number) = split(name, Path(folder)), TABLES[name]
            for arm in (arm for arm in arms if (name, arm, seed) not in known):
                started = cpu_seconds()
                score, seconds = run_arm(config, arm, path, target, is_number, seed)
                row = {"table": name, "arm": arm, "seed": seed, "score": score, "fit": seconds}
                rows.append({**row, "cpu": cpu_seconds() - started})
                keep(config.results, rows[-1])


def print_tables(rows: pd.DataFrame) -> None:
    """Each table and arm, with the spread over the seeds; then ranks, spreads and times."""
    rows = rows.assign(error=np.where(rows["table"].map(predicts_numbers), rows["score"], 1 - rows["score"]))
    print(f"\n{'':16} {'':9} {'seeds':>5} {'mean':>10} {'deviation':>9} {'fit, median':>12} {'CPU, all':>13}")
    for (name, arm), found in rows.groupby(["table", "arm"], sort=False):
        numbers = (found["score"].mean(), found["score"].std())
        texts = (f"{each:,.4g}" if predicts_numbers(name) else f"{each:.2%}" for each in numbers)
        mean, spread = (text.replace("nan%", "").replace("nan", "") for text in texts)
        times = f"{found['fit'].median():10.1f} s {found['cpu'].median():11.1f} s"
        print(f"{name:16} {arm:9} {len(found):5} {mean:>10} {spread:>9} {times}")
    print_ranks(rows, "mean of the seeds")
    for seed, found in rows.groupby("seed"):
        print_ranks(found, f"seed {seed}")
    print_spreads(rows)
    for arm, found in rows.groupby("arm", sort=False):
        print(f"CPU seconds of {arm}: median {found['cpu'].median():.1f}, largest {found['cpu'].max():.1f}")


def print_ranks(rows: pd.DataFrame, title: str) -> None:
    """Of tables and seeds that all arms have run: the mean rank of each arm, and where ours is at least as good."""
    errors = rows.pivot_table(index="arm", columns=["table", "seed"], values="error", sort=False)
    errors = errors.dropna(axis="columns").T.groupby(level="table", sort=False).mean().T
    for names, which in ((errors.columns.intersection(TUNED), "of the 15"), (errors.columns, "in all")):
        found = errors[names].round(12)
        ranks = found.rank().mean(axis="columns").sort_values()
        print(f"\n{title}, {len(names)} tables {which}")
        print("  mean rank: " + ", ".join(f"{arm} {rank:.2f}" for arm, rank in ranks.items()))
        level = (found.loc["kerasdl"] <= found.drop("kerasdl")).sum(axis="columns")
        print("  kerasdl at least as good as: " + ", ".join(f"{arm} {count}" for arm, count in level.items()))


def print_spreads(rows: pd.DataFrame) -> None:
    """The standard deviation over the seeds, ours beside that of the earlier version, of tables of numbers."""
    numbers = rows[rows["table"].map(predicts_numbers)]
    spreads = numbers.pivot_table(index="table", columns="arm", values="error", aggfunc="std", sort=False)
    if {"kerasdl", "before"} <= {*spreads}:
        ratios = (spreads["kerasdl"] / spreads["before"]).dropna()
        print("\nDeviation over the seeds, kerasdl / before: " + ", ".join(f"{n} {r:.2f}" for n, r in ratios.items()))
        print(f"  median {ratios.median():.2f}")


def main(config: Config) -> None:
    """Run all arms on all tables, print each result as it comes, and the tables at the end."""
    absent = [arm for arm in config.arms if getattr(config, arm, "given") is None]
    if absent:
        print(f"Left out, because it was not given: {', '.join(absent)}")
    rows = [row for row in kept(config.results) if not np.isnan(row["score"])]  # what failed is run again
    measure(config, [arm for arm in config.arms if arm not in absent], rows)
    print_tables(pd.DataFrame(rows).sort_values(["table", "arm"], key=lambda names: names.map(ORDER)))


if __name__ == "__main__":
    main(tyro.cli(Config))
