"""Real tables, defaults only: our recipe beside boosted trees, CatBoost, fastai and an earlier version of ours.

KERASDL_DATA=FOLDER python benchmarks/tables.py [--seeds 0 1 2] [--only concrete OJ] [--before CHECKOUT]
    [--fastai PYTHON] [--catboost PYTHON]

CHECKOUT is the folder of an earlier version of this repository. The two PYTHON are interpreters of environments with
fastai (`pip install fastai`) and CatBoost (`pip install catboost`); what is not given is left out, and the first line
says so. All arms read the same rows: those that the column "part" of a table marks, or a fifth drawn with seed 0.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import tyro
from real_data import real_data

HERE = Path(__file__).parent
PEERS = HERE / "table_peers.py"
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


@dataclass(frozen=True)
class Config:
    """The tables, the seeds and the peers."""

    only: tuple[str, ...] = tuple(TABLES)
    """Names of tables."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Random seeds of every arm."""
    before: str | None = None
    """Checkout of an earlier version."""
    fastai: str | None = None
    """Python interpreter with fastai."""
    catboost: str | None = None
    """Python interpreter with CatBoost."""


def ours(path: Path, target: str, is_number: bool, seed: int, checkout: Path) -> tuple[float, float]:
    """Score and seconds of fit of one run of the recipe of a checkout."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "run"
        options = ["--data", path, "--target", target, "--split", "part", "--seed", seed, "--out", out, "--no-look"]
        command = [sys.executable, str(checkout / "recipes" / "tabular.py"), *map(str, options)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(checkout)})
        if done.returncode:
            return float("nan"), float("nan")
        metrics = json.loads((out / "metrics.json").read_text())
    return metrics["valid"]["rmse" if is_number else "accuracy"], metrics["train_seconds"]


def peer(name: str, python: str, path: Path, target: str, seed: int) -> tuple[float, float]:
    """The same of a peer."""
    done = subprocess.run(
        [python, "-W", "ignore", *map(str, (PEERS, name, path, target, seed))], capture_output=True, text=True
    )
    if done.returncode:
        return float("nan"), float("nan")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return found["score"], found["seconds"]


def split(name: str, folder: Path) -> Path:
    """A CSV file with a column "part"."""
    frame = pd.read_csv(real_data(TABLES[name][0]), skipinitialspace=True, low_memory=False)
    if "part" not in frame:
        drawn = np.random.default_rng(0).permutation(len(frame)) < 0.2 * len(frame)
        frame["part"] = np.where(drawn, "valid", "train")
    frame.to_csv(folder / f"{name}.csv", index=False)
    return folder / f"{name}.csv"


def measured(config: Config, name: str, folder: Path) -> dict[str, list[tuple[float, float]]]:
    """Score and seconds of every arm and seed on one table, interleaved by seed."""
    path, (_, target, is_number) = split(name, folder), TABLES[name]
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in config.seeds:
        found.setdefault("kerasdl", []).append(ours(path, target, is_number, seed, HERE.parent))
        if config.before:
            found.setdefault("before", []).append(ours(path, target, is_number, seed, Path(config.before)))
        for each, python in (("trees", sys.executable), ("catboost", config.catboost), ("fastai", config.fastai)):
            if python:
                found.setdefault(each, []).append(peer(each, python, path, target, seed))
    return found


def main(config: Config) -> None:
    """Print one line for each table and arm, then the mean rank of each arm."""
    if absent := [name for name in ("before", "catboost", "fastai") if getattr(config, name) is None]:
        print(f"Left out, because it was not given: {', '.join(absent)}")
    print(f"{'':16} {'':9} {'mean':>10} {'spread':>8} {'fit, median':>12}")
    ranks: dict[str, list[float]] = {}
    for name in config.only:
        with tempfile.TemporaryDirectory() as folder:
            found = measured(config, name, Path(folder))
        is_number = TABLES[name][2]
        means = {who: statistics.mean(score for score, _ in pairs) for who, pairs in found.items()}
        order = pd.Series(means).rank(ascending=is_number, na_option="bottom")
        for who, pairs in found.items():
            scores, seconds = zip(*pairs, strict=True)
            ranks.setdefault(who, []).append(float(order[who]))
            shown = f"{means[who]:,.4g}" if is_number else f"{means[who]:.2%}"
            spread = f"{max(scores) - min(scores):,.3g}" if is_number else f"{max(scores) - min(scores):.2%}"
            print(f"{name:16} {who:9} {shown:>10} {spread:>8} {statistics.median(seconds):10.1f} s", flush=True)
    print("Mean rank: " + ", ".join(f"{who} {statistics.mean(each):.2f}" for who, each in ranks.items()))


if __name__ == "__main__":
    main(tyro.cli(Config))
