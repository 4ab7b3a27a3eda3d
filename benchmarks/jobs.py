"""Whole jobs, from the start of a process to its metrics.json: our recipes beside fastai doing the same.

KERASDL_DATA=FOLDER python benchmarks/jobs.py [--fastai PYTHON] [--only Adult ETTh1] [--rounds 3] [--results FILE]

PYTHON is the interpreter of an environment with fastai (`pip install fastai ipython`); `jobs_fastai.py` says what it
does. Ours is the recipe's command line: once as it is, and once without most of what fastai does not do: `bare` adds
--no-look, and for a table --no-baseline. What is left are a few figures, and intervals of the scores. A job of a round
has the round as its seed, and its arms run one after another. FILE keeps each result as it comes, and what it holds is
not run again. CPU time counts all processes and threads. Set OMP_WAIT_POLICY=PASSIVE on a busy machine: PyTorch's
threads else count while they wait.
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tyro
from real_data import real_data
from results import cpu_seconds, keep, kept
from rich.console import Console
from rich.table import Table

RECIPES, FASTAI = Path(__file__).parents[1] / "recipes", Path(__file__).parent / "jobs_fastai.py"
ARMS = ("kerasdl", "bare", "fastai")
# By the clock and of the CPU, and of the training alone, as metrics.json has it.
TIMES = ("wall", "cpu", "fit")


@dataclass(frozen=True)
class Job:
    """A recipe, its data, its options, and the score by which it is compared."""

    recipe: str
    data: str
    options: tuple[str, ...]
    score: str = "accuracy"


JOBS = {
    "3-vs-7": Job("image_classifier", "mnist_sample/mnist_sample.tgz", ("--epochs", "1")),
    "dogs and cats": Job(
        "image_classifier", "dogscats/dogscats_800.tar", ("--image-size", "128", "--epochs", "10")
    ),
    "Adult": Job(
        "tabular", "tabular/adult_sample/adult.csv", ("--target", "salary", "--split", "part", "--epochs", "5")
    ),
    "ETTh1": Job("time_series", "timeseries/ETT-small/ETTh1.csv", ("--time", "date", "--target", "OT"), "rmse"),
    "imdb_sample": Job("text_classifier", "imdb/imdb_sample/texts.csv", ()),
}  # fmt: skip


@dataclass(frozen=True)
class Config:
    """The jobs and the peer."""

    fastai: str | None = None
    """Python interpreter with fastai."""
    only: tuple[str, ...] = tuple(JOBS)
    """Names of jobs."""
    arms: tuple[str, ...] = ARMS
    """What is compared, as far as it is given."""
    rounds: int = 3
    """Rounds; the number of a round, from 0, is the seed of its jobs."""
    results: Path | None = None
    """Keeps the results, as lines of JSON."""


def prepared(job: Job, folder: Path) -> Path:
    """The data as both read them: an archive unpacked; of Adult a fifth marked for validation, drawn with seed 0."""
    source = real_data(job.data)
    if job.recipe == "image_classifier":
        with tarfile.open(source) as tar:
            tar.extractall(folder, filter="data")
        return next(each for each in folder.iterdir() if each.is_dir())
    if job.recipe != "tabular":
        return source
    frame = pd.read_csv(source, skipinitialspace=True)
    drawn = np.random.default_rng(0).permutation(len(frame)) < 0.2 * len(frame)
    frame.assign(part=np.where(drawn, "valid", "train")).to_csv(folder / source.name, index=False)
    return folder / source.name


def command(config: Config, name: str, arm: str, data: Path, out: Path, seed: int) -> list[str]:
    """What is typed for an arm of a job."""
    job = JOBS[name]
    if arm == "fastai":
        return [config.fastai or "", "-W", "ignore", *map(str, (FASTAI, name, data, out, seed))]
    options = [*job.options, "--data", str(data), "--out", str(out), "--seed", str(seed)]
    if arm == "bare":
        options += ["--no-look", *(["--no-baseline"] if job.recipe == "tabular" else [])]
    return [sys.executable, str(RECIPES / f"{job.recipe}.py"), *options]


def run(typed: list[str], score: str, out: Path) -> dict[str, float]:
    """The score of one process, and its times."""
    # Nothing of an earlier run is cached.
    environment = {**os.environ, "XDG_CACHE_HOME": str(out.parent / "cache")}
    began, used = time.perf_counter(), cpu_seconds()
    done = subprocess.run(typed, capture_output=True, text=True, env=environment)
    times = {"wall": time.perf_counter() - began, "cpu": cpu_seconds() - used}
    if done.returncode:
        print((done.stderr.strip().splitlines() or ["It failed without a message."])[-1])
        return {"score": float("nan"), **times, "fit": float("nan")}
    metrics = json.loads((out / "metrics.json").read_text())
    return {"score": metrics["valid"][score], **times, "fit": metrics["train_seconds"]}


def measure(config: Config, arms: list[str], rows: list[dict[str, Any]]) -> None:
    """Run round by round what `rows` do not hold yet, and add it."""
    known = {(row["job"], row["arm"], row["seed"]) for row in rows}
    for seed, name in product(range(config.rounds), config.only):
        wanted = [arm for arm in arms if (name, arm, seed) not in known]
        if not wanted:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            (data_folder := Path(scratch) / "data").mkdir()
            data = prepared(JOBS[name], data_folder)
            for arm in wanted:
                (folder := Path(scratch) / arm).mkdir()
                found = run(command(config, name, arm, data, folder / "run", seed), JOBS[name].score, folder / "run")
                rows.append({"job": name, "arm": arm, "seed": seed, **found})
                keep(config.results, rows[-1])


def print_table(rows: pd.DataFrame) -> None:
    """Of each job and arm the mean score, its range, and medians of the times."""
    columns = ("job", "arm", "rounds", "score, mean", "lowest", "highest", "seconds", "of CPU", "training")
    table = Table(*columns)
    for (name, arm), found in rows.groupby(["job", "arm"], sort=False):
        score = found["score"]
        numbers = (score.mean(skipna=False), score.min(), score.max())
        scores = [f"{each:.4f}" if JOBS[name].score == "rmse" else f"{each:.2%}" for each in numbers]
        table.add_row(name, arm, str(len(found)), *scores, *(f"{found[each].median():.1f}" for each in TIMES))
    Console(width=110).print(table)


def main(config: Config) -> None:
    """Run all arms of all jobs, and print the table at the end."""
    arms = [arm for arm in config.arms if arm != "fastai" or config.fastai]
    if len(arms) < len(config.arms):
        print("Without fastai: --fastai names no interpreter.")
    rows = [row for row in kept(config.results) if not np.isnan(row["score"])]  # what failed is run again
    measure(config, arms, rows)
    print_table(pd.DataFrame(rows))


if __name__ == "__main__":
    main(tyro.cli(Config))
