"""What each part of the recipe for tables does: all of them, then each one taken away.

KERASDL_DATA=FOLDER python benchmarks/table_ablation.py [--only concrete OJ] [--seeds 0 1] [--results FILE]

Three quarters of the training rows train and a quarter compares; the validation rows of the tables are not looked at.
No rehearsal chooses the number of steps: all variants have as many.
FILE keeps each result as it comes, and what it holds is not run again; `--seeds` alone only prints the table of FILE.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
import tyro
from kerasdl import runs
from kerasdl.data import tabular
from kerasdl.data.splits import Part
from real_data import real_data
from tables import TABLES, fitted, keep, kept, recipe

LIMIT = 3.0  # of the smooth clipping
SMALL = ("concrete", "Sacramento", "SaratogaHouses", "OJ", "Chile", "attrition", "spam7")


@dataclass(frozen=True)
class Config:
    """The tables and the seeds."""

    only: tuple[str, ...] = SMALL
    """Names of tables."""
    seeds: tuple[int, ...] = (0,)
    """Random seeds."""
    results: Path | None = None
    """Keeps the results, as lines of JSON."""


def with_numbers(data: tabular.Table, change: Callable[[np.ndarray], np.ndarray]) -> tabular.Table:
    """The table with other numbers; `change` has all rows, those for training first."""
    parts = [data.source(part) for part in (Part.TRAIN, Part.VALID)]
    rows = [part.at(np.arange(len(part.labels))) for part in parts]
    if "numbers" not in rows[0]:
        return data
    changed = change(np.concatenate([each["numbers"] for each in rows]).astype(np.float64)).astype(np.float32)
    pieces = np.split(changed, [len(parts[0].labels)])
    sources = [
        replace(part, load=loader({**each, "numbers": tf.constant(piece)}))
        for part, each, piece in zip(parts, rows, pieces, strict=True)
    ]
    return replace(data, train_source=sources[0], valid_source=sources[1])


def loader(inputs: dict[str, Any]) -> Callable[..., Any]:
    """From indices to the rows of inputs."""
    return lambda rows: {name: tf.gather(values, rows) for name, values in inputs.items()}


def unclipped(numbers: np.ndarray) -> np.ndarray:
    """Numbers before they were clipped."""
    return numbers / np.sqrt(np.maximum(1 - (numbers / LIMIT) ** 2, 1e-12))


def standardized(data: tabular.Table) -> tabular.Table:
    """Numbers by mean and standard deviation of the training rows, not clipped."""

    def change(numbers: np.ndarray) -> np.ndarray:
        trained = unclipped(numbers)[: len(data.train_rows)]
        return (unclipped(numbers) - trained.mean(0)) / np.maximum(trained.std(0), 1e-6)

    return with_numbers(data, change)


def without_edges(data: tabular.Table) -> tabular.Table:
    """Numbers that enter the network as they are."""
    found = replace(data)
    vars(found)["edges"] = None  # instead of what it would compute
    return found


# Each part that is taken away: options of the recipe, or another table.
VARIANTS: dict[str, dict[str, Any] | Callable[[tabular.Table], tabular.Table]] = {
    "all parts": {},
    "numbers standardized, not clipped": standardized,
    "numbers not clipped": lambda data: with_numbers(data, unclipped),
    "no embeddings of numbers": without_edges,
    "one network": {"ensemble": 1},
    "no label smoothing": {"label_smoothing": 0.0},
    "no dropout": {"dropout": 0.0},
    "no weight decay": {"weight_decay": 0.0},
    "10 epochs": {"epochs": 10},
    "a rate of 0.005, no range test": {"peak_lr": 0.005},
}


def fit(data: tabular.Table, variant: str, seed: int) -> float:
    """RMSE, or share of errors, of one fit."""
    keras.utils.set_random_seed(seed)
    change = VARIANTS[variant]
    options = change if isinstance(change, dict) else {}
    of_run = {name: options[name] for name in ("weight_decay", "peak_lr") if name in options}
    of_recipe = {name: value for name, value in options.items() if name not in of_run}
    config = recipe.Config(**of_recipe, rehearsal=False, run=runs.Options(seed=seed, **of_run))
    scores = fitted(config, change(data) if callable(change) else data).scores
    return 1 - scores["accuracy"] if data.classes else scores["rmse"]


def load(name: str, seed: int) -> tabular.Table:
    """The training rows of a table, split again."""
    file, target, _ = TABLES[name]
    frame = pd.read_csv(real_data(file), skipinitialspace=True, low_memory=False)
    frame = frame[frame["part"] == "train"].reset_index(drop=True)
    drawn = np.random.default_rng(7).permutation(len(frame)) < 0.25 * len(frame)
    frame["part"] = np.where(drawn, "valid", "train")
    return tabular.from_frame(frame, target, split="part", batch_size=None, seed=seed)


def main(config: Config) -> None:
    """Print each result as it comes, and the mean rank and the mean ratio of errors of each variant at the end."""
    rows = kept(config.results)
    known = {(row["table"], row["variant"], row["seed"]) for row in rows}
    for seed, name in product(config.seeds, config.only):
        data = load(name, seed)
        for variant in (each for each in VARIANTS if (name, each, seed) not in known):
            # What smooths labels changes nothing for numbers: a second run in another order of batches.
            same = variant == "no label smoothing" and not data.classes
            error = fit(data, "all parts" if same else variant, seed)
            rows.append({"table": name, "variant": variant, "seed": seed, "error": error})
            print(f"seed {seed}, {name}, {variant}: {error:,.4g}", flush=True)
            keep(config.results, rows[-1])
    errors = pd.DataFrame(rows).pivot_table(index="variant", columns=["table", "seed"], values="error", sort=False)
    ratios = np.exp(np.log(errors / errors.loc["all parts"]).mean(axis="columns"))
    table = pd.DataFrame({"mean rank": errors.round(9).rank().mean(axis="columns"), "error, ratio": ratios})
    print(pd.concat([table, errors.T.groupby(level="table", sort=False).mean().T], axis="columns").round(4).to_string())


if __name__ == "__main__":
    main(tyro.cli(Config))
