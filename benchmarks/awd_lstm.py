"""How fast is a training step of AWD-LSTM, and does it learn as fastai's does?

python benchmarks/awd_lstm.py [--fastai-python PYTHON] [--rounds 7]
KERASDL_DATA=FOLDER python benchmarks/awd_lstm.py --learning [--fastai-python PYTHON] [--seeds 0 1 2]

PYTHON is the interpreter of an environment with fastai. Steps: random tokens, fastai's dropout rates, AR 2 and TAR 1,
Adam; the networks run interleaved in rounds. Nothing else should run on the machine. Learning: the same characters of
tinyshakespeare in the same order, the same Adam at a constant rate, no clipping; cross-entropy of the training steps,
with dropout, without AR and TAR.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tyro
from kerasdl import losses, models, optimizers
from kerasdl.precision import cpu_flags
from language_tasks import Clock, load, stock_lstm, tokens_alone
from rich.console import Console
from rich.table import Table

Batches = dict[str, np.ndarray]
FASTAI = Path(__file__).parent / "fastai_awd_lstm.py"
# fastai's rates, which the other builders have by default, for the network of Keras alone.
INPUT, HIDDEN, OUTPUT = 0.25, 0.15, 0.1


@dataclass(frozen=True)
class Network:
    """Sizes and dropout of a network."""

    embedding: int = 200
    """Width of the embedding and of the last LSTM."""
    units: int = 400
    """Width of the other LSTMs."""
    depth: int = 3
    """Number of LSTMs."""
    drop_mult: float = 1.0
    """Multiplies all dropout rates."""


@dataclass(frozen=True)
class Config:
    """The measurement and the peer."""

    fastai_python: str | None = None
    """Python interpreter of an environment with fastai."""
    rounds: int = 7
    """Number of rounds, after one that traces."""
    steps: int = 10
    """Steps of a network per round, of which the median counts."""
    vocabulary: int = 10_000
    """Number of different random tokens."""
    network: Network = Network()
    """The network whose steps are timed."""
    batch_size: int = 32
    """Rows of a batch."""
    length: int = 70
    """Steps through which gradients flow."""
    bfloat16: bool = True
    """Time the networks in bfloat16 too."""
    learning_rate: float = 1e-3
    """Of Adam, constant."""
    learning: bool = False
    """Compare how the networks learn instead."""
    learner: Network = Network(embedding=64, units=256, depth=2, drop_mult=0.5)
    """The network that learns."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Random seeds of weights and dropout of the networks that learn."""
    windows: int = 8
    """Number of windows of steps of learning."""
    window: int = 50
    """Steps over which a loss is averaged."""


def awd_lstm(vocabulary: int, network: Network, config: Config, **compile_arguments: Any) -> keras.Model:
    """Ours, compiled."""
    model = models.awd_lstm(vocabulary, batch_size=config.batch_size, **asdict(network))
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.Adam(config.learning_rate), loss, **compile_arguments)
    return model


def dataset(batches: Batches) -> tf.data.Dataset:
    """The batches as our networks read them."""
    tokens, successors, starts = batches.values()
    starts = np.broadcast_to(starts[:, None], tokens.shape[:2]).astype("int32")
    return tf.data.Dataset.from_tensor_slices(({"tokens": tokens, "start": starts}, successors))


