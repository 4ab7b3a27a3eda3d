"""Is a text classifier from an encoder as accurate as fastai's, and a training step as fast? IMDb's sample.

KERASDL_DATA=FOLDER python benchmarks/text_classifiers.py --encoder RUN [--fastai-python PYTHON] [--seeds 0 1 2]

RUN is a run of recipes/language_model.py, or its encoder.npz; PYTHON the interpreter of an environment with fastai.
Both classifiers have the weights of the encoder, the same tokens (800 reviews for training, 200 for validation),
dropout rates, groups, epochs and peak learning rates; otherwise each has what its own library does by default. So
fastai has another momentum, AR and TAR, less padding, and gradients through 72 tokens instead of 1,440.

Steps: the whole network, the same documents in each batch, with the padding of each library; interleaved rounds, by the
clock and in CPU time, which counts all threads and hardly depends on other work on the machine, if OMP_WAIT_POLICY is
PASSIVE: otherwise PyTorch's threads count while they wait. Accuracy: three stages, each with a cycle of its own: the
head, the last two groups, the whole network.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tyro
from kerasdl import callbacks, groups, models, optimizers
from kerasdl.data import text
from kerasdl.data.splits import Part
from language_tasks import Clock
from real_data import real_data
from rich.console import Console
from rich.table import Table

Batches = list[tuple[np.ndarray, np.ndarray]]
Fit = Callable[[Any], Any]
FASTAI = Path(__file__).parent / "fastai_text_classifiers.py"
STAGES = ("head", "last two groups", "whole network")
# The first group that trains in each stage.
FIRST = (-1, -2, 0)
FACTOR = 2.6


@dataclass(frozen=True)
class Config:
    """The encoder, the peer and the training."""

    encoder: Path
    """A run of recipes/language_model.py with LSTMs and words, or its encoder.npz."""
    fastai_python: str | None = None
    """Python interpreter of an environment with fastai."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Random seeds of heads, dropout and the order of documents; none leaves the accuracy out."""
    rounds: int = 5
    """Rounds of steps, after one that traces; 0 leaves them out."""
    steps: int = 4
    """Steps of a round."""
    batch_size: int = 32
    """Documents of a batch."""
    epochs: tuple[int, int, int] = (2, 1, 2)
    """Epochs of each stage."""
    peak_lrs: tuple[float, float, float] = (0.02, 0.01, 0.001)
    """Peak learning rate of the head in each stage."""
    drop_mult: float = 0.5
    """Multiplies the dropout rates."""

    @property
    def file(self) -> Path:
        """The weights of the encoder."""
        return self.encoder / "encoder.npz" if self.encoder.is_dir() else self.encoder

    @property
    def stages(self) -> list[tuple[int, int, float]]:
        """First group that trains, epochs and peak learning rate of each stage."""
        return list(zip(FIRST, self.epochs, self.peak_lrs, strict=True))


def documents(config: Config, scratch: str) -> text.Documents:
    """The reviews in the encoder's words; the cache is in `scratch`."""
    os.environ["XDG_CACHE_HOME"] = scratch
    texts = text.from_csv(real_data("imdb/imdb_sample/texts.csv"))
    vocabulary = text.Vocabulary(models.encoder_words(config.file), "words")
    return text.classifier(texts, vocabulary=vocabulary, batch_size=config.batch_size)


def classifier(data: text.Documents, config: Config) -> keras.Model:
    """Ours, with the weights of the encoder."""
    sizes = models.encoder_sizes(config.file)
    model = models.text_classifier(len(data.vocabulary), len(data.classes), drop_mult=config.drop_mult, **sizes)
    models.load_encoder(model, config.file, data.vocabulary.words)
    return model


def compile_stage(model: keras.Model, data: text.Documents, first: int) -> None:
    """Compile for a stage, and freeze the groups before the first one that trains."""
    rates = groups.discriminative(model, factor=FACTOR)[first:]
    model.compile(optimizers.AdamW(weight_decay=0.01, groups=rates), data.loss, metrics=["accuracy"])
    groups.freeze_to(model, first)


