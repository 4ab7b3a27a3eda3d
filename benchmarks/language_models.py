"""What perplexity in how much time? Three ways to train LSTMs of the same sizes, with the same CPU time for each.

KERASDL_DATA=FOLDER python benchmarks/language_models.py [--data ptb] [--minutes 60] [--out results.jsonl]

- policy: AWD-LSTM, range test, AdamW, one cycle of as many whole epochs as fit; the network at its end.
- stock: layers, loss and Adam of Keras at a constant learning rate; the network of the epoch with the best validation.
- constant: AWD-LSTM with that optimizer, and the network of the best epoch too.

Penn Treebank (words, its own three parts) or tinyshakespeare (characters, its last two twentieths for validation and
test). The time is that of the CPU, so that other work on the machine does not matter; range test, tracing and
validation count. The state is carried through the part that is measured, in as many streams as a batch has rows.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import json
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tyro
from kerasdl import callbacks, interpret, models, optimizers
from kerasdl.data import text
from language_tasks import NO_TOKEN, Clock, Name, ResetStates, load, reset_states, stock_lstm, tokens_alone
from rich.console import Console
from rich.table import Table

Arm = Literal["policy", "stock", "constant"]
# If the range test finds no rate.
CAUTIOUS_LR = 3e-3
# Steps of training and of validation that tell how many epochs fit.
MEASURED = 20


@dataclass(frozen=True)
class Config:
    """The text, the time and the network."""

    data: Name = "ptb"
    """The text."""
    minutes: float = 60.0
    """CPU time of each way: on two cores twice the time that passes."""
    arms: tuple[Arm, ...] = ("policy", "stock", "constant")
    """The ways to train."""
    seed: int = 0
    """Random seed of weights and dropout."""
    embedding: int = 200
    """Width of the embedding and of the last LSTM."""
    units: int = 400
    """Width of the other LSTMs."""
    depth: int = 2
    """Number of LSTMs."""
    batch_size: int = 32
    """Streams that are read in parallel."""
    length: int = 70
    """Steps through which gradients flow."""
    drop_mult: float = 1.0
    """Multiplies the dropout rates of AWD-LSTM."""
    peak_lr: float | None = None
    """Peak learning rate of the policy; by default from a range test."""
    stock_dropout: float = 0.3
    """Dropout rate before, between and after the LSTMs of stock Keras."""
    stock_tied: bool = True
    """Whether the logits of stock Keras use the matrix of its embedding: with few different tokens it learns faster
    without, with many a step takes less time."""
    stock_lr: float = 1e-3
    """Learning rate of stock and constant."""
    out: Path | None = None
    """A file to which a line of JSON per way is added."""


def awd_lstm(data: text.Streams, optimizer: keras.optimizers.Optimizer, config: Config) -> keras.Model:
    """Ours, compiled."""
    keras.utils.set_random_seed(config.seed)
    sizes = {name: getattr(config, name) for name in ("batch_size", "embedding", "units", "depth", "drop_mult")}
    model = models.awd_lstm(len(data.vocabulary), **sizes)
    model.compile(optimizer, data.loss)
    return model


class Deadline(keras.callbacks.Callback):
    """Prints a line per epoch; ends the training when another epoch would not fit."""

    def __init__(self, name: str, started: float, seconds: float, *, stops: bool) -> None:
        super().__init__()
        self.name, self.started, self.seconds, self.stops = name, started, seconds, stops

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:  # noqa: ARG002
        """Notes when the epoch began."""
        self.began = time.process_time()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Prints what validation found, which was before."""
        now = time.process_time()
        loss = (logs or {})["val_loss"]
        print(
            f"{self.name:9} epoch {epoch + 1:3}  {now - self.started:6.0f} s  validation: "
            f"{loss:.4f} nats, perplexity {math.exp(loss):.2f}",
            flush=True,
        )
        if self.stops and now + (now - self.began) > self.started + self.seconds:
            self.model.stop_training = True


def seconds_per_epoch(model: keras.Model, data: text.Streams) -> float:
    """Of training and validation, by some steps of both."""
    clock = Clock(time.process_time)
    model.fit(data.epoch(0).take(MEASURED), shuffle=False, verbose=0, callbacks=[clock])
    model.evaluate(data.valid.take(MEASURED), verbose=0, callbacks=[clock])
    # Means: the slow steps of an epoch take their time too. The first ones trace.
    train, valid = (float(np.mean(np.diff(times)[1:])) for times in (clock.training, clock.validation))
    return data.steps * train + len(data.valid) * valid


# The ways to train. Each returns the network and the number of epochs.


