"""Trains an image classifier: look at the data, find the learning rate, train with one-cycle, look at the mistakes.

The default data are scikit-learn's 1,797 handwritten digits, which need no download.
"""

import time
from dataclasses import asdict, dataclass
from typing import Any, Literal

import kerasdl
import keras
from kerasdl import callbacks, groups, interpret, models, optimizers, plots
from image_data import Data, load
from kerasdl.data import images
from kerasdl.errors import BadInput
from kerasdl.run_folder import RunFolder, run_recipe, set_up_devices


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
    start_size: int | None = None
    """Side in pixels for the first half of the epochs: progressive resizing."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start_size and self.epochs < 2:
            raise BadInput(f"Images grow between epochs: take two at least. Received: epochs={self.epochs}")


def main(config: Config) -> None:
    devices = set_up_devices(config.precision, config.seed)
    run = RunFolder.of(config, "image_classifier")
    data = load(config, config.image_size, config.channels)
    train = data.progressive({(config.epochs + 1) // 2: config.start_size}) if config.start_size else data.train
    learn(config, devices, run, data, train, network(config, data))


def learn(
    config: Data, devices: dict, run: RunFolder, data: images.Images, train: Any, model: keras.Model, head: int = 0
) -> None:
    print(data)
    run.write_config({**asdict(config), **devices, "augmentation": data.augmentation})
    run.save_figure("data", plots.image_sheet(*data.sheet()))
    run.save_figure("augmentation", plots.image_sheet(data.draws(0, 12), ["as it is", *[""] * 11]))

    rates = groups.discriminative(model, factor=2.6) if head else None
    model.compile(optimizers.AdamW(weight_decay=config.weight_decay, groups=rates), data.loss, metrics=["accuracy"])
    found = kerasdl.lr_find(model, train, verbose=0)
    peak_lr = config.peak_lr or found.suggestion(config.lr_rule)
    print(f"Peak learning rate: {peak_lr:.2g} ({'given' if config.peak_lr else config.lr_rule + ' of the range test'})")
    run.save_figure("lr_range", found.plot({"peak": peak_lr}, rules=[]))

    steps, board = callbacks.StepScalars(run.logs / "steps"), keras.callbacks.TensorBoard(run.logs, write_graph=False)
    policy = [callbacks.OneCycle(peak_lr, restart_at=[head] if head else []), steps, board]
    policy += [callbacks.GradualUnfreezing([head], groups=["(?!head_)", "head_"])] if head else []
    started, epochs = time.perf_counter(), head + config.epochs
    # The pipeline shuffles; shuffle=False spares Keras saying that it will not.
    fitted = model.fit(train, validation_data=data.valid, epochs=epochs, shuffle=False, callbacks=policy)
    seconds = time.perf_counter() - started
    result = interpret.Classification.of(model, data.valid, data.classes)
    more = {"peak_lr": peak_lr, **data.counts}
    if config.views:
        views = data.views(config.views)
        more["views_accuracy"] = interpret.Classification.of_views(model, data.valid, views, data.classes).accuracy
    if data.test_pictures:
        more["test_accuracy"] = interpret.Classification.of(model, data.test, data.classes).accuracy
    run.save_model(models.image_classifier(model, data.classes, image_size=data.shape[:2]))
    look(run, data, steps.history, fitted.history, result)
    run.finish(result.scores, train_seconds=seconds, **more)


def network(config: Config, data: images.Images) -> keras.Model:
    stem = config.stem if config.stem != "auto" else "small" if max(data.shape[:2]) <= 16 else "large"
    arch = config.arch if config.arch != "auto" else "resnet8" if max(data.shape[:2]) <= 32 else "resnet18"
    shape = (None, None, data.shape[2]) if config.start_size else data.shape
    return getattr(models, arch)(shape, len(data.classes), stem=stem, preprocess=config.preprocess)


def look(run: RunFolder, data: images.Images, steps: dict, epochs: dict, result: interpret.Classification) -> None:
    run.save_figure("schedule", plots.schedule(steps["step"], steps["learning_rate"], steps["momentum"]))
    run.save_figure("curves", plots.curves(epochs, ["loss", "accuracy"]))
    run.save_figure("confusion", plots.confusion(result.confusion, result.classes))
    worst = result.top_losses(12)
    pictures, captions = interpret.samples(data.valid, worst), [result.caption(index) for index in worst]
    run.save_figure("top_losses", plots.image_sheet(pictures, captions))


if __name__ == "__main__":
    run_recipe(main, Config)
