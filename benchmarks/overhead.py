"""How much do the components cost per step? Callbacks, parameter groups, and the time that a frozen body saves.

python benchmarks/overhead.py

Each pair runs interleaved in one process, seven times after a warm-up round; medians. Nothing else should run on the
machine. About ten minutes on two cores.

ActivationStats and GroupScalars measure every second step here, so that the steps which they lengthen and those which
they do not are of the same fit; the time of one measurement is then divided by their default number of steps.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from kerasdl import callbacks, groups, models, optimizers
from rich.console import Console
from rich.table import Table

ROUNDS = 7
STEPS = 40


def data(shape: tuple[int, ...], batch_size: int) -> tf.data.Dataset:
    """One batch, repeated, so that no pipeline is timed."""
    x = np.random.default_rng(0).random((batch_size, *shape)).astype("float32")
    batch = tf.data.Dataset.from_tensors((x, np.arange(batch_size) % 10))
    return batch.cache().repeat(STEPS)


def network(optimizer: keras.optimizers.Optimizer) -> keras.Model:
    """A plain MLP whose step on 64 samples takes some 20 ms here."""
    keras.utils.set_random_seed(0)
    hidden = [keras.layers.Dense(1024, activation="relu", name=f"stage{index}_dense") for index in range(1, 5)]
    model = keras.Sequential([keras.Input((512,)), *hidden, keras.layers.Dense(10, name="head_logits")])
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def residual(optimizer: keras.optimizers.Optimizer) -> keras.Model:
    """A ResNet-10 on 32 pixels."""
    keras.utils.set_random_seed(0)
    model = models.resnet10((32, 32, 3), 10, stem="small", widths=(32, 64, 128, 256))
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def step_times(model: keras.Model, batches: tf.data.Dataset, make: Callable[[], list]) -> np.ndarray:
    """Milliseconds of each step of one epoch but the last, including the callback hooks."""
    times: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        # The first epoch traces everything.
        on_epoch_begin=lambda *_: times.clear(),
        on_train_batch_begin=lambda *_, **__: times.append(time.perf_counter()),
    )
    model.fit(batches, epochs=2, verbose=0, shuffle=False, callbacks=[clock, *make()])
    return 1000 * np.diff(times)


def milliseconds(model: keras.Model, batches: tf.data.Dataset, make: Callable[[], list]) -> float:
    """Median time per step."""
    return statistics.median(step_times(model, batches, make)[5:])


def looked_inside(model: keras.Model, batches: tf.data.Dataset, batch: tuple) -> list[float]:
    """Median time of a step without a measurement, and what a step takes on average with the default `every`."""

    def inside(every: int) -> list:
        return [callbacks.ActivationStats(batch[0], every=every), callbacks.GroupScalars(batch, every=every)]

    # The optimizer counts on from fit to fit, by even numbers.
    times = step_times(model, batches, lambda: inside(2))[4:]
    measured, plain = statistics.median(times[::2]), statistics.median(times[1::2])
    return [plain, plain + (measured - plain) / callbacks.ActivationStats(batch[0]).every]


def every_callback(folder: Path) -> list:
    """All callbacks of a run that works at every step."""
    return [
        callbacks.OneCycle(1e-4),
        callbacks.GradualUnfreezing([1], groups=["stage[1-3]", "stage4|head"]),
        callbacks.StepScalars(folder / "steps"),
        callbacks.StopOnNonFinite(),
        # A folder of its own for each fit, which it would otherwise resume.
        callbacks.Resume(tempfile.mkdtemp(dir=folder)),
    ]


def compare(title: str, pair: dict[str, Callable[[], float]]) -> list[str]:
    """Run a pair interleaved; return a row with both medians and the median of the ratios, second to first."""
    return row_of(title, " / ".join(pair), lambda: [measure() for measure in pair.values()])


def row_of(title: str, names: str, measure: Callable[[], list[float]]) -> list[str]:
    """Measure two times in each round; return a row."""
    rounds = [measure() for _ in range(ROUNDS + 1)][1:]
    first, second = (statistics.median(values) for values in zip(*rounds, strict=True))
    ratio = statistics.median(b / a for a, b in rounds)
    row = [title, names, f"{first:.2f}", f"{second:.2f}", f"{ratio:.3f}"]
    print(*row, sep="  ", flush=True)
    return row


def main() -> None:
    """Print one line per pair."""
    table = Table("what", "first / second", "first, ms", "second, ms", "second / first")
    wide, small_images = data((512,), 64), data((32, 32, 3), 16)
    with tempfile.TemporaryDirectory() as folder:
        model = network(optimizers.AdamW(1e-4))
        pair = {
            "none": lambda: milliseconds(model, wide, list),
            "all": lambda: milliseconds(model, wide, lambda: every_callback(Path(folder))),
        }
        table.add_row(*compare("callbacks", pair))
        pair = {
            "none": lambda: milliseconds(model, wide, list),
            "range test": lambda: milliseconds(model, wide, lambda: [callbacks.LRRangeTest(1e-7, 1e-4)]),
        }
        table.add_row(*compare("range test", pair))
    for title, model, batches in (
        ("a look inside an MLP", network(optimizers.AdamW(1e-4)), wide),
        ("a look inside a ResNet-10", residual(optimizers.AdamW(1e-4)), small_images),
    ):
        names = "none / ActivationStats, GroupScalars"
        table.add_row(*row_of(title, names, partial(looked_inside, model, batches, next(iter(batches)))))
    layered = network(keras.optimizers.AdamW(1e-4))
    rates = [{"match": f"stage{index}_", "lr": 2.6 ** (index - 5)} for index in range(1, 5)]
    stock, ours = layered, network(optimizers.AdamW(1e-4, groups=rates))
    pair = {
        "stock AdamW": lambda: milliseconds(stock, wide, list),
        "four groups": lambda: milliseconds(ours, wide, list),
    }
    table.add_row(*compare("parameter groups, MLP", pair))
    stock_net = residual(keras.optimizers.AdamW(1e-4))
    ours_net = residual(optimizers.AdamW(1e-4, groups=groups.discriminative(stock_net)))
    pair = {
        "stock AdamW": lambda: milliseconds(stock_net, small_images, list),
        "six groups": lambda: milliseconds(ours_net, small_images, list),
    }
    table.add_row(*compare("parameter groups, ResNet-10", pair))
    whole = residual(optimizers.AdamW(1e-4))
    frozen = residual(optimizers.AdamW(1e-4))
    groups.freeze_to(frozen, -1)
    frozen.compile(optimizers.AdamW(1e-4), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    pair = {
        "body frozen": lambda: milliseconds(frozen, small_images, list),
        "all trains": lambda: milliseconds(whole, small_images, list),
    }
    table.add_row(*compare("a ResNet-10's step", pair))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
