"""How accurate is a ResNet-20 after 20 epochs on 10,000 images of CIFAR-10?

KERASDL_DATA=FOLDER python benchmarks/cifar.py [--depth 20] [--epochs 20] [--seeds 0]

The network of He et al. (arXiv:1512.03385, section 4.2) from scratch: range test, AdamW, one cycle, a preset of
augmentation; accuracy on 2,000 images of the official test set. A ResNet-8 reaches 71.1 % in as many epochs with
stock Keras.
"""

import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import kerasdl
import keras
import tyro
from kerasdl import callbacks, models, optimizers
from kerasdl.data import augment, images
from real_data import real_data


@dataclass(frozen=True)
class Config:
    """The training, and its seeds."""

    depth: int = 20
    """Number of layers: 6 n + 2."""
    epochs: int = 20
    """Number of epochs."""
    augment: Literal["cifar", "standard"] = "cifar"
    """Preset: shifts and flips, as in the paper, or fastai's transforms."""
    seeds: tuple[int, ...] = (0,)
    """Random seeds, one training per seed."""


def main(config: Config) -> None:
    """Train once per seed and print one line each."""
    presets = {"cifar": augment.cifar(), "standard": augment.standard(flip=True)}
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(real_data("cifar10_subset/cifar10_png_10k_2k.tgz")) as tar:
            tar.extractall(scratch, filter="data")
        folder = next(Path(scratch).rglob("train")).parent
        for seed in config.seeds:
            keras.utils.set_random_seed(seed)
            data = images.from_folder(folder, augment=presets[config.augment], seed=seed)
            model = models.cifar_resnet(data.shape, len(data.classes), depth=config.depth, preprocess="symmetric")
            model.compile(optimizers.AdamW(weight_decay=0.01), data.loss, metrics=["accuracy"])
            peak_lr = kerasdl.lr_find(model, data.train, verbose=0).suggestion()
            started = time.perf_counter()
            fitted = model.fit(
                data.train,
                validation_data=data.valid,
                epochs=config.epochs,
                shuffle=False,
                verbose=2,
                callbacks=[callbacks.OneCycle(peak_lr)],
            )
            seconds, accuracy = time.perf_counter() - started, fitted.history["val_accuracy"][-1]
            print(f"{config}: seed {seed}, peak {peak_lr:.2g}: accuracy {accuracy:.2%} after {seconds:.0f} s")


if __name__ == "__main__":
    main(tyro.cli(Config))
