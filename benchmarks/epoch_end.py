"""How long does an epoch last after its last batch? Ours, and plain tf.data's.

python benchmarks/epoch_end.py [--rounds 20]

An epoch of small batches, each followed by a pause, as by a step of training. TensorFlow's thread that tunes a pipeline
looks up after 10, 20, 40 ms and so on to a minute; where the end of an epoch waits for it, the wait is as long as the
epoch was, or shorter. It does not always. Rounds are interleaved. A minute.
"""

import statistics
import time
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tyro
from kerasdl.data.pipeline import Plan, training
from kerasdl.data.source import array_source

BATCHES, PAUSE = 24, 0.03
# Milliseconds.
LATE = 50


@dataclass(frozen=True)
class Config:
    """How much to measure."""

    rounds: int = 20


def end(dataset: tf.data.Dataset) -> float:
    """Milliseconds from the last batch to the end of the iteration."""
    last = 0.0
    for _ in dataset:
        time.sleep(PAUSE)
        last = time.perf_counter()
    return 1000 * (time.perf_counter() - last)


def main(config: Config) -> None:
    """Print one line for each dataset."""
    values = np.arange(BATCHES, dtype="float32")
    plain = tf.data.Dataset.from_tensor_slices((values, values)).shuffle(BATCHES, seed=0).batch(1)
    datasets = {
        "kerasdl": training(array_source(values, values, values), Plan(batch_size=1, seed=0)),
        "tf.data: shuffle, batch, prefetch(AUTOTUNE)": plain.prefetch(tf.data.AUTOTUNE),
    }
    found: dict[str, list[float]] = {name: [] for name in datasets}
    for _ in range(config.rounds):
        for name, dataset in datasets.items():
            found[name].append(end(dataset))
    for name, times in found.items():
        late = sum(each > LATE for each in times)
        waits = f"median {statistics.median(times):.0f} ms, longest {max(times):.0f} ms"
        print(f"{name:44} {waits}, {late} of {len(times)} above {LATE} ms")


if __name__ == "__main__":
    main(tyro.cli(Config))
