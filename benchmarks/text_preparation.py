"""Texts of any size to the numbers of their tokens: MB per second and peak memory of the process.

python benchmarks/text_preparation.py [--megabytes 1000] [--kind text] [--level words] [--fastai PYTHON]

The text is made up: words by Zipf's law, with capitals, punctuation and numbers, in documents of one line. Ours reads a
file of it and writes the numbers of all tokens, in a process of its own. With PYTHON, the interpreter of an environment
with fastai, fastai tokenizes and numericalizes (`tokenize_df` of spaCy, with all CPUs) a sample of the same text, and
so do we.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import tyro

MEASURE = """
import json, resource, sys, time
def measure(prepare):
    started = time.perf_counter()
    count, words = prepare()
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "memory": memory, "tokens": int(count), "words": words}))
"""
KERASDL = """
from kerasdl.data import text
def prepare():
    read = text.from_csv if sys.argv[1].endswith(".csv") else text.from_files
    tokens = text.numericalize(read(sys.argv[1]), level=sys.argv[2])
    return len(tokens.ids), len(tokens.vocabulary)
measure(prepare)
"""
FASTAI = """
import os
import pandas as pd
from fastai.text.all import *
def prepare():
    lines = Path(sys.argv[1]).read_text().splitlines()
    frame, counts = tokenize_df(pd.DataFrame({"text": lines}), "text", n_workers=os.cpu_count())
    numericalize = Numericalize(make_vocab(counts))
    return sum(len(numericalize(tokens)) for tokens in frame["text"]), len(numericalize.vocab)
measure(prepare)
"""


@dataclass(frozen=True)
class Config:
    """The text and the peer."""

    megabytes: int = 1000
    """Size of the text."""
    kind: Literal["text", "csv"] = "text"
    """A text file, which is two long documents, or a CSV file of a document per row."""
    level: Literal["words", "whitespace", "characters"] = "words"
    """Of the tokens."""
    fastai: str | None = None
    """Python interpreter of an environment with fastai."""
    sample: int = 20
    """Megabytes of the text for the comparison with fastai."""
    different: int = 500_000
    """Number of different words."""
    seed: int = 0
    """Random seed of the text."""


def lines(config: Config) -> Iterator[str]:
    """Documents of about 1,300 characters, without an end."""
    random = np.random.default_rng(config.seed)
    letters = np.array(list("etaoinshrdlucmfwypvbgk"))
    lengths = np.clip(random.poisson(7, config.different), 2, 15)
    words = np.array(["".join(random.choice(letters, length)) for length in lengths], object)
    cumulative = np.cumsum(1 / np.arange(1, config.different + 1))
    ends = np.array(["", ",", ".", "!", "?", " -", "'s", "...", " (10/10)", "!!!"], object)
    shares = [0.84, 0.06, 0.06, 0.005, 0.005, 0.005, 0.015, 0.004, 0.003, 0.003]
    while True:
        chosen = words[np.searchsorted(cumulative, random.random(2**18) * cumulative[-1])]
        chosen += random.choice(ends, len(chosen), p=shares)
        capitals = np.flatnonzero(random.random(len(chosen)) < 0.1)
        chosen[capitals] = [word.capitalize() for word in chosen[capitals]]
        for document in chosen.reshape(-1, 2**8):
            yield " ".join(document)


def write(path: Path, megabytes: int, config: Config) -> None:
    """A file of this size."""
    documents = lines(config)
    with path.open("w") as file:
        if path.suffix == ".csv":
            file.write("text,label\n")
        while file.tell() < megabytes * 1e6:
            document = next(documents)
            file.write(f'"{document}",{len(document) % 2}\n' if path.suffix == ".csv" else f"{document}\n")


def run(python: str, code: str, path: Path, level: str) -> dict[str, float]:
    """The measurements of a process."""
    with tempfile.TemporaryDirectory(dir=path.parent) as cache:
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "XDG_CACHE_HOME": cache}
        command = [python, "-W", "ignore", "-c", MEASURE + code, str(path), level]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout.strip().splitlines()[-1])


def show(name: str, path: Path, result: dict[str, float]) -> None:
    """One line of the table."""
    megabytes = path.stat().st_size / 1e6
    rate, memory = megabytes / result["seconds"], result["memory"]
    print(
        f"{name:8} {megabytes:8,.0f} {rate:8.1f} {memory:9,.0f} {result['tokens']:13,} {result['words']:8,}", flush=True
    )


def main(config: Config) -> None:
    """Prepare the text, and the sample twice, and print one line each."""
    print(f"{'':8} {'MB':>8} {'MB/s':>8} {'peak MiB':>9} {'tokens':>13} {'words':>8}")
    with tempfile.TemporaryDirectory() as scratch:
        if config.fastai:
            sample = Path(scratch) / "sample.txt"
            write(sample, config.sample, config)
            show("kerasdl", sample, run(sys.executable, KERASDL, sample, "words"))
            show("fastai", sample, run(config.fastai, FASTAI, sample, "words"))
        path = Path(scratch) / f"text.{'csv' if config.kind == 'csv' else 'txt'}"
        write(path, config.megabytes, config)
        show("kerasdl", path, run(sys.executable, KERASDL, path, config.level))


if __name__ == "__main__":
    main(tyro.cli(Config))
