"""Trains an image classifier: look at the data, find the learning rate, train with one-cycle, look at the mistakes.

With trained weights (--weights) a new head is trained first, the body after it, all at once or layer group by layer
group, each at 2.6 times the rate of the one before it (Howard and Ruder, arXiv:1801.06146), one cycle over each stage.
The default data are scikit-learn's 1,797 handwritten digits, which need no download.
"""

import time
from dataclasses import asdict, dataclass
from typing import Any

import kerasdl
import keras
from kerasdl import callbacks, groups, interpret, models, optimizers, plots
from image_network import Network, images_and_network
from kerasdl.data import features
from kerasdl.errors import BadInput
from kerasdl.run_folder import RunFolder, run_recipe, set_up_devices


@dataclass(frozen=True)
class Config(Network):
    epochs: int = 30
    """Times that the training images are gone through by the whole network."""
    precompute: int = 0
    """With trained weights: epochs of the new head on features computed once, before all others; fast, unaugmented."""
    head_epochs: int | None = None
    """With trained weights: epochs of the new head alone on augmented images; by default 1."""
    thaw_every: int = 0
    """With trained weights: epochs between the thawing of two layer groups; 0 thaws the whole body at once."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start_size and self.epochs < 2:
            raise BadInput(f"Images grow between epochs: take two at least. Received: epochs={self.epochs}")
        if not self.is_pretrained and (self.precompute or self.head_epochs or self.thaw_every):
            raise BadInput("Only a body with trained weights can wait for its head (--weights). Received: weights=none")
        if self.thaw_every and self.head_epochs == 0:
            raise BadInput(f"Groups thaw after the head. Received: thaw_every={self.thaw_every}, head_epochs=0")

    def stages(self, model: keras.Model) -> list[int]:
        """The epochs at which layer groups thaw; none where all train from the beginning."""
        first = self.is_pretrained if self.head_epochs is None else self.head_epochs
        thawing = len(groups.layer_groups(model)) - 1 if self.thaw_every else min(first, 1)
        if self.epochs <= (thawing - 1) * self.thaw_every:
            raise BadInput(
                f"The last of {thawing} groups thaws after {(thawing - 1) * self.thaw_every} of the epochs: take more "
                f"(--epochs). Received: epochs={self.epochs}"
            )
        return [first + self.thaw_every * index for index in range(thawing)]


def main(config: Config) -> None:
    devices = set_up_devices(config.precision, config.seed)
    run = RunFolder.of(config, "image_classifier")
    data, model = images_and_network(config)
    stages = config.stages(model)
    print(data)
    run.write_config({**asdict(config), **devices, "augmentation": data.augmentation})
    run.save_figure("data", plots.image_sheet(*data.sheet()))
    run.save_figure("augmentation", plots.image_sheet(data.draws(0, 12), ["as it is", *[""] * 11]))

    if config.precompute:
        body, head = models.split_head(model)
        seen = features.precompute(body, data)
        fit(config, run, head, seen, seen.train, config.precompute, "head", [])
    half = (config.epochs + 1) // 2
    train = data.progressive({half: config.start_size}) if config.start_size else data.train
    epochs = (stages or [0])[0] + config.epochs
    more: dict[str, Any] = {**fit(config, run, model, data, train, epochs, "", stages), **data.counts}

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


def fit(
    config: Config, run: RunFolder, model: keras.Model, data: Any, train: Any, epochs: int, name: str, stages: list[int]
) -> dict[str, float]:
    """Range test, then one cycle over each stage; draws what happened, and tells its time and peak rate."""
    logs, prefix = run.logs / name, f"{name}_" if name else ""
    rates = groups.discriminative(model, factor=2.6) if config.is_pretrained else None
    model.compile(optimizers.AdamW(weight_decay=config.weight_decay, groups=rates), data.loss, metrics=["accuracy"])
    found = kerasdl.lr_find(model, train, verbose=0)
    peak_lr = config.peak_lr or found.suggestion(config.lr_rule)
    print(f"Peak learning rate: {peak_lr:.2g} ({'given' if config.peak_lr else config.lr_rule + ' of the range test'})")
    run.save_figure(f"{prefix}lr_range", found.plot({"peak": peak_lr}, rules=[]))

    steps = callbacks.StepScalars(logs / "steps")
    board = keras.callbacks.TensorBoard(logs, write_graph=False)
    policy = [callbacks.OneCycle(peak_lr, restart_at=stages), steps, board]
    if stages:
        parts = None if config.thaw_every else ["(?!head_)", "head_"]
        policy.append(callbacks.GradualUnfreezing(stages, groups=parts))
    # The pipeline shuffles; shuffle=False spares Keras saying that it will not.
    started = time.perf_counter()
    fitted = model.fit(train, validation_data=data.valid, epochs=epochs, shuffle=False, callbacks=policy)
    seconds, shown = time.perf_counter() - started, steps.history
    run.save_figure(f"{prefix}schedule", plots.schedule(shown["step"], shown["learning_rate"], shown["momentum"]))
    run.save_figure(f"{prefix}curves", plots.curves(fitted.history, ["loss", "accuracy"]))
    return {"train_seconds": seconds, "peak_lr": peak_lr}


if __name__ == "__main__":
    run_recipe(main, Config)
