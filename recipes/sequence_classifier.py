"""Trains a classifier of sequences or sounds: look at them, find the learning rate, train with one-cycle, look again.

The network is the residual one of Wang, Yan and Oates, arXiv:1611.06455. The default data are 150 generated shapes in
noise, which need no download.
"""

from dataclasses import dataclass, field
from typing import Any

import kerasdl
import keras
from kerasdl import distribute, export, interpret, models, optimizers, runs
from kerasdl.data import sequences

# If the range test finds no rate. See docs/sequences.md.
CAUTIOUS_LR = 0.003


@dataclass(frozen=True)
class Config:
    sequences: runs.SequenceData = field(default_factory=runs.SequenceData)
    run: runs.Options = field(default_factory=runs.Options)
    widths: tuple[int, ...] = (64, 128, 128)
    """Filters of each residual block."""
    dropout: float = 0.0
    """Dropout rate before the logits."""
    balance: bool = False
    """Give all classes the same weight in the loss."""
    ensemble: int | None = None
    """Number of networks whose mean probability counts; by default 3 below a hundred training sequences, else 1."""
    epochs: int | None = None
    """Number of epochs; by default 15, or more, until there are 400 steps (below a hundred sequences 200)."""

    def __post_init__(self) -> None:
        runs.check_counts(epochs=self.epochs, ensemble=self.ensemble, widths=self.widths)
        runs.check_rates(dropout=self.dropout)


def main(config: Config) -> None:
    run = runs.RunFolder.of(config, "sequence_classifier", config.sequences.data)
    devices = runs.set_up_devices(run.precision, config.run.seed, config.run.deterministic)
    data = runs.load_sequences(config.sequences, seed=config.run.seed)
    print(data)
    ensemble, epochs = runs.sequence_training(data)
    ensemble, epochs = config.ensemble or ensemble, config.epochs or epochs
    print(f"Networks: {ensemble}, epochs: {epochs}")
    facts = {"classes": list(data.classes), "channels": list(data.channels), "augmentation": str(data.augmentation)}
    run.write_config({**runs.flattened(config), **devices, **facts})
    run.save_figure("data", interpret.show_batch(data))
    if data.augmentation:
        run.save_figure("augmentation", data.draw_augmented())
    model = network(config, data, ensemble)
    run.save_text("summary", str(kerasdl.summary(model, input_shape=data.shape)))
    peak_lr = runs.peak_lr(run, model, data.train, config.run, cautious=CAUTIOUS_LR)
    stage = runs.Stage(run, peak_lr, data=data, evaluate=lambda: evaluate(data, model))
    fitted = model.fit(
        data.train,
        validation_data=data.valid,
        epochs=epochs,
        shuffle=False,
        class_weight=data.class_weight if config.balance else None,
        callbacks=stage.callbacks,
    )
    seconds = stage.finish(fitted.history, ["loss", "accuracy"])
    result = evaluate(data, model)
    spectrogram = data.spectrogram if isinstance(data, sequences.Recordings) else None
    run.save_model(export.sequence_classifier(model, data.classes, spectrogram=spectrogram), result.scores)
    runs.look_at_sequences(run, model, data, result)
    more: dict[str, Any] = {"peak_lr": peak_lr, "intervals": runs.look(run, result, data)}
    run.finish(result.scores, train_seconds=seconds, warning=result.warning, **more)


def network(config: Config, data: sequences.Sequences, ensemble: int) -> keras.Model:
    # Of any length: sequences that are predicted later may be longer.
    shape = (None, data.shape[1])
    options: dict[str, Any] = {"widths": config.widths, "dropout": config.dropout, "preprocess": data.statistics}
    options["ensemble"] = ensemble if ensemble > 1 else None
    with distribute.strategy().scope():
        model = models.resnet_1d(shape, len(data.classes), **options)
        model.compile(optimizers.AdamW(weight_decay=config.run.weight_decay), data.loss, metrics=["accuracy"])
    return model


def evaluate(data: sequences.Sequences, model: keras.Model) -> interpret.Classification:
    return interpret.Classification.of(model, data.valid, data.classes)


if __name__ == "__main__":
    runs.run_recipe(main, Config)
