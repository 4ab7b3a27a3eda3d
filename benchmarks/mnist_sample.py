"""mnist_sample (3s and 7s, 12,396 / 2,038 images), one epoch: accuracy and time of fit, compared with fastai.

KERASDL_DATA=FOLDER python benchmarks/mnist_sample.py [--fastai PYTHON] [--seeds 0 1 2]

PYTHON is the interpreter of an environment with fastai, whose own recipe (ResNet-18 from scratch, fit_one_cycle) then
runs interleaved with ours. Data: mnist_sample.tgz in the folder that KERASDL_DATA names.
"""

import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tyro
from real_data import real_data

RECIPE = Path(__file__).parents[1] / "recipes" / "image_classifier.py"
OURS = {
    "kerasdl resnet18": ["--arch", "resnet18", "--augment", "none"],
    "kerasdl resnet8": ["--arch", "resnet8", "--augment", "none"],
}
FASTAI = """
import sys, time, json, torch
from fastai.vision.all import *
set_seed(int(sys.argv[2]), reproducible=True)
data = ImageDataLoaders.from_folder(sys.argv[1], bs=64, num_workers=2)
learner = vision_learner(data, resnet18, pretrained=False, metrics=accuracy)
learner.unfreeze()
started = time.perf_counter()
with learner.no_bar(), learner.no_logging():
    learner.fit_one_cycle(1, 1e-2)
print(json.dumps({"seconds": time.perf_counter() - started, "accuracy": float(learner.validate()[1])}))
"""


@dataclass(frozen=True)
class Config:
    """The peer and the seeds."""

    fastai: str | None = None
    """Python interpreter of an environment with fastai."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Random seeds of our runs and the peer's."""


def ours(data: Path, out: Path, seed: int, options: list[str]) -> tuple[float, float]:
    """Accuracy and seconds of fit of one run of the recipe."""
    command = [
        sys.executable,
        str(RECIPE),
        "--data",
        str(data),
        "--out",
        str(out),
        "--epochs",
        "1",
        "--lr-rule",
        "valley",
        "--seed",
        str(seed),
    ]
    subprocess.run([*command, *options], check=True, capture_output=True)
    metrics = json.loads((out / "metrics.json").read_text())
    return metrics["valid"]["accuracy"], metrics["train_seconds"]


def theirs(python: str, data: Path, seed: int) -> tuple[float, float]:
    """The same for fastai."""
    command = [python, "-W", "ignore", "-c", FASTAI, str(data), str(seed)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result = json.loads(printed.strip().splitlines()[-1])
    return result["accuracy"], result["seconds"]


def main(config: Config) -> None:
    """Run all trainings interleaved by seed and print one line each."""
    archive = real_data("mnist_sample/mnist_sample.tgz")
    results: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, filter="data")
        data = Path(scratch) / "mnist_sample"
        for seed in config.seeds:
            for name, options in OURS.items():
                out = Path(scratch) / f"{name}-{seed}"
                results.setdefault(name, []).append(ours(data, out, seed, options))
            if config.fastai:
                results.setdefault("fastai resnet18", []).append(theirs(config.fastai, data, seed))
    print(f"{'':18} {'accuracy, mean':>15} {'lowest':>8} {'fit, median':>12}")
    for name, pairs in results.items():
        accuracies, seconds = zip(*pairs, strict=True)
        print(
            f"{name:18} {statistics.mean(accuracies):15.2%} {min(accuracies):8.2%} {statistics.median(seconds):10.1f} s"
        )


if __name__ == "__main__":
    main(tyro.cli(Config))
