"""Photographs with full standard augmentation: images per second, CPU time, time to the first batch, and memory.

KERASDL_DATA=FOLDER python benchmarks/image_pipeline.py [--fastai PYTHON] [--rounds 3] [--files 200000]

The 600 training photographs of dogscats (dogscats_800.tar in the folder that KERASDL_DATA names), repeated five times
so that start-up does not dominate an epoch, to 224 pixels in batches of 64: ours (`augment.standard(flip=True)`), also
with `cache="memory"`, which is filled before the first batch; Keras's own (`image_dataset_from_directory` and layers of
about the same augmentation); decoding alone (TensorFlow's default, without resizing, an upper bound for every pipeline
that decodes); and, if PYTHON is the interpreter of an environment with fastai, fastai (`aug_transforms`, its defaults,
two workers), resizing each photograph to 460 first as in its lessons, and to 224. Each runs in its own process,
interleaved in rounds. CPU milliseconds an image, of all threads and workers, also compare pipelines on a machine that
does other work. Then a folder of many files, hard links to the same photographs: time from the call to the first batch,
and peak memory of the process.
"""

import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tyro
from real_data import real_data

MEASURE = """
import json, os, resource, sys, time
def measure(make):
    started = time.perf_counter()
    dataset = make()
    next(iter(dataset))
    first = time.perf_counter() - started
    rates, costs = [], []
    for _ in range(int(sys.argv[2])):
        started, used, count = time.perf_counter(), sum(os.times()[:4]), 0
        for batch in dataset:
            count += len(batch[0])
        rates.append(count / (time.perf_counter() - started))
        costs.append(1000 * (sum(os.times()[:4]) - used) / count)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rate": max(rates, default=0), "cpu": min(costs, default=0), "first": first, "memory": memory}))
"""
KERASDL = """
from kerasdl.data import images
from kerasdl.data.augment import standard
measure(lambda: images.from_folder(sys.argv[1], image_size=224, augment=standard(flip=True)).train)
"""
CACHED = KERASDL.replace("image_size=224", 'image_size=224, cache="memory"')
KERAS = """
import kerasdl, keras, tensorflow as tf
from keras import layers
augment = keras.Sequential([
    layers.RandomFlip("horizontal"), layers.RandomRotation(10 / 360), layers.RandomZoom((-0.1, 0.0)),
    layers.RandomTranslation(0.05, 0.05), layers.RandomBrightness(0.2), layers.RandomContrast(0.2),
])
def make():
    data = keras.utils.image_dataset_from_directory(
        sys.argv[1] + "/train", image_size=(224, 224), batch_size=64, crop_to_aspect_ratio=True, seed=0, verbose=False)
    return data.map(lambda x, y: (augment(x, training=True), y), num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)
measure(make)
"""
DECODING = """
import kerasdl, pathlib, tensorflow as tf
def make():
    files = [str(path) for path in pathlib.Path(sys.argv[1], "train").rglob("*.jpg")]
    def shape(path):
        return tf.shape(tf.io.decode_jpeg(tf.io.read_file(path), channels=3))
    return tf.data.Dataset.from_tensor_slices(files).map(shape, num_parallel_calls=tf.data.AUTOTUNE).batch(64).map(
        lambda shapes: (shapes, shapes))
measure(make)
"""
FASTAI = """
import torch
from fastai.vision.all import *
def make():
    return ImageDataLoaders.from_folder(
        sys.argv[1], train="train", valid="valid", bs=64, num_workers=2, item_tfms=Resize(SIZE),
        batch_tfms=aug_transforms(size=224), device="cpu", seed=0).train
measure(make)
"""


@dataclass(frozen=True)
class Config:
    """The peer, the repetitions and the number of files."""

    fastai: str | None = None
    """Python interpreter of an environment with fastai."""
    rounds: int = 3
    """Number of processes for each, interleaved."""
    files: int = 200_000
    """Number of links in the large folder; 0 skips it."""


def run(python: str, code: str, data: Path, epochs: int) -> dict[str, float]:
    """The measurements of one process."""
    command = [python, "-W", "ignore", "-c", MEASURE + code, str(data), str(epochs)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout.strip().splitlines()[-1])


def link_many(source: Path, target: Path, count: int) -> None:
    """Fill a folder with `count` training files, links to those of another one, and its validation files."""
    for part, wanted in (("train", count), ("valid", 400)):
        for kind in sorted((source / part).iterdir()):
            (target / part / kind.name).mkdir(parents=True)
            files = sorted(kind.iterdir())
            for index in range(wanted // 2):
                os.link(files[index % len(files)], target / part / kind.name / f"{index}.jpg")


def main(config: Config) -> None:
    """Run all pipelines interleaved and print two tables."""
    compared = {"kerasdl": (sys.executable, KERASDL), "Keras": (sys.executable, KERAS)}
    if config.fastai:
        compared |= {f"fastai from {size}": (config.fastai, FASTAI.replace("SIZE", size)) for size in ("460", "224")}
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(real_data("dogscats/dogscats_800.tar")) as tar:
            tar.extractall(scratch, filter="data")
        data = next(path.parent for path in Path(scratch).rglob("train"))
        repeated = Path(scratch) / "repeated"
        link_many(data, repeated, 3000)
        cached = {"kerasdl, cached": (sys.executable, CACHED)}
        pipelines = {**compared, **cached, "decoding only": (sys.executable, DECODING)}
        found: dict[str, list[dict[str, float]]] = {name: [] for name in pipelines}
        for _ in range(config.rounds):
            for name, (python, code) in pipelines.items():
                found[name].append(run(python, code, repeated, epochs=2))
        rates, costs, memory, first = (
            {name: statistics.median(each[what] for each in runs) for name, runs in found.items()}
            for what in ("rate", "cpu", "memory", "first")
        )
        heads = (
            f"{'images/s':>9} {'kerasdl is':>11} {'CPU-ms':>8} {'kerasdl is':>11} {'memory':>12} {'first batch':>12}"
        )
        print(f"{'3,000 files':16} {heads}")
        for name, rate in rates.items():
            faster, cheaper = rates["kerasdl"] / rate, costs[name] / costs["kerasdl"]
            used = f"{costs[name]:8.2f} {cheaper:10.2f}x {memory[name]:8.0f} MiB {first[name]:10.1f} s"
            print(f"{name:16} {rate:9.0f} {faster:10.2f}x {used}")
        if config.files:
            many = Path(scratch) / "many"
            link_many(data, many, config.files)
            print(f"\n{config.files:,} files".ljust(17), f"{'first batch':>12} {'peak memory':>12}")
            for name, (python, code) in compared.items():
                result = run(python, code, many, epochs=0)
                print(f"{name:16} {result['first']:10.1f} s {result['memory']:8.0f} MiB")


if __name__ == "__main__":
    main(tyro.cli(Config))
