"""How much faster does a head train on precomputed features than behind its frozen body?

python benchmarks/precompute.py [--arch resnet18] [--image-size 128]

Random images in memory, batches of 64, without augmentation or validation; the two run interleaved, after a warm-up
epoch. The time to compute the features once is printed too; the faster epochs must first make up for it.
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
    """The network and the repetitions."""

    arch: str = "resnet18"
    """A builder of `kerasdl.models`."""
    image_size: int = 128
    """Side in pixels."""
    count: int = 320
    """Number of training images, of two classes."""
    rounds: int = 3
    """Number of epochs for each."""


def seconds(model: keras.Model, train: Any) -> float:
    """Time of one epoch."""
    started = time.perf_counter()
    model.fit(train, verbose=0, shuffle=False)
    return time.perf_counter() - started


def main(config: Config) -> None:
    """Train the head both ways, interleaved, and print the medians."""
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
    print(f"behind the frozen body {behind:7.2f} s per epoch")
    print(f"on features            {alone:7.2f} s per epoch, {behind / alone:.0f} times as fast")
    print(f"computing the features {once:7.2f} s, once")


if __name__ == "__main__":
    main(tyro.cli(Config))
