"""What do checkpoints and the check for non-finite weights cost?

python benchmarks/resume.py [--rounds 5] [--image-size 64] [--batch-size 8]

ResNet-50 with AdamW: the seconds that one checkpoint takes, as a share of a minute, which is the default time between
two; its size beside that of its tensors; and a training step with and without `StopOnNonFinite`, in interleaved rounds.
The same step for a small MLP, where every microsecond shows.
"""

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kerasdl
import keras
import numpy as np
import tyro
from kerasdl import callbacks, models, optimizers
from kerasdl.callbacks.checkpoint_file import read_checkpoint


@dataclass(frozen=True)
class Config:
    """Sizes and repetitions."""

    rounds: int = 5
    """Interleaved rounds; medians are printed."""
    image_size: int = 64
    """Of the ResNet's input."""
    batch_size: int = 8
    """Of the ResNet."""


class _Seconds(keras.callbacks.Callback):
    """The time of each step, checkpoints included."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[float] = []

    def on_train_batch_begin(self, *_: Any, **__: Any) -> None:
        self.found.append(-time.perf_counter())

    def on_train_batch_end(self, *_: Any, **__: Any) -> None:
        self.found[-1] += time.perf_counter()


def compiled(model: keras.Model) -> keras.Model:
    """The model with AdamW, as the recipes train it."""
    model.compile(optimizers.AdamW(1e-4), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def steps(model: keras.Model, count: int, batch_size: int, used: list[keras.callbacks.Callback]) -> float:
    """The median of the times of so many steps, without the first two."""
    x = np.random.default_rng(0).random((count * batch_size, *model.input_shape[1:]), "float32")
    seconds = _Seconds()
    policy = [callbacks.OneCycle(1e-4), *used, seconds]
    model.fit(x, np.zeros(len(x)), batch_size=batch_size, shuffle=False, verbose=0, callbacks=policy)
    return statistics.median(seconds.found[2:])


def checkpoint(model: keras.Model, rounds: int) -> tuple[float, float, int]:
    """Seconds of one checkpoint, its size divided by that of its tensors, and their bytes."""
    with tempfile.TemporaryDirectory() as folder:
        resume = callbacks.Resume(folder)
        x = np.zeros((2, *model.input_shape[1:]), "float32")
        model.fit(x, np.zeros(2), batch_size=1, shuffle=False, verbose=0, callbacks=[resume])
        taken = []
        for number in range(rounds):
            began = time.perf_counter()
            resume._write(2, number, {"epoch": [], "history": {}})
            taken.append(time.perf_counter() - began)
        file = max(Path(folder).glob("*.npz"))
        tensors = sum(each.nbytes for each in read_checkpoint(file)[0])
        return statistics.median(taken), file.stat().st_size / tensors, tensors


def main(config: Config) -> None:
    """Prints a line for the checkpoint, and one for each step."""
    print(kerasdl.__version__)
    keras.utils.set_random_seed(0)
    resnet = compiled(models.resnet50((config.image_size, config.image_size, 3), 10))
    seconds, ratio, tensors = checkpoint(resnet, config.rounds)
    shown = f"{tensors >> 20} MiB, {ratio:.4f} times its tensors"
    print(f"checkpoint of {shown}: {seconds:.2f} s, {seconds / 60:.2%} of a minute")
    mlp = compiled(models.mlp((32,), 10, hidden=(64, 64)))
    for name, model, count, size in (("ResNet-50", resnet, 8, config.batch_size), ("small MLP", mlp, 200, 32)):
        rows: dict[str, list[float]] = {"without": [], "with": []}
        for _ in range(config.rounds):
            rows["without"].append(steps(model, count, size, []))
            rows["with"].append(steps(model, count, size, [callbacks.StopOnNonFinite()]))
        without, with_it = (statistics.median(each) for each in rows.values())
        shown = f"{1000 * without:.2f} ms, with StopOnNonFinite {1000 * with_it:.2f} ms"
        print(f"{name}: a step {shown} ({with_it / without:.3f})")


if __name__ == "__main__":
    main(tyro.cli(Config))
