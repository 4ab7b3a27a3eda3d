"""Which suggestion rule leads to the lowest validation loss? Four tasks, one-cycle AdamW at each rule's peak.

KERASDL_DATA=FOLDER python benchmarks/lr_rules.py [--seeds 0 1 2]

About a quarter of an hour on two cores.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import statistics
from dataclasses import dataclass

import tyro
from kerasdl import callbacks, lr_range, optimizers
from rich.console import Console
from rich.table import Table
from tasks import TASKS, Task


@dataclass(frozen=True)
class Config:
    """The seeds."""

    seeds: tuple[int, ...] = (0, 1, 2)
    """Random seeds of weights, order and augmentation."""


def valid_loss(task: Task, seed: int, peak_lr: float) -> float:
    """Validation loss after one cycle with the peak `peak_lr`."""
    model = task.compiled(optimizers.AdamW(weight_decay=0.01), seed)
    model.fit(task.train, epochs=task.epochs, shuffle=False, verbose=0, callbacks=[callbacks.OneCycle(peak_lr)])
    return model.evaluate(task.valid, verbose=0, return_dict=True)["loss"]


def main(config: Config) -> None:
    """Print learning rate and loss of every run, then a table of means."""
    losses: dict[str, dict[str, list[float]]] = {rule: {name: [] for name in TASKS} for rule in lr_range.RULES}
    for name, make in TASKS.items():
        for seed in config.seeds:
            task = make(seed)
            model = task.compiled(optimizers.AdamW(weight_decay=0.01), seed)
            suggestions = kerasdl.lr_find(model, task.train, verbose=0).suggestions
            trained: dict[float, float] = {}
            for rule, rate in suggestions.items():
                if rate not in trained:
                    trained[rate] = valid_loss(task, seed, rate)
                losses[rule][name].append(trained[rate])
                print(f"{name:12} seed {seed}  {rule:12} {rate:9.2g}  {trained[rate]:.4f}", flush=True)
    table = Table("rule", *TASKS, "mean of ratios to the best rule")
    means = {rule: {name: statistics.mean(values) for name, values in row.items()} for rule, row in losses.items()}
    best = {name: min(row[name] for row in means.values()) for name in TASKS}
    for rule, row in means.items():
        ratio = statistics.geometric_mean(row[name] / best[name] for name in TASKS)
        table.add_row(rule, *[f"{loss:.4f}" for loss in row.values()], f"{ratio:.2f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main(tyro.cli(Config))
