"""Adult (fast.ai's csv) and California housing: score and time of fit, compared with fastai.

KERASDL_DATA=FOLDER python benchmarks/tables.py [--fastai PYTHON] [--seeds 0 1 2]

Both hold out a fifth of the rows by seed. PYTHON is the interpreter of an environment with fastai, whose tabular
learner then runs interleaved with our recipe: the same layers, batches and epochs, otherwise its own defaults.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tyro
from real_data import real_data

RECIPE = Path(__file__).parents[1] / "recipes" / "tabular.py"
FASTAI = """
import sys, time, json
from fastai.tabular.all import *
path, target, epochs, batch_size, seed, *layers = sys.argv[1:]
set_seed(int(seed), reproducible=True)
frame = pd.read_csv(path, skipinitialspace=True)
continuous, categorical = cont_cat_split(frame, max_card=20, dep_var=target)
splits = RandomSplitter(valid_pct=0.2, seed=int(seed))(range_of(frame))
is_number, unit = pd.api.types.is_numeric_dtype(frame[target]), 1.0
if is_number:
    trained = frame[target].iloc[splits[0]]
    unit = float(trained.std())
    frame[target] = ((frame[target] - trained.mean()) / unit).astype("float32")
table = TabularPandas(frame, [Categorify, FillMissing, Normalize], categorical, continuous, target, splits=splits,
                      y_block=RegressionBlock() if is_number else CategoryBlock())
data = table.dataloaders(bs=int(batch_size))
learner = tabular_learner(data, layers=[int(width) for width in layers], metrics=rmse if is_number else accuracy)
started = time.perf_counter()
with learner.no_bar(), learner.no_logging():
    learner.fit_one_cycle(int(epochs))
seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "score": float(learner.validate()[1]) * unit}))
"""


@dataclass(frozen=True)
class Task:
    """A table and its training."""

    file: str
    target: str
    metric: str
    epochs: int
    batch_size: int = 64
    hidden: tuple[int, ...] = (200, 100)


ADULT = "adult_sample/adult.csv"
TASKS = {
    "Adult, one epoch": Task(ADULT, "salary", "accuracy", 1),
    "Adult, five epochs": Task(ADULT, "salary", "accuracy", 5),
    "California, 30 epochs": Task(
        "california_housing/housing.csv", "median_house_value", "rmse", 30, 128, (256, 128, 64)
    ),
}


@dataclass(frozen=True)
class Config:
    """The peer and the seeds."""

    fastai: str | None = None
    """Python interpreter of an environment with fastai."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Random seeds of our runs and the peer's."""


def ours(task: Task, out: Path, seed: int) -> tuple[float, float]:
    """Score and seconds of fit of one run of the recipe."""
    options = ["--data", path(task), "--target", task.target, "--epochs", task.epochs, "--batch-size", task.batch_size]
    options += ["--hidden", *task.hidden, "--seed", seed, "--out", out]
    subprocess.run([sys.executable, RECIPE, *map(str, options)], check=True, capture_output=True)
    metrics = json.loads((out / "metrics.json").read_text())
    return metrics["valid"][task.metric], metrics["train_seconds"]


def theirs(python: str, task: Task, seed: int) -> tuple[float, float]:
    """The same for fastai."""
    options = [path(task), task.target, task.epochs, task.batch_size, seed, *task.hidden]
    command = [python, "-W", "ignore", "-c", FASTAI, *map(str, options)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result = json.loads(printed.strip().splitlines()[-1])
    return result["score"], result["seconds"]


def path(task: Task) -> Path:
    """The path of a task's table."""
    return real_data(f"tabular/{task.file}")


def main(config: Config) -> None:
    """Run all trainings interleaved by seed and print one line each."""
    print(f"{'':32} {'mean':>10} {'worst':>10} {'fit, median':>12}")
    for name, task in TASKS.items():
        results: dict[str, list[tuple[float, float]]] = {}
        for seed in config.seeds:
            with tempfile.TemporaryDirectory() as scratch:
                results.setdefault("kerasdl", []).append(ours(task, Path(scratch) / "run", seed))
            if config.fastai:
                results.setdefault("fastai", []).append(theirs(config.fastai, task, seed))
        for who, pairs in results.items():
            scores, seconds = zip(*pairs, strict=True)
            worst = min(scores) if task.metric == "accuracy" else max(scores)
            mean, worst = (
                f"{x:.2%}" if task.metric == "accuracy" else f"{x:,.0f}" for x in (statistics.mean(scores), worst)
            )
            print(f"{name:23} {who:8} {mean:>10} {worst:>10} {statistics.median(seconds):10.1f} s", flush=True)


if __name__ == "__main__":
    main(tyro.cli(Config))