def policy(data: text.Streams, config: Config, started: float) -> tuple[keras.Model, int]:
    """Range test, AdamW and one cycle, without using the validation data."""
    # Another network, because these steps train.
    each = seconds_per_epoch(awd_lstm(data, optimizers.AdamW(weight_decay=0.01), config), data)
    model = awd_lstm(data, optimizers.AdamW(weight_decay=0.01), config)
    peak_lr = config.peak_lr
    if peak_lr is None:
        found = kerasdl.lr_find(model, data.train, verbose=0)
        peak_lr = CAUTIOUS_LR if found.why_none else found.suggestion()
    seconds = 60 * config.minutes
    epochs = max(1, int((started + seconds - time.process_time()) / each))
    print(f"policy    peak {peak_lr:.2g}, {epochs} epochs of about {each:.0f} s", flush=True)
    cycle = [callbacks.OneCycle(peak_lr), Deadline("policy", started, seconds, stops=False)]
    model.fit(data.train, validation_data=data.valid, epochs=epochs, shuffle=False, verbose=0, callbacks=cycle)
    return model, epochs


def stock(data: text.Streams, config: Config, started: float) -> tuple[keras.Model, int]:
    """Keras alone."""
    keras.utils.set_random_seed(config.seed)
    sizes = {name: getattr(config, name) for name in ("batch_size", "embedding", "units", "depth")}
    rates = [config.stock_dropout] * (config.depth + 1)
    model = stock_lstm(len(data.vocabulary), **sizes, dropout=rates, tied=config.stock_tied)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=NO_TOKEN)
    model.compile(keras.optimizers.Adam(config.stock_lr), loss)
    return until_deadline("stock", model, tokens_alone(data.train), tokens_alone(data.valid), config, started)


def constant(data: text.Streams, config: Config, started: float) -> tuple[keras.Model, int]:
    """Our network with Keras's optimizer at a constant rate."""
    model = awd_lstm(data, keras.optimizers.Adam(config.stock_lr), config)
    return until_deadline("constant", model, data.train, data.valid, config, started)


def until_deadline(
    name: str, model: keras.Model, train: Any, valid: Any, config: Config, started: float
) -> tuple[keras.Model, int]:
    """Train as many epochs as fit; the network is that of the best."""
    best = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=10**6, restore_best_weights=True)
    deadline = Deadline(name, started, 60 * config.minutes, stops=True)
    found = model.fit(
        train,
        validation_data=valid,
        epochs=10**6,
        shuffle=False,
        verbose=0,
        callbacks=[ResetStates(), best, deadline],
    )
    return model, len(found.epoch)


ARMS: dict[Arm, Callable[[text.Streams, Config, float], tuple[keras.Model, int]]] = {
    "policy": policy,
    "stock": stock,
    "constant": constant,
}


# The result


def measured(arm: Arm, data: text.Streams, config: Config) -> dict[str, Any]:
    """Train one way; return what came of it."""
    started = time.process_time()
    model, epochs = ARMS[arm](data, config, started)
    seconds = time.process_time() - started
    parts = {"valid": data.valid, "test": data.test}
    if arm == "stock":
        parts = {part: tokens_alone(batches) for part, batches in parts.items()}
    losses = {}
    for part, batches in parts.items():
        reset_states(model)
        losses[part] = interpret.LanguageModel.of(model, batches, data.vocabulary.words).loss
    return {
        **{key: value for key, value in asdict(config).items() if key not in ("arms", "out")},
        "arm": arm,
        "parameters": sum(int(np.prod(variable.shape)) for variable in model.trainable_variables),
        "epochs": epochs,
        "seconds": seconds,
        **{f"{part}_nats": loss for part, loss in losses.items()},
        **{f"{part}_perplexity": math.exp(loss) for part, loss in losses.items()},
        "kerasdl": kerasdl.__version__,
        "keras": keras.__version__,
    }


def main(config: Config) -> None:
    """Train every way and print the table."""
    unit = "perplexity" if config.data == "ptb" else "nats"
    columns = ("parameters", "epochs", "seconds", f"valid {unit}", f"test {unit}")
    table = Table(f"{config.data}, seed {config.seed}", *columns)
    with tempfile.TemporaryDirectory() as scratch:
        data = load(config.data, scratch, batch_size=config.batch_size, length=config.length, seed=config.seed)
        print(data, flush=True)
        for arm in config.arms:
            result = measured(arm, data, config)
            if config.out:
                with config.out.open("a") as file:
                    print(json.dumps(result), file=file)
            counts = (f"{result[name]:,.0f}" for name in ("parameters", "epochs", "seconds"))
            table.add_row(arm, *counts, *(f"{result[f'{part}_{unit}']:#.4g}" for part in ("valid", "test")))
    Console(width=100).print(table)


if __name__ == "__main__":
    main(tyro.cli(Config))
