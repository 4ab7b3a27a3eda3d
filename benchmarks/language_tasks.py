"""Texts, and the network of Keras alone, for benchmarks of language models."""

import kerasdl  # isort: skip  # noqa: F401 -- before keras: it chooses the CPU kernels
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal
from zipfile import ZipFile

import keras
from keras import layers
from kerasdl.data import text
from real_data import real_data

Name = Literal["ptb", "tinyshakespeare"]
LEVELS: dict[Name, Any] = {"ptb": "whitespace", "tinyshakespeare": "characters"}
# The label of positions after the end of a stream.
NO_TOKEN = -1


# The text


def load(name: Name, scratch: str, *, batch_size: int, length: int, seed: int = 0) -> text.Streams:
    """The text in streams of tokens; its files, and the cache, are in `scratch`."""
    os.environ["XDG_CACHE_HOME"] = scratch
    train, valid, test = FILES[name](real_data(name), Path(scratch))
    texts = text.from_files(train, valid, test=test)
    return text.language_model(texts, batch_size=batch_size, length=length, level=LEVELS[name], min_freq=1, seed=seed)


def ptb(folder: Path, scratch: Path) -> list[Path]:
    """The three files of the archive."""
    names = [f"ptb.{part}.txt" for part in ("train", "valid", "test")]
    with ZipFile(folder / "ptb.zip") as archive:
        return [Path(archive.extract(name, scratch)) for name in names]


def tinyshakespeare(folder: Path, scratch: Path) -> list[Path]:
    """The first nine tenths of the file, and its last two twentieths."""
    content = (folder / "input.txt").read_text()
    ends = [0, len(content) * 18 // 20, len(content) * 19 // 20, len(content)]
    files = [scratch / f"{part}.txt" for part in ("train", "valid", "test")]
    for file, begin, end in zip(files, ends[:-1], ends[1:], strict=True):
        file.write_text(content[begin:end])
    return files


FILES: dict[Name, Callable[[Path, Path], list[Path]]] = {"ptb": ptb, "tinyshakespeare": tinyshakespeare}


# The network


def stock_lstm(
    vocabulary_size: int,
    *,
    batch_size: int,
    embedding: int,
    units: int,
    depth: int,
    dropout: Sequence[float],
    tied: bool = True,
) -> keras.Model:
    """The same sizes from Keras alone: variational dropout before each LSTM and after, carried state."""
    tokens = keras.Input((None,), batch_size=batch_size, dtype="int32")
    table = layers.ReversibleEmbedding(vocabulary_size, embedding, reverse_dtype="float32")
    x = table(tokens)
    widths = [units] * (depth - 1) + [embedding if tied else units]
    for width, rate in zip(widths, dropout[:-1], strict=True):
        x = layers.SpatialDropout1D(rate)(x)
        x = layers.LSTM(width, return_sequences=True, stateful=True)(x)
    x = layers.SpatialDropout1D(dropout[-1])(x)
    logits = table(x, reverse=True) if tied else layers.Dense(vocabulary_size, dtype="float32")(x)
    return keras.Model(tokens, logits)


def reset_states(model: keras.Model) -> None:
    """Empty the states of stateful layers; ours do so by themselves."""
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            layer.reset_state()


class ResetStates(keras.callbacks.Callback):
    """Every epoch and every validation begins with empty states."""

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:  # noqa: ARG002
        """The epoch begins."""
        reset_states(self.model)

    def on_test_begin(self, logs: dict | None = None) -> None:  # noqa: ARG002
        """The validation begins."""
        reset_states(self.model)


def tokens_alone(batches: Any) -> Any:
    """The batches for a network that is not told which rows start anew."""
    return batches.map(lambda inputs, successors: (inputs["tokens"], successors))


class Clock(keras.callbacks.Callback):
    """When the steps of training and of validation began, by any clock."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        super().__init__()
        self.now = now
        self.training: list[float] = []
        self.validation: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:  # noqa: ARG002
        """A step of training begins."""
        self.training.append(self.now())

    def on_test_batch_begin(self, batch: int, logs: dict | None = None) -> None:  # noqa: ARG002
        """A step of validation begins."""
        self.validation.append(self.now())
