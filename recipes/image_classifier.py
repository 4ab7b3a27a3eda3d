"""Trains an image classifier: look at the data, find the learning rate, train with one-cycle, look at the mistakes.

With trained weights (--weights) a new head learns first, then the whole network, at once or layer group by layer group,
each at 2.6 times the rate of the one before it (Howard and Ruder, arXiv:1801.06146), one cycle over each stage.
The default data are scikit-learn's 1,797 handwritten digits, which need no download.
"""

import time
from dataclasses import asdict, dataclass
from typing import Any

import kerasdl
import keras
from kerasdl import callbacks, groups, interpret, models, optimizers, plots
from image_network import Network, images_and_network
from kerasdl.data import features, images
from kerasdl.errors import BadInput
from kerasdl.lr_range import LRRange
from kerasdl.run_folder import RunFolder, run_recipe, set_up_devices

# How many times the whole network's peak rate goes into that of its head alone. A range test of the whole says nothing
# once the head has learned: its loss does not fall any more. Measured, with descent's rates: docs/transfer.md.
AFTER_HEAD = 200


@dataclass(frozen=True)
class Config(Network):
    start_size: int | None = None
    """Side in pixels for the first half of the epochs: progressive resizing."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start_size is not None and self.epochs < 2:
            raise BadInput(f"Images grow between epochs: take two at least. Received: epochs={self.epochs}")


def main(config: Config) -> None:
    devices = set_up_devices(config.precision, config.seed)
    run = RunFolder.of(config, "image_classifier")
    data, model = images_and_network(config, any_size=config.start_size is not None)
    stages = config.stages(model)
    print(data)
    precision = keras.config.dtype_policy().name
    run.write_config({**asdict(config), **devices, "precision": precision, "augmentation": data.augmentation})
    run.save_figure("data", plots.image_sheet(*data.sheet()))
    run.save_figure("augmentation", plots.image_sheet(data.draws(0, 12), ["as it is", *[""] * 11]))

    middle = config.epochs_of_head + (config.epochs + 1) // 2
    train = data.train if config.start_size is None else data.progressive({middle: config.start_size})
    head_seconds, after_head = train_head(config, run, data, model) if config.epochs_of_head else (0.0, None)
    rates = groups.discriminative(model, factor=2.6) if config.is_pretrained else None
    model.compile(optimizers.AdamW(weight_decay=config.weight_decay, groups=rates), data.loss, metrics=["accuracy"])
    peak_lr = config.peak_lr or after_head or range_test(config, run, model, train).suggestion(config.lr_rule)
    how = "given" if config.peak_lr else f"the head's, divided by {AFTER_HEAD}" if after_head else config.lr_rule
    print(f"Peak learning rate: {peak_lr:.2g} ({how})")
    seconds = fit(run, model, (train, data.valid), config.epochs, peak_lr, *stages)
    more = {"train_seconds": head_seconds + seconds, "peak_lr": peak_lr, **data.counts}

    result = interpret.Classification.of(model, data.valid, data.classes)
    if config.views:
        views = data.views(config.views)
        more["views_accuracy"] = interpret.Classification.of_views(model, data.valid, views, data.classes).accuracy
    if data.test_pictures:
        more["test_accuracy"] = interpret.Classification.of(model, data.test, data.classes).accuracy
    run.save_model(models.image_classifier(model, data.classes, image_size=data.shape[:2]))
    run.save_figure("confusion", plots.confusion(result.confusion, result.classes))
    worst = result.top_losses(12)
    pictures, captions = interpret.samples(data.valid, worst), [result.caption(index) for index in worst]
    run.save_figure("top_losses", plots.image_sheet(pictures, captions))
    run.finish(result.scores, **more)


def train_head(config: Config, run: RunFolder, data: images.Images, model: keras.Model) -> tuple[float, float]:
    """Trains the new head alone, on images or their features; its time, and the whole network's peak rate after it."""
    *body_layers, _ = groups.layer_groups(model).values()
    started = time.perf_counter()
    learner: keras.Model = model
    seen: images.Images | features.Features = data
    if config.precompute:
        body, learner = models.split_head(model)
        seen = features.precompute(body, data)
    seconds = time.perf_counter() - started
    with groups.frozen([layer for layers in body_layers for layer in layers]):
        learner.compile(optimizers.AdamW(weight_decay=config.weight_decay), data.loss, metrics=["accuracy"])
        found = range_test(config, run, learner, seen.train, "head_")
        peak_lr = found.suggestion(config.lr_rule)
        seconds += fit(run, learner, (seen.train, seen.valid), config.epochs_of_head, peak_lr, prefix="head_")
    return seconds, found.suggestion() / AFTER_HEAD


def range_test(config: Config, run: RunFolder, model: keras.Model, train: Any, prefix: str = "") -> LRRange:
    found = kerasdl.lr_find(model, train, verbose=0)
    run.save_figure(f"{prefix}lr_range", found.plot(rules=[config.lr_rule]))
    if found.why_none:
        way_out = "leave the head's stage out (--head-epochs 0)" if prefix else "give the peak rate (--peak-lr)"
        raise BadInput(f"{found.why_none} It is drawn in {run.path}/{prefix}lr_range.png; {way_out}.")
    return found


def fit(
    run: RunFolder, model: keras.Model, datasets: Any, epochs: int, peak_lr: float, *stages: int, prefix: str = ""
) -> float:
    """One cycle over each stage, drawn and logged; how many seconds it took."""
    logs = run.logs / prefix.rstrip("_")
    steps, board = callbacks.StepScalars(logs / "steps"), keras.callbacks.TensorBoard(logs, write_graph=False)
    policy = [callbacks.OneCycle(peak_lr, restart_at=stages), steps, board]
    policy += [callbacks.GradualUnfreezing(stages)] if stages else []
    started = time.perf_counter()
    # The pipeline shuffles; shuffle=False spares Keras saying that it will not.
    train, valid = datasets
    fitted = model.fit(train, validation_data=valid, epochs=epochs, shuffle=False, callbacks=policy)
    seconds, shown = time.perf_counter() - started, steps.history
    run.save_figure(f"{prefix}schedule", plots.schedule(shown["step"], shown["learning_rate"], shown["momentum"]))
    run.save_figure(f"{prefix}curves", plots.curves(fitted.history, ["loss", "accuracy"]))
    return seconds


if __name__ == "__main__":
    run_recipe(main, Config)
