"""Fits that are killed: each runs in a process of its own, which can be killed at any moment."""

import dataclasses
import itertools
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from kerasdl import callbacks, groups, models, optimizers
from kerasdl.callbacks.checkpoint_file import write_checkpoint
from kerasdl.data.augment import standard

from tests.contracts import ALL_PIPELINES, _arrays, state

# The server imports TensorFlow once. Its children are forked before TensorFlow runs anything; `tests.contracts` does.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["kerasdl.callbacks", "kerasdl.data.images", "kerasdl.data.text", "kerasdl.models", "pandas"]
)


@dataclasses.dataclass(frozen=True)
class Fit:
    """A fit with everything that has state."""

    data: str = "images"
    policy: str = "float32"
    eager: bool = False
    steps_per_execution: int = 1
    accumulation: int | None = None
    seconds_per_step: float = 0.0
    every_steps: int = 2

    def __str__(self) -> str:
        return f"{self.data}-{self.policy}-{self.steps_per_execution}-{self.accumulation}"


class _Waits(keras.callbacks.Callback):
    """Makes the steps of a small model slow enough to be killed in."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._wait = lambda: time.sleep(seconds)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._wait()


def _network(inputs: Any) -> keras.Model:
    x = keras.layers.Flatten(name="stem_flat")(inputs)
    x = keras.layers.BatchNormalization(name="stem_norm")(keras.layers.Dense(8, name="stem_dense")(x))
    x = keras.layers.Dropout(0.3, name="stage1_dropout")(x)
    x = keras.layers.Dense(8, activation="relu", name="stage1_dense")(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="head_logits", dtype="float32")(x))


def _data_and_model(kind: str) -> tuple[Any, keras.Model]:
    if kind == "images":
        return _arrays(augment=standard(flip=True)), _network(keras.Input((9, 7, 3)))
    if kind == "table":
        data = ALL_PIPELINES["classes of a table"]()
        spec = data.train.element_spec[0]
        inputs = {name: keras.Input(each.shape[1:], dtype=each.dtype.name, name=name) for name, each in spec.items()}
        numbers = [keras.ops.cast(each, "float32") for each in inputs.values()]
        joined = keras.layers.Concatenate(name="stem_join")(numbers)
        x = keras.layers.BatchNormalization(name="stem_norm")(keras.layers.Dense(8, name="stem_dense")(joined))
        x = keras.layers.Dense(8, activation="relu", name="stage1_dense")(
            keras.layers.Dropout(0.3, name="stage1_drop")(x)
        )
        return data, keras.Model(inputs, keras.layers.Dense(3, name="head_logits", dtype="float32")(x))
    if kind == "sequences":
        return ALL_PIPELINES["sequences"](), models.recurrent((None, 2), 3, units=(4,), dropout=0.2)
    data = ALL_PIPELINES["streams of tokens"]()
    return data, models.language_model(len(data.vocabulary), batch_size=8, embedding=4, units=5, depth=2, dropout=0.2)


def run(fit: Fit, folder: Path) -> None:
    """Trains, or goes on training, and writes the end: all variables, the history, the logs of every step."""
    keras.utils.set_random_seed(0)
    keras.mixed_precision.set_dtype_policy(fit.policy)
    data, model = _data_and_model(fit.data)
    optimizer = optimizers.AdamW(
        0.01, groups=groups.discriminative(model), use_ema=True, gradient_accumulation_steps=fit.accumulation
    )
    model.compile(
        optimizer,
        data.loss,
        metrics=data.metrics,
        run_eagerly=fit.eager,
        steps_per_execution=fit.steps_per_execution,
        jit_compile=False,
    )
    scalars = callbacks.StepScalars(folder / "logs")
    used = [callbacks.OneCycle(0.02), callbacks.GradualUnfreezing([1])]
    used += [keras.callbacks.EarlyStopping("loss", restore_best_weights=True)]
    used += [
        keras.callbacks.ModelCheckpoint(str(folder / "best.weights.h5"), save_weights_only=True, save_best_only=True)
    ]
    used += [scalars, *([callbacks.AccumulationRemainder()] if fit.accumulation else []), _Waits(fit.seconds_per_step)]
    used += [callbacks.Resume(folder / "checkpoints", every_minutes=None, every_steps=fit.every_steps)]
    history = model.fit(
        data.train, validation_data=data.valid, epochs=4, shuffle=False, callbacks=used, verbose=0
    ).history
    arrays = {f"variable{index}": each for index, each in enumerate(state(model))}
    arrays |= {f"history {name}": np.array(values) for name, values in history.items()}
    arrays |= {f"step {name}": np.array(values, dtype=float) for name, values in scalars.history.items()}
    np.savez(folder / "end.partial.npz", **arrays)
    (folder / "end.partial.npz").replace(folder / "end.npz")


def killed(fit: Fit, folder: Path, *, kills: int, seed: int, longest: float) -> list[dict[str, np.ndarray]]:
    """The ends of fits that are killed so many times in all, each after at most so many seconds of its training.

    If one ends before it is killed, another one begins.
    """
    random_seconds, ends, kills_left = random.Random(seed), [], kills
    while True:
        current = folder / str(len(ends))
        current.mkdir(exist_ok=True)
        process = CONTEXT.Process(target=run, args=(fit, current))
        began = len(list(current.glob("logs/*")))
        process.start()
        assert process.pid is not None
        if kills_left:
            while process.is_alive() and len(list(current.glob("logs/*"))) == began:
                time.sleep(0.01)
            process.join(random_seconds.uniform(0, longest))
            if process.is_alive():
                os.kill(process.pid, signal.SIGKILL)
        process.join()
        if process.exitcode == -signal.SIGKILL:
            kills_left -= 1
            continue
        assert process.exitcode == 0
        ends.append(end_of(current))
        if not kills_left:
            return ends


def uninterrupted(fit: Fit, folder: Path) -> tuple[dict[str, np.ndarray], float]:
    """The end of a fit that is left alone, and its seconds."""
    process = CONTEXT.Process(target=run, args=(fit, folder))
    process.start()
    process.join()
    assert process.exitcode == 0
    (began,) = (float(each.name.split("tfevents.")[1][:17]) for each in folder.glob("logs/*"))
    return end_of(folder), (folder / "end.npz").stat().st_mtime - began


def end_of(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "end.npz") as file:
        return dict(file)


def differing(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> list[str]:
    """The names of arrays that are not equal bit for bit."""
    assert left.keys() == right.keys()
    return [name for name in left if left[name].tobytes() != right[name].tobytes()]


def save_for_ever(folder: Path) -> None:
    """Writes one checkpoint after the other, the last two of which stay."""
    first = max((int(each.name[5:15]) for each in folder.glob("epoch*[0-9].npz")), default=0) + 1
    for number in itertools.count(first):
        array = np.full(2**20, number, "float32")
        write_checkpoint(folder / f"epoch{number:010d}.npz", [array], {"number": number})
        (folder / f"epoch{number - 2:010d}.npz").unlink(missing_ok=True)


def killed_while_saving(folder: Path, *, seconds: float) -> None:
    """Kills a process so many seconds after it has written a first checkpoint."""
    before = max(folder.glob("epoch*[0-9].npz"), default=None)
    process = CONTEXT.Process(target=save_for_ever, args=(folder,))
    process.start()
    assert process.pid is not None
    while process.is_alive() and max(folder.glob("epoch*[0-9].npz"), default=None) == before:
        time.sleep(0.01)
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL
