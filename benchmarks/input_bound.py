"""Which share of a training step is spent waiting for data?

KERASDL_DATA=FOLDER python benchmarks/input_bound.py [--rounds 3]

ResNet-8 on mnist_sample (28 pixels) and on the CIFAR-10 subset (32 pixels, 10,000 images), both with standard
augmentation, batches of 64: the time of `steps` steps from the pipeline (including its start-up) and of as many steps
on one batch in memory, interleaved. The input-bound share is the time that the second saves.
"""

import statistics
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from kerasdl import models, optimizers
from kerasdl.data import augment, images
from real_data import real_data

ARCHIVES = {
    "mnist_sample": "mnist_sample/mnist_sample.tgz",
    "CIFAR-10 subset": "cifar10_subset/cifar10_png_10k_2k.tgz",
}


@dataclass(frozen=True)
class Config:
    """The repetitions."""

    rounds: int = 3
    """Number of measurements of each, interleaved."""
    steps: int = 100
    """Steps per measurement."""


def seconds(model: Any, dataset: Any) -> float:
    """Time of one epoch."""
    started = time.perf_counter()
    model.fit(dataset, epochs=1, verbose=0, shuffle=False)
    return time.perf_counter() - started


def main(config: Config) -> None:
    """Run both interleaved and print one line per dataset."""
    print(f"{'':14} {'from the pipeline':>18} {'from one batch':>15} {'input-bound':>12}")
    with tempfile.TemporaryDirectory() as scratch:
        for name, archive in ARCHIVES.items():
            with tarfile.open(real_data(archive)) as tar:
                tar.extractall(Path(scratch) / name, filter="data")
            folder = next((Path(scratch) / name).rglob("train")).parent
            data = images.from_folder(folder, augment=augment.standard(flip=name != "mnist_sample"))
            model = models.resnet8(data.shape, len(data.classes), preprocess="symmetric")
            model.compile(optimizers.AdamW(1e-3), data.loss)
            train = data.train.take(config.steps)
            ready = data.train.take(1).cache().repeat(config.steps)
            for dataset in (train, ready):
                model.fit(dataset.take(3), verbose=0, shuffle=False)
            times = [(seconds(model, train), seconds(model, ready)) for _ in range(config.rounds)]
            pipeline, one = (statistics.median(each) for each in zip(*times, strict=True))
            print(f"{name:14} {pipeline:16.1f} s {one:13.1f} s {1 - one / pipeline:11.1%}")


if __name__ == "__main__":
    main(tyro.cli(Config))
