"""What do mixed_bfloat16 and jit_compile save on this CPU? CPU milliseconds of a training step, by builder.

python benchmarks/precision.py [--builders tabular resnet18] [--rounds 5] [--steps 3]

Random data, small networks, AdamW. The four ways of a builder run interleaved in one process, so that other load
affects all alike; medians, and the median of the ratios to float32 without jit_compile. The first two steps of each,
which trace and compile, stand apart. The last line is what a product of matrices alone gains by bfloat16, by which
`--precision auto` decides on a CPU with AMX. Four minutes of CPU.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tyro
from kerasdl import losses, models, optimizers
from kerasdl.precision import cpu_flags, measured_gain
from numpy.random import Generator

# What of a CPU's instructions decides: vectors of 512 bits, products of bfloat16, and tiles of it.
FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
WAYS = tuple(product(("float32", "mixed_bfloat16"), (False, True)))
HEADER = """\
| builder | float32, CPU-ms | jit | mixed_bfloat16 | mixed_bfloat16, jit | first two steps, CPU-s | with jit |
| --- | --- | --- | --- | --- | --- | --- |"""
WORDS = 2000


def tabular(numbers: Generator) -> tuple[keras.Model, Any, Any]:
    """256 rows of eight categories and six numbers."""
    rows = {"categories": numbers.integers(20, size=(256, 8)), "numbers": numbers.normal(size=(256, 6))}
    return models.tabular([20] * 8, 6, classes=2), rows, numbers.integers(2, size=256)


def resnet18(numbers: Generator) -> tuple[keras.Model, Any, Any]:
    """16 images of 64 pixels."""
    return models.resnet18((64, 64, 3), 10), numbers.normal(size=(16, 64, 64, 3)), np.arange(16) % 10


def resnet_1d(numbers: Generator) -> tuple[keras.Model, Any, Any]:
    """16 sequences of 150 steps."""
    return models.resnet_1d((150, 1), 3), numbers.normal(size=(16, 150, 1)), np.arange(16) % 3


def recurrent(numbers: Generator) -> tuple[keras.Model, Any, Any]:
    """16 sequences of 100 steps, two LSTMs."""
    return models.recurrent((100, 8), 3), numbers.normal(size=(16, 100, 8)), np.arange(16) % 3


def awd_lstm(numbers: Generator) -> tuple[keras.Model, Any, Any]:
    """32 rows of 35 tokens, three LSTMs (400, 400, 200)."""
    ids = numbers.integers(WORDS, size=(32, 36))
    tokens = {"tokens": ids[:, :-1], "start": np.zeros(32, "int32")}
    return models.awd_lstm(WORDS, batch_size=32, embedding=200, units=400), tokens, ids[:, 1:]


BUILDERS = {each.__name__: each for each in (tabular, resnet18, resnet_1d, recurrent, awd_lstm)}


@dataclass(frozen=True)
class Config:
    """How much to measure."""

    builders: tuple[str, ...] = tuple(BUILDERS)
    """Which of the builders."""
    rounds: int = 5
    """Number of rounds."""
    steps: int = 3
    """Steps of a way in each round."""


def step_of(builder: str, policy: str, jit_compile: bool) -> Callable[[], object]:
    """A training step on the same batch."""
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(policy)
    model, x, y = BUILDERS[builder](np.random.default_rng(0))
    keras.config.set_dtype_policy("float32")
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.AdamW(1e-3), loss, jit_compile=jit_compile)
    batch = tf.nest.map_structure(tf.constant, (x, y))
    return lambda: model.train_on_batch(*batch)


def milliseconds(run: Callable[[], object], steps: int) -> float:
    """CPU time of a step."""
    started = time.process_time()
    for _ in range(steps):
        run()
    return 1000 * (time.process_time() - started) / steps


def row(builder: str, config: Config) -> str:
    """A line of the table."""
    ways = {way: step_of(builder, *way) for way in WAYS}
    first = {way: milliseconds(step, 2) / 500 for way, step in ways.items()}
    rounds = [{way: milliseconds(step, config.steps) for way, step in ways.items()} for _ in range(config.rounds)]
    plain, *others = WAYS
    cells = [f"{statistics.median(each[plain] for each in rounds):.1f}"]
    cells += [f"{statistics.median(each[way] / each[plain] for each in rounds):.2f}" for way in others]
    cells += [f"{first[plain]:.1f}", f"{first[others[0]]:.1f}"]
    return f"| {' | '.join([builder, *cells])} |"


def cpu() -> str:
    """Its name, and which of the instructions that decide it has."""
    lines = [line.partition(":")[::2] for line in Path("/proc/cpuinfo").read_text().splitlines()]
    name = next((value.strip() for name, value in lines if name.strip() == "model name"), "CPU")
    return f"{name}, {len(os.sched_getaffinity(0))} cores, {', '.join(each for each in FLAGS if each in cpu_flags())}"


def main(config: Config) -> None:
    """Print the table, one line for each builder."""
    print(f"kerasdl {kerasdl.__version__}, Keras {keras.__version__}, TensorFlow {tf.__version__}, {config}\n{cpu()}")
    print(HEADER)
    for builder in config.builders:
        keras.utils.clear_session()
        print(row(builder, config), flush=True)
    print(f"a product of matrices in bfloat16: {measured_gain():.2f} times as fast as in float32")


if __name__ == "__main__":
    main(tyro.cli(Config))
