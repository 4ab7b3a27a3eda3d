"""How accurately does a recurrent network classify sequences, with the same settings for three archive tasks?

KERASDL_DATA=FOLDER python benchmarks/sequence_classification.py [--seeds 0 1 2]

The files' own split into training and test; the settings come from splits of the training files alone (--choose).
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import statistics
import time
from dataclasses import dataclass

import keras
import tyro
from kerasdl import callbacks, models, optimizers
from kerasdl.data import sequences
from real_data import real_data
from rich.console import Console
from rich.table import Table

# For curves too noisy to read, as on GunPoint: near the middle of the learning rates suggested on the other tasks.
FALLBACK_LR = 3e-3


@dataclass(frozen=True)
class Config:
    """The seeds and tasks."""

    seeds: tuple[int, ...] = (0, 1, 2)
    """Random seeds of weights and order; with --choose, of the split too."""
    tasks: tuple[str, ...] = ("ItalyPowerDemand", "BasicMotions", "GunPoint")
    """Folders in ts_classification."""
    choose: bool = False
    """Measure on a quarter of the training file instead of the test file."""
    epochs: int = 40
    """Number of epochs."""


def load(task: str, seed: int, *, choose: bool = False) -> sequences.Sequences:
    """One task of the archive, in batches of 16."""
    folder = real_data(f"ts_classification/{task}")
    test = None if choose else folder / f"{task}_TEST.ts"
    return sequences.from_ts(folder / f"{task}_TRAIN.ts", test, valid_share=0.25, seed=seed)


def train(data: sequences.Sequences, seed: int, *, epochs: int) -> float:
    """Validation accuracy after range test, AdamW and one-cycle, which do not use the validation part."""
    keras.utils.set_random_seed(seed)
    model = models.recurrent(
        data.shape, len(data.classes), cell="gru", units=(64,), bidirectional=True, preprocess=data.statistics
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.AdamW(weight_decay=0.01), loss, metrics=["accuracy"])
    # With so few batches the curve is noisy: a narrower range with more steps shows the fall.
    found = kerasdl.lr_find(model, data.train, start_lr=1e-4, end_lr=1.0, num_steps=200, verbose=0)
    policy = callbacks.OneCycle(FALLBACK_LR if found.why_none else found.suggestion())
    model.fit(data.train, epochs=epochs, shuffle=False, verbose=0, callbacks=[policy])
    return model.evaluate(data.valid, verbose=0, return_dict=True)["accuracy"]


def main(config: Config) -> None:
    """Train on every task with every seed and print the accuracies."""
    table = Table("task", *[f"seed {seed}" for seed in config.seeds], "mean", "seconds per run")
    for task in config.tasks:
        started, accuracies = time.perf_counter(), []
        for seed in config.seeds:
            accuracies.append(train(load(task, seed, choose=config.choose), seed, epochs=config.epochs))
            print(f"{task:18} seed {seed}  {accuracies[-1]:.2%}", flush=True)
        seconds = (time.perf_counter() - started) / len(accuracies)
        mean = statistics.mean(accuracies)
        table.add_row(task, *[f"{each:.2%}" for each in accuracies], f"{mean:.2%}", f"{seconds:.0f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main(tyro.cli(Config))