@contextmanager
def peer(vocabulary: int, network: Network, batches: Batches, config: Config) -> Iterator[Callable[..., Any] | None]:
    """A process that trains fastai's network on the batches whenever it is called, and waits in between."""
    if config.fastai_python is None:
        print("Without fastai: --fastai-python names no interpreter.")
        yield None
        return
    threads = len(os.sched_getaffinity(0))
    sizes = {**asdict(network), "vocabulary": vocabulary, "learning_rate": config.learning_rate, "threads": threads}
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "batches.npz"
        np.savez(file, **{name: values.astype("int64") for name, values in batches.items()})
        command = [config.fastai_python, "-W", "ignore", str(FASTAI), str(file), json.dumps(sizes)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

            def fit(*, seed: int = 0, bfloat16: bool = False) -> dict[str, Any]:
                assert process.stdout is not None
                print(json.dumps({"seed": seed, "bfloat16": bfloat16}), file=process.stdin, flush=True)
                return json.loads(process.stdout.readline() or sys.exit("fastai's process has ended."))

            yield fit


# The time of a step


def random_batches(config: Config) -> Batches:
    """Random tokens, for a state that is carried."""
    shape = (config.steps, config.batch_size, config.length + 1)
    tokens = np.random.default_rng(0).integers(config.vocabulary, size=shape, dtype="int32")
    return {"tokens": tokens[..., :-1], "successors": tokens[..., 1:], "starts": np.arange(config.steps) == 0}


def stock_network(config: Config) -> keras.Model:
    """The network of Keras alone, compiled. It lacks dropout of words and kernels, AR and TAR."""
    sizes = asdict(config.network)
    factor = sizes.pop("drop_mult")
    rates = [factor * rate for rate in (INPUT, *[HIDDEN] * (config.network.depth - 1), OUTPUT)]
    model = stock_lstm(config.vocabulary, batch_size=config.batch_size, dropout=rates, **sizes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(config.learning_rate), loss)
    return model


def networks(config: Config) -> dict[str, keras.Model]:
    """The networks of this process."""
    our_network = partial(awd_lstm, config.vocabulary, config.network, config)
    found = {"kerasdl": our_network(), "kerasdl, jit_compile": our_network(jit_compile=True)}
    found["stock Keras"] = stock_network(config)
    if not config.bfloat16:
        return found
    keras.config.set_dtype_policy("mixed_bfloat16")
    found |= {"kerasdl bfloat16": our_network(), "stock Keras bfloat16": stock_network(config)}
    keras.config.set_dtype_policy("float32")
    return found


def seconds_of(model: keras.Model, batches: tf.data.Dataset) -> float:
    """Median time of a step."""
    clock = Clock()
    model.fit(batches, shuffle=False, verbose=0, callbacks=[clock])
    return float(np.median(np.diff(clock.training)))


def seconds_of_peer(fit: Callable[..., Any], bfloat16: bool) -> float:
    """The same for fastai's network."""
    return statistics.median(fit(bfloat16=bfloat16)["seconds"])


def measurements(config: Config, fit: Callable[..., Any] | None) -> dict[str, Callable[[], float]]:
    """What a round measures: the median time of a step of each network."""
    batches = dataset(random_batches(config))
    found: dict[str, Callable[[], float]] = {}
    for name, model in networks(config).items():
        read = tokens_alone(batches) if name.startswith("stock") else batches
        found[name] = partial(seconds_of, model, read)
    if fit:
        for name, bfloat16 in [("fastai", False), ("fastai bfloat16", True)][: 1 + config.bfloat16]:
            if error := fit(bfloat16=bfloat16).get("error"):
                print(f"Without {name}: {error}")
            else:
                found[name] = partial(seconds_of_peer, fit, bfloat16)
    return found


def rested(seconds: Callable[[], float]) -> float:
    """A measurement after a second in which the threads of the one before stop waiting for work."""
    time.sleep(1.0)
    return seconds()


def bfloat16_instructions() -> str:
    """Whether the CPU computes in bfloat16."""
    found = {"avx512_bf16", "amx_bf16"} & cpu_flags()
    if found:
        return f"The CPU has instructions for bfloat16: {', '.join(sorted(found))}."
    return "The CPU has no instructions for bfloat16, which is emulated."


def compare_steps(config: Config) -> None:
    """Run the networks interleaved and print one line each."""
    print(bfloat16_instructions())
    print(f"Load before: {os.getloadavg()[0]:.1f} of {len(os.sched_getaffinity(0))} cores.")
    with peer(config.vocabulary, config.network, random_batches(config), config) as fit:
        measure = measurements(config, fit)
        rounds = [{name: rested(seconds) for name, seconds in measure.items()} for _ in range(config.rounds + 1)][1:]
    references = [name for name in ("fastai", "stock Keras") if name in measure]
    table = Table("", "ms per step", "tokens/s", *(f"ratio to {name}" for name in references))
    for name in measure:
        median = statistics.median(each[name] for each in rounds)
        ratios = (statistics.median(each[other] / each[name] for each in rounds) for other in references)
        rate = config.batch_size * config.length / median
        table.add_row(name, f"{1000 * median:.1f}", f"{rate:,.0f}", *(f"{ratio:.2f}" for ratio in ratios))
    Console(width=100).print(table)


# Learning


def characters(config: Config, scratch: str) -> tuple[Batches, int]:
    """The first batches of tinyshakespeare, epoch after epoch, and the number of different characters."""
    data = load("tinyshakespeare", scratch, batch_size=config.batch_size, length=config.length)
    # The last step of an epoch has positions without a successor.
    epochs = (data.epoch(number).take(data.steps - 1) for number in itertools.count())
    found = list(itertools.islice(itertools.chain.from_iterable(epochs), config.windows * config.window))
    inputs, successors = zip(*found, strict=True)
    tokens = np.stack([each["tokens"] for each in inputs])
    starts = np.stack([each["start"][0] for each in inputs])
    return {"tokens": tokens, "successors": np.stack(successors), "starts": starts}, len(data.vocabulary)


def learned(vocabulary: int, batches: Batches, seed: int, config: Config) -> np.ndarray:
    """The losses of our network, a mean per window."""
    keras.utils.set_random_seed(seed)
    cross_entropy = keras.metrics.SparseCategoricalCrossentropy(name="cross_entropy", from_logits=True)
    model = awd_lstm(vocabulary, config.learner, config, metrics=[cross_entropy])
    steps = {"epochs": config.windows, "steps_per_epoch": config.window}
    fitted = model.fit(dataset(batches), **steps, shuffle=False, verbose=0)
    return np.array(fitted.history["cross_entropy"])


def compare_learning(config: Config) -> None:
    """Train with every seed and print the losses beside each other: the mean, the lowest and the highest."""
    with tempfile.TemporaryDirectory() as scratch:
        batches, vocabulary = characters(config, scratch)
    found: dict[str, list[np.ndarray]] = {}
    with peer(vocabulary, config.learner, batches, config) as fit:
        for seed in config.seeds:
            found.setdefault("kerasdl", []).append(learned(vocabulary, batches, seed, config))
            if fit:
                losses = np.array(fit(seed=seed)["losses"])
                found.setdefault("fastai", []).append(losses.reshape(-1, config.window).mean(axis=1))
            print(f"seed {seed}:", *(f"{name} {each[-1][-1]:.4f}" for name, each in found.items()), flush=True)
    table = Table("steps", *found)
    for window in range(config.windows):
        first = window * config.window
        by_seed = ([each[window] for each in losses] for losses in found.values())
        cells = (f"{statistics.mean(each):.4f} ({min(each):.4f} to {max(each):.4f})" for each in by_seed)
        table.add_row(f"{first + 1} to {first + config.window}", *cells)
    Console(width=100).print(table)


def main(config: Config) -> None:
    """Compare the time of steps, or how the networks learn."""
    print(f"kerasdl {kerasdl.__version__}, Keras {keras.__version__}, {config}")
    (compare_learning if config.learning else compare_steps)(config)


if __name__ == "__main__":
    main(tyro.cli(Config))
