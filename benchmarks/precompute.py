"""How much faster are a head's epochs on precomputed features than behind its frozen body?

python benchmarks/precompute.py [--arch resnet18] [--image-size 128]

Random pictures in memory, batches of 64, no augmentation on either side, validation left out; the two in turn, after an
epoch that is not measured. What running the body once costs is printed too: so many epochs must be saved first.
"""

import kerasdl  # isort: skip -- before keras: it chooses the CPU kernels
import statistics
import tempfile
import time
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tyro
from kerasdl import groups, models
from kerasdl.data import features, images


@dataclass(frozen=True)
class Config:
    """What is measured, and how often."""

    arch: str = "resnet18"
    """A builder of `kerasdl.models`."""
    image_size: int = 128
    """Side in pixels."""
    count: int = 320
    """Pictures to train on, of two classes."""
    rounds: int = 3
    """Epochs of each."""


def seconds(model: keras.Model, train: Any) -> float:
    """Of an epoch."""
    started = time.perf_counter()
    model.fit(train, verbose=0, shuffle=False)
    return time.perf_counter() - started


def main(config: Config) -> None:
    """Trains the head both ways in turn and prints the medians."""
    random = np.random.default_rng(0)
    shape = (config.image_size, config.image_size, 3)
    pixels, labels = random.integers(0, 256, (config.count, *shape), dtype=np.uint8), np.arange(config.count) % 2
    few = (pixels[:8], labels[:8])
    data = images.from_arrays(pixels, labels, classes=["a", "b"], valid=few, augment=None)
    model = getattr(models, config.arch)(shape, 2, preprocess="imagenet")
    groups.freeze_to(model, -1)
    model.compile("adam", data.loss)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        body, head = models.split_head(model)
        seen = features.precompute(body, data, folder=folder, verbose=0)
        once = time.perf_counter() - started
        head.compile("adam", data.loss)
        for each, train in ((model, data.train), (head, seen.train)):
            seconds(each, train)
        times = [(seconds(model, data.train), seconds(head, seen.train)) for _ in range(config.rounds)]
    behind, alone = (statistics.median(each) for each in zip(*times, strict=True))
    print(f"kerasdl {kerasdl.__version__}, Keras {keras.__version__}, {config}")
    print(f"behind the frozen body {behind:7.2f} s an epoch")
    print(f"on features            {alone:7.2f} s an epoch, {behind / alone:.0f} times as fast")
    print(f"computing the features {once:7.2f} s, once")


if __name__ == "__main__":
    main(tyro.cli(Config))
