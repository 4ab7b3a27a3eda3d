"""What it costs to begin an epoch: CPU milliseconds of an epoch of few small batches, ours and plain tf.data's.

python benchmarks/epoch_start.py [--steps 22] [--rounds 30]

Rows of 20 numbers in batches of 32, one epoch after the other, without training. Rounds are interleaved; the median
counts. A few seconds.
"""

import statistics
import time
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tyro
from kerasdl.data.pipeline import Plan, training, validation
from kerasdl.data.source import array_source

BATCH_SIZE = 32


@dataclass(frozen=True)
class Config:
    """How much to measure."""

    steps: int = 22
    """Batches of an epoch."""
    rounds: int = 30


def main(config: Config) -> None:
    """Print one line for each dataset."""
    count = config.steps * BATCH_SIZE
    values, labels = np.random.default_rng(0).normal(size=(count, 20)).astype("float32"), np.arange(count)
    source = array_source(values, labels, labels)
    plain = tf.data.Dataset.from_tensor_slices((values, labels))
    datasets = {
        "kerasdl, training": training(source, Plan(batch_size=BATCH_SIZE, seed=0)),
        "kerasdl, validation": validation(source, batch_size=BATCH_SIZE),
        "tf.data: shuffle, batch, prefetch": plain.shuffle(count, seed=0).batch(BATCH_SIZE).prefetch(2),
    }
    times: dict[str, list[float]] = {name: [] for name in datasets}
    for _ in range(config.rounds):
        for name, dataset in datasets.items():
            started = time.process_time()
            for _ in dataset:
                pass
            times[name].append(time.process_time() - started)
    for name, seconds in times.items():
        print(f"{name:35} {1000 * statistics.median(seconds):6.1f} ms")


if __name__ == "__main__":
    main(tyro.cli(Config))
