"""Does the policy (range test, AdamW, one-cycle) beat plain Keras? The same networks and epochs, three tasks.

KERASDL_DATA=FOLDER python benchmarks/policy.py [--seeds 0 1 2]

About seven minutes on two cores.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import statistics
from collections.abc import Callable
from dataclasses import dataclass

import keras
import tyro
from kerasdl import callbacks, optimizers
from rich.console import Console
from rich.table import Table
from tasks import TASKS, Task


@dataclass(frozen=True)
class Config:
    """The seeds and tasks."""

    seeds: tuple[int, ...] = (0, 1, 2)
    """Random seeds of weights, order and augmentation."""
    tasks: tuple[str, ...] = ("digits", "mnist_tenth", "adult")
    """Names in tasks.py."""


def plain(make: Callable[[], keras.optimizers.Optimizer]) -> Callable[[Task, int], keras.Model]:
    """Stock Keras: one optimizer with a constant learning rate."""

    def train(task: Task, seed: int) -> keras.Model:
        model = task.compiled(make(), seed)
        model.fit(task.train, epochs=task.epochs, shuffle=False, verbose=0)
        return model

    return train


def policy(task: Task, seed: int) -> keras.Model:
    """Ours, without using the validation data."""
    model = task.compiled(optimizers.AdamW(weight_decay=0.01), seed)
    peak_lr = kerasdl.lr_find(model, task.train, verbose=0).suggestion()
    model.fit(task.train, epochs=task.epochs, shuffle=False, verbose=0, callbacks=[callbacks.OneCycle(peak_lr)])
    return model


WAYS: dict[str, Callable[[Task, int], keras.Model]] = {
    "Keras, Adam 1e-3": plain(lambda: keras.optimizers.Adam(1e-3)),
    "Keras, SGD 0.01": plain(lambda: keras.optimizers.SGD(0.01)),
    "kerasdl's policy": policy,
}


def main(config: Config) -> None:
    """Run all trainings interleaved by seed and print the means."""
    table = Table("task", "", "accuracy, mean", "lowest", "loss, mean", "highest")
    for name in config.tasks:
        scores: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
        for seed in config.seeds:
            task = TASKS[name](seed)
            for way, train in WAYS.items():
                found = train(task, seed).evaluate(task.valid, verbose=0, return_dict=True)
                scores[way].append((found["accuracy"], found["loss"]))
                print(f"{name:12} seed {seed}  {way:18} {found['accuracy']:.2%}  {found['loss']:.4f}", flush=True)
        for way, pairs in scores.items():
            accuracies, losses = zip(*pairs, strict=True)
            table.add_row(
                name,
                way,
                f"{statistics.mean(accuracies):.2%}",
                f"{min(accuracies):.2%}",
                f"{statistics.mean(losses):.4f}",
                f"{max(losses):.4f}",
            )
    Console(width=100).print(table)


if __name__ == "__main__":
    main(tyro.cli(Config))
