"""How accurately does the residual network classify sequences and spoken digits, with one setting, beside MiniRocket?

KERASDL_DATA=FOLDER python benchmarks/sequence_classification.py [--seeds 0 1 2] [--peer rocket/bin/python]

The archive files' own split into training and test; of the digits recordings 0 to 4 of each digit and speaker are the
test, or with --speakers george jackson nicolas yweweler each of them in turn. The settings come from parts of the
training data alone (--choose). MiniRocket (Dempster et al., arXiv:2012.08791) runs in an environment of its own:
python -m venv rocket, then rocket/bin/pip install aeon.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import json
import re
import statistics
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import tyro
from kerasdl import callbacks, models, optimizers, runs
from kerasdl.data import sequences
from kerasdl.errors import BadInput
from real_data import real_data
from rich.console import Console
from rich.table import Table

# For curves too noisy to read: near the middle of the learning rates suggested on the other tasks.
FALLBACK_LR = 3e-3


@dataclass(frozen=True)
class Config:
    """The seeds and tasks."""

    seeds: tuple[int, ...] = (0, 1, 2)
    """Random seeds of weights, order and augmentation; with --choose, of the split too."""
    tasks: tuple[str, ...] = ("ItalyPowerDemand", "BasicMotions", "GunPoint", "digits")
    """Folders in ts_classification; and digits, the spoken ones."""
    speakers: tuple[str, ...] = ()
    """Leave out these speakers of the digits, one after the other, with the first seed, instead of the tasks."""
    choose: bool = False
    """Measure on a part of the training data instead of the test data."""
    ensemble: int | None = None
    """Networks whose mean probability counts; by default as many as the recipe takes."""
    peer: Path | None = None
    """Python of an environment with aeon, for MiniRocket beside the network."""

    def __post_init__(self) -> None:
        runs.check_counts(ensemble=self.ensemble)


def load(task: str, seed: int, *, choose: bool = False) -> sequences.Sequences:
    """One task of the archive, in batches of 16."""
    folder = real_data(f"ts_classification/{task}")
    test = None if choose else folder / f"{task}_TEST.ts"
    return sequences.from_ts(folder / f"{task}_TRAIN.ts", test, valid_share=0.25, seed=seed)


def load_digits(seed: int, part_of: Callable[[str, int], str], *, centered: bool | None = None) -> sequences.Recordings:
    """The spoken digits; `part_of` tells the part of a speaker's recording: train, valid, or "" for none."""
    parts = dict.fromkeys(("train", "valid"), 0)
    with tempfile.TemporaryDirectory() as folder, tarfile.open(real_data("fsdd/fsdd_4speakers.tar.xz")) as archive:
        for member in archive:
            found = re.search(r"(\d)_(\w+)_(\d+)\.wav$", member.name)
            if found and (part := part_of(found[2], int(found[3]))):
                parts[part] += 1
                member.name = f"{part}/{found[1]}/{found[0]}"
                archive.extract(member, folder, filter="data")
        # Without a validation folder from_audio would split the training part.
        if empty := [part for part, count in parts.items() if not count]:
            raise BadInput(f"No recording belongs to {empty}. Received: {part_of}")
        augment = sequences.augment.spec_augment()
        return sequences.from_audio(folder, augment=augment, centered=centered, seed=seed)


def customary(_: str, number: int) -> str:
    """Recordings 0 to 4 are the test."""
    return "valid" if number < 5 else "train"


def chosen(_: str, number: int) -> str:
    """Of the training recordings the last five are held out."""
    return "" if number < 5 else "valid" if number >= 20 else "train"


def left_out(out: str, speaker: str, _: int) -> str:
    """All recordings of a speaker are the test."""
    return "valid" if speaker == out else "train"


def train(data: sequences.Sequences, seed: int, members: int | None = None) -> float:
    """Validation accuracy after range test, AdamW and one-cycle, which do not use the validation part."""
    keras.utils.set_random_seed(seed)
    by_default, epochs = runs.sequence_training(data)
    ensemble = members or by_default
    options: dict[str, Any] = {"preprocess": data.statistics, "ensemble": ensemble if ensemble > 1 else None}
    model = models.resnet_1d((None, data.shape[1]), len(data.classes), **options)
    model.compile(optimizers.AdamW(weight_decay=0.01), data.loss, metrics=["accuracy"])
    # With so few batches the curve is noisy: a narrower range shows the fall.
    found = kerasdl.lr_find(model, data.train, start_lr=1e-4, end_lr=1.0, num_steps=60, verbose=0)
    policy = callbacks.OneCycle(FALLBACK_LR if found.why_none else found.suggestion())
    model.fit(data.train, epochs=epochs, shuffle=False, verbose=0, callbacks=[policy])
    return model.evaluate(data.valid, verbose=0, return_dict=True)["accuracy"]


def minirocket(python: Path, task: str, seeds: tuple[int, ...]) -> list[tuple[float, float]]:
    """Accuracy and CPU seconds of MiniRocket with each seed, from `minirocket.py`."""
    script, folder = Path(__file__).with_name("minirocket.py"), real_data(f"ts_classification/{task}")
    files = (str(folder / f"{task}_{part}.ts") for part in ("TRAIN", "TEST"))
    command = [str(python), str(script), *files, *map(str, seeds)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def row(table: Table, name: str, results: list[tuple[float, float]]) -> None:
    """A row of accuracies, their mean, and the mean of the CPU seconds; also printed at once."""
    accuracies, seconds = zip(*results, strict=True)
    cells = [*(f"{each:.2%}" for each in accuracies), f"{statistics.mean(accuracies):.2%}"]
    print(name, *cells, flush=True)
    table.add_row(name, *cells, f"{statistics.mean(seconds):.0f}")


def timed(data: sequences.Sequences, seed: int, members: int | None) -> tuple[float, float]:
    """Accuracy and CPU seconds of a training."""
    started = time.process_time()
    return train(data, seed, members), time.process_time() - started


def leave_out_speakers(config: Config) -> None:
    """Train on three speakers and test on all recordings of the fourth."""
    table = Table("speaker left out", f"seed {config.seeds[0]}", "mean", "CPU seconds")
    for out in config.speakers:
        data = load_digits(config.seeds[0], partial(left_out, out))
        row(table, out, [timed(data, config.seeds[0], config.ensemble)])
    Console(width=100).print(table)


def main(config: Config) -> None:
    """Train on every task with every seed and print the accuracies."""
    if config.speakers:
        leave_out_speakers(config)
        return
    table = Table("task", *[f"seed {seed}" for seed in config.seeds], "mean", "CPU seconds")
    for task in config.tasks:
        # Not centered: the voices of the test are those of the training.
        digits = partial(load_digits, part_of=chosen if config.choose else customary, centered=False)
        data = digits if task == "digits" else partial(load, task, choose=config.choose)
        row(table, task, [timed(data(seed), seed, config.ensemble) for seed in config.seeds])
        if config.peer and not config.choose and task != "digits":
            row(table, f"{task}, MiniRocket", minirocket(config.peer, task, config.seeds))
    if config.peer is None:
        print("MiniRocket is left out: --peer names the Python of an environment with aeon")
    Console(width=100).print(table)


if __name__ == "__main__":
    main(tyro.cli(Config))