# The peer


def for_fastai(data: text.Documents, batches: Batches, config: Config) -> dict[str, np.ndarray]:
    """Documents, batches and weights."""
    found = {"ids": data.tokens.ids.astype("int64"), "starts": data.tokens.starts, "labels": data.tokens.texts.labels}
    found |= {part.name.lower(): data.document_numbers(part) for part in (Part.TRAIN, Part.VALID)}
    for number, (tokens, labels) in enumerate(batches):
        found |= {f"tokens {number}": tokens.astype("int64"), f"labels {number}": labels}
    return found | {f"weight {name}": values for name, values in weights_for_fastai(config.file).items()}


def weights_for_fastai(file: Path) -> dict[str, np.ndarray]:
    """The encoder's weights under the names of fastai's AWD-LSTM, in PyTorch's layout."""
    tensors = dict(np.load(file))
    found = {"encoder.weight": tensors["embedding"], "encoder_dp.emb.weight": tensors["embedding"]}
    for number in range(len(models.encoder_sizes(file)["units"])):
        kernel, recurrent, bias = (
            tensors[f"stage{number + 1}_lstm.{name}"] for name in ("kernel", "recurrent_kernel", "bias")
        )
        found |= {
            f"rnns.{number}.weight_hh_l0_raw": recurrent.T,
            f"rnns.{number}.module.weight_ih_l0": kernel.T,
            f"rnns.{number}.module.bias_ih_l0": bias,
            f"rnns.{number}.module.bias_hh_l0": np.zeros_like(bias),
        }
    return found


def settings_for_fastai(data: text.Documents, config: Config) -> dict[str, Any]:
    """Sizes and training."""
    sizes = models.encoder_sizes(config.file)
    return {
        "vocabulary": len(data.vocabulary),
        "classes": len(data.classes),
        "emb_sz": sizes["embedding"],
        "n_hid": sizes["units"][0],
        "n_layers": len(sizes["units"]),
        "drop_mult": config.drop_mult,
        "batch_size": config.batch_size,
        "steps": config.steps,
        "stages": config.stages,
        "factor": FACTOR,
        "threads": len(os.sched_getaffinity(0)),
    }


@contextmanager
def peer(data: text.Documents, batches: Batches, config: Config, scratch: str) -> Iterator[Fit | None]:
    """A process that takes fastai's steps, or trains with a seed, whenever it is called, and waits in between."""
    if config.fastai_python is None:
        print("Without fastai: --fastai-python names no interpreter.")
        yield None
        return
    file = Path(scratch) / "fastai.npz"
    np.savez(file, **for_fastai(data, batches, config))
    settings = json.dumps(settings_for_fastai(data, config))
    command = [config.fastai_python, "-W", "ignore", str(FASTAI), str(file), settings]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def fit(do: Any) -> Any:
            assert process.stdout is not None
            print(json.dumps(do), file=process.stdin, flush=True)
            return json.loads(process.stdout.readline() or sys.exit("fastai's process has ended."))

        yield fit


# The time of a step


def fixed_batches(data: text.Documents, config: Config) -> Batches:
    """The batches whose steps are timed."""
    return [tuple(each.numpy() for each in batch) for batch in data.epoch(0).take(config.steps)]


def dataset(batches: Batches) -> tf.data.Dataset:
    """The batches, which are not equally long, as our network reads them."""
    signature = tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None,), tf.int64)
    found = tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=signature)
    return found.apply(tf.data.experimental.assert_cardinality(len(batches)))


def seconds_of(model: keras.Model, batches: tf.data.Dataset) -> list[float]:
    """Time, and time of the CPU, of a step on each batch."""
    clocks = [Clock(), Clock(time.process_time)]
    model.fit(batches, shuffle=False, verbose=0, callbacks=[*clocks])
    return [clock.now() - clock.training[0] for clock in clocks]


def rested(seconds: Callable[[], list[float]]) -> list[float]:
    """A measurement after a second in which the threads of the one before stop waiting for work."""
    time.sleep(1.0)
    return seconds()


