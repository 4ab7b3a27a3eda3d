"""Trains an image classifier: look at the data, find the learning rate, train with one-cycle, look at the mistakes.

With pretrained weights (--weights) the new head is trained first, then the whole network, at once or layer group by
layer group, each group at 2.6 times the learning rate of the one before it (Howard and Ruder, arXiv:1801.06146), with
one cycle per stage. The default data are scikit-learn's 1,797 handwritten digits, which need no download.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import kerasdl
import keras
from kerasdl import distribute, export, interpret, optimizers, plots, runs
from kerasdl.data import images
from kerasdl.errors import BadInput

# If the range test finds no rate: of a new network or head, and of a pretrained network. See docs/measurements.md.
CAUTIOUS_LR = 0.003
CAUTIOUS_LR_PRETRAINED = CAUTIOUS_LR / 200


@dataclass(frozen=True)
class Config:
    images: runs.ImageData = field(default_factory=runs.ImageData)
    network: runs.ImageNetwork = field(default_factory=runs.ImageNetwork)
    transfer: runs.Transfer = field(default_factory=runs.Transfer)
    run: runs.Options = field(default_factory=runs.Options)
    epochs: int = 30
    """Number of epochs of the whole network."""
    start_size: int | None = None
    """Image side in pixels for the first half of the epochs: progressive resizing."""

    def __post_init__(self) -> None:
        runs.check_counts(epochs=self.epochs, start_size=self.start_size)
        if self.start_size is not None and self.epochs < 2:
            raise BadInput(f"Progressive resizing needs two epochs or more. Received: epochs={self.epochs}")


def main(config: Config) -> None:
    run = runs.RunFolder.of(config, "image_classifier", config.images.data)
    devices = runs.set_up_devices(run.precision, config.run.seed, config.run.deterministic)
    resizes, transfer = config.start_size is not None, config.transfer
    data, model = runs.images_and_network(config.images, config.network, transfer, config.run, any_size=resizes)
    unfreeze_at = transfer.unfreeze_at(model, config.epochs)
    middle = transfer.epochs_of_head + (config.epochs + 1) // 2
    train = data.progressive({middle: config.start_size}) if config.start_size else data.train
    print(data)
    facts = {**devices, "precision": keras.config.dtype_policy().name, "augmentation": data.augmentation}
    run.write_config({**runs.flattened(config), **facts})
    run.save_figure("data", interpret.show_batch(data, 24))
    run.save_text("summary", str(kerasdl.summary(model, input_shape=data.shape)))
    run.save_figure("augmentation", plots.image_sheet(data.augmented(0, 12), ["original", *[""] * 11]))

    seconds, rate = train_head(config, run, data, model) if transfer.epochs_of_head else (0.0, None)
    rates = kerasdl.groups.discriminative(model, factor=2.6) if transfer.is_pretrained else None
    with distribute.strategy().scope():
        optimizer = optimizers.AdamW(weight_decay=config.run.weight_decay, groups=rates)
        model.compile(optimizer, data.loss, metrics=["accuracy"])
    if rate is None or config.run.peak_lr:
        cautious = CAUTIOUS_LR_PRETRAINED if transfer.is_pretrained else CAUTIOUS_LR
        peak_lr = runs.peak_lr(run, model, train, config.run, cautious=cautious)
    else:
        peak_lr = runs.after_head(run, model, train, rate)
    stage = runs.Stage(run, peak_lr, data=data, evaluate=lambda: predicted(model, data), unfreeze_at=unfreeze_at)
    # The pipeline shuffles; shuffle=False avoids a warning from Keras.
    fitted = model.fit(
        train, validation_data=data.valid, epochs=config.epochs, shuffle=False, callbacks=stage.callbacks
    )
    seconds += stage.finish(fitted.history, ["loss", "accuracy"])
    evaluate(config, run, data, model, train_seconds=seconds, peak_lr=peak_lr)


def train_head(config: Config, run: runs.RunFolder, data: images.Images, model: keras.Model) -> tuple[float, float]:
    """Trains the new head alone; the seconds it took, and its peak learning rate by the rule descent."""
    started = time.perf_counter()
    with runs.frozen_body(model, data, precompute=config.transfer.precompute) as (learner, seen):
        seconds = time.perf_counter() - started
        with distribute.strategy().scope():
            learner.compile(optimizers.AdamW(weight_decay=config.run.weight_decay), data.loss, metrics=["accuracy"])
        found = runs.range_test(run, learner, seen.train, config.run.lr_rule, CAUTIOUS_LR, prefix="head_")
        peak_lr = runs.announced(*runs.suggested(found, config.run.lr_rule, CAUTIOUS_LR))
        stage, epochs = runs.Stage(run, peak_lr, data=seen, prefix="head_"), config.transfer.epochs_of_head
        fitted = learner.fit(
            seen.train, validation_data=seen.valid, epochs=epochs, shuffle=False, callbacks=stage.callbacks
        )
        seconds += stage.finish(fitted.history, ["loss", "accuracy"])
    return seconds, runs.suggested(found, "descent", CAUTIOUS_LR)[0]


def evaluate(config: Config, run: runs.RunFolder, data: images.Images, model: keras.Model, **more: Any) -> None:
    """Saves the model, and writes metrics and figures of what it gets wrong."""
    result = predicted(model, data)
    if config.images.tta:
        copies = data.test_time_augmentation(config.images.tta)
        averaged = interpret.Classification.of_test_time_augmentation(model, data.valid, copies, data.classes)
        more["tta_accuracy"] = averaged.accuracy
    if data.test_pictures:
        more["test_accuracy"] = interpret.Classification.of(model, data.test, data.classes).accuracy
    run.save_model(export.image_classifier(model, data.classes, image_size=data.shape[:2]), result.scores)
    runs.look_at_images(run, model, data, result)
    intervals = runs.look(run, result, data)
    run.finish(result.scores, warning=result.warning, intervals=intervals, **more, **data.counts)


def predicted(model: keras.Model, data: images.Images) -> interpret.Classification:
    return interpret.Classification.of(model, data.valid, data.classes)


if __name__ == "__main__":
    runs.run_recipe(main, Config)
