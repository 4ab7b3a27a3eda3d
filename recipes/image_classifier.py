"""Trains an image classifier: look at the data, find the learning rate, train with one-cycle, look at the mistakes.

The default data are scikit-learn's 1,797 handwritten digits, which need no download.
"""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import kerasdl
import keras
import numpy as np
from kerasdl import callbacks, groups, interpret, models, optimizers, plots
from kerasdl.data import augment, images
from kerasdl.run_folder import Options, RunFolder, run_recipe, set_up_devices
from sklearn.datasets import load_digits

AUGMENT = {"auto": "auto", "flip": augment.standard(flip=True), "no_flip": augment.standard(), "none": None}


@dataclass(frozen=True)
class Data(Options):
    """What this recipe and fine_tuning.py have in common."""

    data: str = "digits"
    """'digits', a folder (train/CLASS and valid/CLASS, or CLASS only), or a TensorFlow Datasets name."""
    augment: Literal["auto", "flip", "no_flip", "none"] = "auto"
    """Standard augmentation, mirrored or not; auto mirrors photographs only."""
    skip_unreadable: bool = False
    """Leave out files that do not decode, and count them, instead of stopping."""
    manual_dir: str | None = None
    """Folder with the original files of a TensorFlow Datasets dataset."""
    data_dir: str | None = None
    """Where TensorFlow Datasets keeps prepared datasets."""
    download: bool = False
    """Let TensorFlow Datasets fetch what is missing."""


@dataclass(frozen=True)
class Config(Data):
    epochs: int = 30
    """Times that the training images are gone through."""
    arch: Literal["auto", "resnet8", "resnet10", "resnet18", "resnet34", "resnet50"] = "auto"
    """Network; auto is resnet8 up to 32 pixels, resnet18 above."""
    stem: Literal["auto", "small", "large"] = "auto"
    """First layers: small keeps the image's size, large quarters it; auto is small up to 16 pixels."""
    image_size: int | None = None
    """Side in pixels; by default the shorter side of the first image, at most 128."""
    channels: Literal[1, 3] = 3
    """Of the images in a folder: 3 for colour, 1 for grey."""
    preprocess: Literal["unit", "symmetric", "imagenet"] = "symmetric"
    """Scaling inside the model: to [0, 1], to [-1, 1], or by ImageNet's mean and deviation."""


def main(config: Config) -> None:
    devices = set_up_devices(config.precision, config.seed)
    run = RunFolder.of(config, "image_classifier")
    data = load(config, config.image_size, config.channels)
    learn(config, devices, run, data, network(config, data))


def learn(config: Data, devices: dict, run: RunFolder, data: images.Images, model: keras.Model, head: int = 0) -> None:
    print(data)
    run.write_config({**asdict(config), **devices, "augmentation": data.augmentation})
    pictures, labels = next(iter(data.train))
    run.save_figure("data", plots.image_sheet(pictures[:24], [data.classes[label] for label in labels[:24]]))

    rates = groups.discriminative(model, factor=2.6) if head else None
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.AdamW(weight_decay=config.weight_decay, groups=rates), loss, metrics=["accuracy"])
    found = kerasdl.lr_find(model, data.train, verbose=0)
    peak_lr = config.peak_lr or found.suggestion(config.lr_rule)
    print(f"Peak learning rate: {peak_lr:.2g} ({'given' if config.peak_lr else config.lr_rule + ' of the range test'})")
    run.save_figure("lr_range", found.plot({"peak": peak_lr}, rules=[]))

    steps, board = callbacks.StepScalars(run.logs / "steps"), keras.callbacks.TensorBoard(run.logs, write_graph=False)
    policy = [callbacks.OneCycle(peak_lr, restart_at=[head] if head else []), steps, board]
    policy += [callbacks.GradualUnfreezing([head], groups=["(?!head_)", "head_"])] if head else []
    started, epochs = time.perf_counter(), head + config.epochs
    # The pipeline shuffles; shuffle=False spares Keras saying that it will not.
    fitted = model.fit(data.train, validation_data=data.valid, epochs=epochs, shuffle=False, callbacks=policy)
    seconds = time.perf_counter() - started
    result = interpret.Classification.of(model, data.valid, data.classes)
    run.save_model(models.image_classifier(model, data.classes))
    look(run, data, steps.history, fitted.history, result)
    run.finish(result.scores, train_seconds=seconds, peak_lr=peak_lr, **data.counts)


def load(config: Data, image_size: int | tuple[int, int] | None = None, channels: int = 3) -> images.Images:
    common: dict[str, Any] = {"batch_size": config.batch_size, "seed": config.seed, "valid_share": config.valid_share}
    common |= {"augment": AUGMENT[config.augment], "image_size": image_size}
    if config.data == "digits":
        digits = load_digits()
        pixels = (digits.images * 255 / 16).round().astype(np.uint8)
        return images.from_arrays(pixels, digits.target, classes=list("0123456789"), **common)
    if Path(config.data).is_dir():
        folder: dict[str, Any] = {"channels": channels, "skip_unreadable": config.skip_unreadable}
        return images.from_folder(config.data, **folder, **common)
    places: dict[str, Any] = {"data_dir": config.data_dir, "manual_dir": config.manual_dir, "download": config.download}
    return images.from_tfds(config.data, **places, **common)


def network(config: Config, data: images.Images) -> keras.Model:
    stem = config.stem if config.stem != "auto" else "small" if max(data.shape[:2]) <= 16 else "large"
    arch = config.arch if config.arch != "auto" else "resnet8" if max(data.shape[:2]) <= 32 else "resnet18"
    return getattr(models, arch)(data.shape, len(data.classes), stem=stem, preprocess=config.preprocess)


def look(run: RunFolder, data: images.Images, steps: dict, epochs: dict, result: interpret.Classification) -> None:
    run.save_figure("schedule", plots.schedule(steps["step"], steps["learning_rate"], steps["momentum"]))
    run.save_figure("curves", plots.curves(epochs, ["loss", "accuracy"]))
    run.save_figure("confusion", plots.confusion(result.confusion, result.classes))
    worst = result.top_losses(12)
    pictures, captions = interpret.samples(data.valid, worst), [result.caption(index) for index in worst]
    run.save_figure("top_losses", plots.image_sheet(pictures, captions))


if __name__ == "__main__":
    run_recipe(main, Config)