def compare_steps(data: text.Documents, batches: Batches, fit: Fit | None, config: Config) -> None:
    """Take the steps of both interleaved and print one line each."""
    print(f"Load before: {os.getloadavg()[0]:.1f} of {len(os.sched_getaffinity(0))} cores.")
    model = classifier(data, config)
    compile_stage(model, data, FIRST[-1])
    measure: dict[str, Callable[[], list[float]]] = {"kerasdl": partial(seconds_of, model, dataset(batches))}
    if fit:
        measure["fastai"] = partial(fit, "steps")
    # (rounds, networks, clocks), without the round that traces.
    rounds = [[rested(seconds) for seconds in measure.values()] for _ in range(config.rounds + 1)][1:]
    found = np.array(rounds) / len(batches)
    medians, ratios = 1000 * np.median(found, axis=0), np.median(found[:, -1:] / found, axis=0)
    print(f"Batches of {config.batch_size} texts, padded to {[tokens.shape[1] for tokens, _ in batches]} tokens.")
    heads = ("ms per step", "ms of CPU time", f"ratio to {list(measure)[-1]}", "of CPU time")
    table = Table("", *heads)
    for name, times, ratio in zip(measure, medians, ratios, strict=True):
        table.add_row(name, *(f"{each:,.0f}" for each in times), *(f"{each:.2f}" for each in ratio))
    Console(width=100).print(table)


# Accuracy


def train(seed: int, data: text.Documents, config: Config) -> dict[str, Any]:
    """The accuracy of our classifier after each stage, and the time."""
    keras.utils.set_random_seed(seed)
    data, model = replace(data, seed=seed), classifier(data, config)
    accuracies, began = [], time.process_time()
    for first, epochs, peak_lr in config.stages:
        compile_stage(model, data, first)
        cycle = callbacks.OneCycle(peak_lr)
        options = {"validation_data": data.valid, "shuffle": False, "verbose": 0, "callbacks": [cycle]}
        fitted = model.fit(data.train, epochs=epochs, **options)
        accuracies.append(fitted.history["val_accuracy"][-1])
    return {"accuracies": accuracies, "seconds": time.process_time() - began}


def compare_accuracy(data: text.Documents, fit: Fit | None, config: Config) -> None:
    """Train with every seed and print the accuracies beside each other: the mean, the lowest and the highest."""
    trainings: dict[str, Fit] = {"kerasdl": partial(train, data=data, config=config)}
    if fit:
        trainings["fastai"] = fit
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in trainings}
    for seed in config.seeds:
        for name, training in trainings.items():
            found[name].append(result := training(seed))
            accuracies = ", ".join(f"{accuracy:.1%}" for accuracy in result["accuracies"])
            print(f"seed {seed}: {name:8} {accuracies}, {result['seconds']:.0f} s of CPU time", flush=True)
    table = Table("accuracy after training", *found)
    for stage, name in enumerate(STAGES):
        by_seed = ([each["accuracies"][stage] for each in results] for results in found.values())
        table.add_row(name, *(f"{statistics.mean(each):.1%} ({min(each):.1%} to {max(each):.1%})" for each in by_seed))
    seconds = (statistics.mean(each["seconds"] for each in results) for results in found.values())
    table.add_row("seconds of CPU time", *(f"{each:.0f}" for each in seconds))
    Console(width=100).print(table)


def main(config: Config) -> None:
    """Compare steps and accuracy."""
    print(f"kerasdl {kerasdl.__version__}, Keras {keras.__version__}, {config}")
    with tempfile.TemporaryDirectory() as scratch:
        data = documents(config, scratch)
        print(data)
        batches = fixed_batches(data, config)
        with peer(data, batches, config, scratch) as fit:
            if config.rounds:
                compare_steps(data, batches, fit, config)
            if config.seeds:
                compare_accuracy(data, fit, config)


if __name__ == "__main__":
    main(tyro.cli(Config))
