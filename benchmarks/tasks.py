"""Four real tasks for the other benchmarks: digits, a tenth of mnist_sample, Adult, film reviews.

All but the digits are read from the folder that KERASDL_DATA names. Everything fits in memory and trains in seconds.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import io
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from kerasdl import models
from kerasdl.data import images
from real_data import real_data
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ADULT = [
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education-num",
    "marital-status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital-gain",
    "capital-loss",
    "hours-per-week",
    "native-country",
    "income",
]
BATCH_SIZE = 64


@dataclass(frozen=True)
class Task:
    """Data, a network and a number of epochs."""

    name: str
    train: tf.data.Dataset
    valid: tf.data.Dataset
    network: Callable[[], keras.Model]
    epochs: int

    def compiled(self, optimizer: keras.optimizers.Optimizer, seed: int) -> keras.Model:
        """A new network, initialized by `seed`."""
        keras.utils.set_random_seed(seed)
        model = self.network()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, metrics=["accuracy"])
        return model


@contextmanager
def scratch(archive: str) -> Iterator[Path]:
    """An archive in KERASDL_DATA, unpacked into a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(real_data(archive)) as tar:
            tar.extractall(folder, filter="data")
        yield Path(folder)


def digits(seed: int) -> Task:
    """1,438 training and 359 validation images of 8x8, augmented; a ResNet-8."""
    found = load_digits()
    pixels = (found.images * 255 / 16).round().astype(np.uint8)
    data = images.from_arrays(pixels, found.target, classes=list("0123456789"), batch_size=BATCH_SIZE, seed=seed)
    return Task("digits", data.train, data.valid, lambda: models.resnet8(data.shape, 10, preprocess="symmetric"), 10)


def mnist_tenth(seed: int) -> Task:
    """Every tenth training image of mnist_sample (1,240 of 28x28) and all 2,038 for validation; a ResNet-8."""
    with scratch("mnist_sample/mnist_sample.tgz") as folder:
        data = images.from_folder(folder / "mnist_sample", augment=None, seed=0)
        train, valid = (
            tuple(np.concatenate(parts) for parts in zip(*part, strict=True)) for part in (data.train, data.valid)
        )
    tenth = (train[0][::10], train[1][::10])
    return _arrays("mnist_tenth", tenth, valid, lambda: models.resnet8(data.shape, 2, preprocess="symmetric"), 4, seed)


def adult(seed: int) -> Task:
    """32,561 training and 16,281 test rows of Adult, one-hot and standardized; two hidden layers."""
    folder = real_data("tabular/adult")
    options: dict[str, Any] = {"names": ADULT, "skipinitialspace": True, "na_values": "?", "comment": "|"}
    train, valid = (pd.read_csv(folder / f"adult-{part}.csv", **options) for part in ("train", "test"))
    numbers = [name for name in ADULT[:-1] if train[name].dtype.kind in "if"]
    words = [name for name in ADULT[:-1] if name not in numbers]
    columns = make_column_transformer(
        (StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore", sparse_output=False), words)
    )
    x = columns.fit_transform(train[ADULT[:-1]])
    y = [frame["income"].str.startswith(">").to_numpy() for frame in (train, valid)]
    return _arrays(
        "adult", (x, y[0]), (columns.transform(valid[ADULT[:-1]]), y[1]), _mlp(x.shape[1], 200, 100), 3, seed
    )


def reviews(seed: int) -> Task:
    """8,000 training and 4,000 test reviews of IMDB as bags of 5,000 words; one hidden layer."""
    texts: dict[str, list[str]] = {"train/pos": [], "train/neg": [], "test/pos": [], "test/neg": []}
    wanted = {"train": 4000, "test": 2000}
    with tarfile.open(real_data("imdb/aclImdb_v1_labeled.tar.xz")) as tar:
        for member in tar:
            part, label = member.name.split("/")[-3:-1] if member.isfile() and member.name.count("/") >= 2 else ("", "")
            kept = texts.get(f"{part}/{label}")
            if kept is not None and len(kept) < wanted[part] and (file := tar.extractfile(member)):
                kept.append(io.TextIOWrapper(file, "utf-8").read())
    words = CountVectorizer(max_features=5000, binary=True, dtype=np.float32)
    x = words.fit_transform(texts["train/pos"] + texts["train/neg"]).toarray()
    valid = words.transform(texts["test/pos"] + texts["test/neg"]).toarray()
    y = [np.repeat([1, 0], count) for count in wanted.values()]
    return _arrays("reviews", (x, y[0]), (valid, y[1]), _mlp(x.shape[1], 64), 3, seed)


def _arrays(name: str, train: tuple, valid: tuple, network: Callable[[], keras.Model], epochs: int, seed: int) -> Task:
    def dataset(x: np.ndarray, y: np.ndarray) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensor_slices((x.astype(np.float32), y.astype(np.int64)))

    shuffled = dataset(*train).shuffle(len(train[0]), seed=seed).batch(BATCH_SIZE)
    return Task(name, shuffled.prefetch(2), dataset(*valid).batch(512), network, epochs)


def _mlp(inputs: int, *widths: int) -> Callable[[], keras.Model]:
    def network() -> keras.Model:
        hidden = [keras.layers.Dense(width, activation="relu") for width in widths]
        return keras.Sequential([keras.Input((inputs,)), *hidden, keras.layers.Dense(2)])

    return network


TASKS: dict[str, Callable[[int], Task]] = {
    "digits": digits,
    "mnist_tenth": mnist_tenth,
    "adult": adult,
    "reviews": reviews,
}

assert kerasdl
