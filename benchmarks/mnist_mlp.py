"""MNIST with a multilayer perceptron: how many epochs does the policy save over Adam at 1e-3, on the same network?

KERASDL_DATA=FOLDER python benchmarks/mnist_mlp.py [--seeds 0 1 2] [--held-out]

Ours (range test, AdamW, one-cycle) is trained separately for each number of epochs. Adam is trained once and measured
after every epoch, which shows when it first reaches our accuracy. The hyperparameters were chosen with --held-out,
which trains on 50,000 images of the training set and measures on the other 10,000; the test images played no part.

About fifteen minutes on two cores.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import gzip
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tyro
from kerasdl import callbacks, models, optimizers
from kerasdl.models import Normalization
from real_data import real_data
from rich.console import Console
from rich.table import Table

Part = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Config:
    """The network and its trainings."""

    seeds: tuple[int, ...] = (0, 1, 2)
    """Random seeds of weights, order, noise and dropout."""
    lengths: tuple[int, ...] = (3, 6, 10)
    """Numbers of epochs of ours, one training each."""
    plain_epochs: int = 25
    """Number of epochs of Adam's training; at least the longest of ours."""
    hidden: tuple[int, ...] = (512, 512)
    """Widths of the hidden layers."""
    normalization: Normalization = "batch"
    """As in models.mlp."""
    dropout: float = 0.3
    """Dropout after each hidden layer."""
    input_dropout: float = 0.0
    """Dropout of the pixels."""
    input_noise: float = 0.5
    """Standard deviation of the noise on the pixels."""
    weight_decay: float = 0.05
    """Weight decay of AdamW; Adam has none."""
    batch_size: int = 256
    """Images per batch."""
    held_out: bool = False
    """Measure on 10,000 held-out training images instead of the test images."""


def mnist(config: Config) -> tuple[Part, Part]:
    """(images, labels) to train on and to measure on."""
    folder = real_data("mnist")
    train, test = (
        (read(folder / f"{part}-images-idx3-ubyte.gz", (28, 28)), read(folder / f"{part}-labels-idx1-ubyte.gz", ()))
        for part in ("train", "t10k")
    )
    if not config.held_out:
        return train, test
    return (train[0][:50_000], train[1][:50_000]), (train[0][50_000:], train[1][50_000:])


def read(file: Path, shape: tuple[int, ...]) -> np.ndarray:
    """The items of an idx file: a header of four bytes plus four per dimension, then the bytes themselves."""
    header = 4 + 4 * (1 + len(shape))
    return np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8, offset=header).reshape(-1, *shape)


def compiled(config: Config, seed: int, optimizer: keras.optimizers.Optimizer) -> keras.Model:
    """The network with the weights of `seed`."""
    keras.utils.set_random_seed(seed)
    model = models.mlp(
        (28, 28),
        10,
        hidden=config.hidden,
        normalization=config.normalization,
        dropout=config.dropout,
        input_dropout=config.input_dropout,
        input_noise=config.input_noise,
        preprocess=(0.1307, 0.3081),  # mean and standard deviation of the training pixels
    )
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def plain(config: Config, seed: int, train: Part, valid: Part) -> list[float]:
    """Accuracy after every epoch of Adam at 1e-3."""
    model = compiled(config, seed, keras.optimizers.Adam(1e-3))
    fitted = model.fit(
        *train, batch_size=config.batch_size, epochs=config.plain_epochs, validation_data=valid, verbose=0
    )
    accuracies = fitted.history["val_accuracy"]
    print(f"seed {seed}  Adam after each epoch:", " ".join(f"{each:.2%}" for each in accuracies), flush=True)
    return accuracies


def policy(config: Config, seed: int, train: Part, valid: Part, epochs: int) -> float:
    """Accuracy after one cycle of `epochs`."""
    model = compiled(config, seed, optimizers.AdamW(weight_decay=config.weight_decay))
    peak_lr = kerasdl.lr_find(model, *train, batch_size=config.batch_size, verbose=0).suggestion()
    cycle = callbacks.OneCycle(peak_lr)
    model.fit(*train, batch_size=config.batch_size, epochs=epochs, callbacks=[cycle], verbose=0)
    accuracy = model.evaluate(*valid, batch_size=1000, verbose=0, return_dict=True)["accuracy"]
    print(f"seed {seed}  policy, {epochs:2} epochs  {accuracy:.2%}  peak {peak_lr:.2g}", flush=True)
    return accuracy


def main(config: Config) -> None:
    """Train both ways for each seed and print the means by number of epochs."""
    train, valid = mnist(config)
    ours, curves = [], []
    for seed in config.seeds:
        ours.append([policy(config, seed, train, valid, epochs) for epochs in config.lengths])
        curves.append(plain(config, seed, train, valid))
    report(config, np.array(ours), np.array(curves))


def report(config: Config, ours: np.ndarray, curves: np.ndarray) -> None:
    """Print the table: (seeds, lengths) of ours, (seeds, epochs) of Adam."""
    means = curves.mean(axis=0)
    print("Adam's mean after each epoch:", " ".join(f"{mean:.2%}" for mean in means))
    table = Table("epochs", "policy, mean", "lowest", "Adam 1e-3, mean", "lowest", "epochs that Adam needs for ours")
    for epochs, scores in zip(config.lengths, ours.T, strict=True):
        reached = np.flatnonzero(means >= scores.mean())
        table.add_row(
            str(epochs),
            f"{scores.mean():.2%}",
            f"{scores.min():.2%}",
            *(f"{each:.2%}" for each in (means[epochs - 1], curves[:, epochs - 1].min())),
            str(reached[0] + 1) if len(reached) else f"more than {len(means)}",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main(tyro.cli(Config))
