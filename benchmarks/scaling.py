"""Images and tokens per second of one process, and of two that train together, each pinned to one core.

python benchmarks/scaling.py [--processes 1 2] [--rounds 3] [--steps 4]

ResNet-8 on pictures of 32 pixels with standard augmentation, and an LSTM on texts of 64 words; batches of 128 for each
process. All processes live throughout and measure in turns, so that other load affects both. Medians of the rounds, and
in each round the slowest process counts. More processes than cores share them. "apart" are as many processes that train
at the same time, each for itself: what the machine allows when nothing is exchanged. Below stand the milliseconds of a
step, and for how many of them the process computed: the exchange costs some of these, and waiting for others the rest.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tyro
from kerasdl import distribute, models, optimizers
from kerasdl.data import augment, images, text
from kerasdl.launch.process import Process

BATCH, SIDE, WORDS, LENGTH = 128, 32, 1000, 64
# What one sample counts for.
COUNTS = {"images": 1, "tokens": LENGTH}
# Steps that are not measured: in them the pipeline begins.
FIRST = 2


@dataclass(frozen=True)
class Config:
    """The repetitions."""

    processes: tuple[int, ...] = (1, 2)
    """How many processes train together; the first of these numbers is what the others are compared with."""
    rounds: int = 3
    """Number of measurements of each, interleaved."""
    steps: int = 4
    """Steps per measurement."""
    is_worker: bool = False
    """Be one of the processes that are measured, whenever a line of its input names what."""


def pictures(samples: int, batch_size: int) -> tuple[Any, Any]:
    """Random pictures, and what makes the network for them."""
    pixels = np.random.default_rng(0).integers(0, 256, (samples, SIDE, SIDE, 3), dtype=np.uint8)
    labels, classes = np.arange(samples) % 10, list("abcdefghij")
    data = images.from_arrays(pixels, labels, classes=classes, batch_size=batch_size, augment=augment.standard())
    return data, lambda: models.resnet8(data.shape, 10, preprocess="symmetric")


def texts(samples: int, batch_size: int) -> tuple[Any, Any]:
    """Texts of random words, and what makes the network for them."""
    drawn = np.random.default_rng(0).integers(0, WORDS, (samples, LENGTH))
    documents = [" ".join(f"word{each}" for each in row) for row in drawn]
    found = text.from_texts(documents, ["ab"[at % 2] for at in range(samples)])
    data = text.classifier(found, batch_size=batch_size, min_freq=1)
    return data, lambda: models.text_classifier(len(data.vocabulary), 2, embedding=64, units=(256,))


class Times(keras.callbacks.Callback):
    """When each step of a fit ended, by the clock and in CPU time of this process."""

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """Forgets the fit before."""
        self.ends: list[tuple[float, float]] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras's signature
        """Looks at both clocks."""
        self.ends.append((time.perf_counter(), time.process_time()))


def work(config: Config) -> None:
    """Answers each line of the input with the seconds of the steps that it asks for."""
    strategy, workers, times = distribute.strategy(), distribute.workers(), Times()
    keras.utils.set_random_seed(0)
    samples = (config.steps + FIRST) * BATCH * workers * 4 // 3  # some are for validation
    fits = {}
    for kind, make in {"images": pictures, "tokens": texts}.items():
        data, network = make(samples, BATCH * workers)
        with strategy.scope():
            model = network()
            model.compile(optimizers.AdamW(0.001), data.loss, jit_compile=False)
        fits[kind] = (model, data.train)
    for line in sys.stdin:
        model, train = fits[line.strip()]
        model.fit(train, shuffle=False, verbose=0, callbacks=[times])
        print(*np.subtract(times.ends[FIRST + config.steps - 1], times.ends[FIRST - 1]), flush=True)


class Workers:
    """Processes that train together, or at the same time, one on each of these cores."""

    def __init__(self, cores: Sequence[int], steps: int, *, is_apart: bool = False) -> None:
        self.count, self.name = len(cores), f"{len(cores)}{' apart' if is_apart else ''}"
        is_together = len(cores) > 1 and not is_apart
        addresses, before = [Process().address() for _ in cores], os.sched_getaffinity(0)
        self._processes = []
        for index, core in enumerate(cores):
            job = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            os.sched_setaffinity(0, {core})  # which the new process inherits
            self._processes.append(
                subprocess.Popen(
                    [sys.executable, __file__, "--is-worker", "--steps", str(steps)],
                    env={**os.environ, "TF_CONFIG": json.dumps(job) if is_together else ""},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
        os.sched_setaffinity(0, before)

    def seconds(self, kind: str) -> tuple[float, float]:
        """Those of the slowest process, and the CPU time of the busiest."""
        for each in self._processes:
            print(kind, file=each.stdin, flush=True)
        found = [tuple(map(float, each.stdout.readline().split())) for each in self._processes if each.stdout]
        by_clock, busy = map(max, zip(*found, strict=True))
        return by_clock, busy

    def end(self) -> None:
        """Ends the processes."""
        for each in self._processes:
            each.communicate()


def main(config: Config) -> None:
    """Measures in turns, and prints a line for each kind of data."""
    if config.is_worker:
        work(config)
        return
    cores = sorted(os.sched_getaffinity(0))
    pinned = [[cores[at % len(cores)] for at in range(count)] for count in config.processes]
    jobs = [Workers(each, config.steps) for each in pinned]
    jobs += [Workers(each, config.steps, is_apart=True) for each in pinned if len(each) > 1]
    try:
        for kind in COUNTS:
            for each in jobs:
                each.seconds(kind)  # which traces
        rounds = [{kind: [each.seconds(kind) for each in jobs] for kind in COUNTS} for _ in range(config.rounds)]
    finally:
        for each in jobs:
            each.end()
    print(f"kerasdl {kerasdl.__version__}, Keras {keras.__version__}, {len(cores)} cores, {config}")
    print(f"{'processes':10}", *(f"{each.name:>18}" for each in jobs))
    for kind, counts in COUNTS.items():
        medians = [np.median([each[kind][at] for each in rounds], axis=0) for at in range(len(jobs))]
        rates = [job.count * config.steps * BATCH * counts / each[0] for job, each in zip(jobs, medians, strict=True)]
        print(f"{kind + '/s':10}", *(f"{rate:10.0f} ({rate / rates[0]:4.2f}x)" for rate in rates))
        steps = [1000 * each / config.steps for each in medians]
        print(f"{'ms a step':10}", *(f"{by_clock:8.0f} ({busy:3.0f} busy)" for by_clock, busy in steps))


if __name__ == "__main__":
    main(tyro.cli(Config))
