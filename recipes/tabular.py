"""Trains a network on a table: look at the columns, find the rate, train with one-cycle, compare with boosted trees.

The default data are scikit-learn's 569 breast cancer biopsies; `--data diabetes` predicts numbers. No download.
"""

from dataclasses import dataclass, field
from typing import Any

import kerasdl
import keras
from kerasdl import distribute, export, interpret, losses, models, optimizers, runs
from kerasdl.data import tabular
from kerasdl.errors import BadInput
from sklearn.datasets import load_breast_cancer, load_diabetes

CAUTIOUS_LR = 0.005  # if the range test finds no rate; see docs/measurements.md


@dataclass(frozen=True)
class Config:
    data: str = "breast_cancer"
    """'breast_cancer', 'diabetes', or a CSV file with a header."""
    target: tuple[str, ...] = ()
    """Target column; several for several numbers."""
    task: tabular.Task = "auto"
    """What the target holds; auto means classes for words and for up to 10 whole numbers."""
    kinds: dict[str, tabular.Kind] | None = None
    """Kinds of columns, instead of the inferred ones: NAME number, category, date or 'left out', and so on."""
    weight: str | None = None
    """Column with the weight of each training row."""
    balance: bool = False
    """Give all classes the same weight in the loss."""
    valid_share: float = 0.2
    """Share for validation."""
    time: str | None = None
    """Column of times: validate on the latest rows."""
    group: str | None = None
    """Column of groups: validate on whole groups."""
    split: str | None = None
    """Column that holds 'train' or 'valid'."""
    encoding: str | None = None
    """Encoding of the file, as Python spells it; by default UTF-8."""
    separator: str | None = None
    """Separator of the file; by default the most frequent candidate in the header."""
    hidden: tuple[int, ...] = (200, 100)
    """Width of each hidden layer."""
    ensemble: int = 8
    """Networks in one, which share their kernels; 1 is a single network."""
    dropout: float = 0.1
    """Dropout rate after each hidden layer."""
    label_smoothing: float = 0.1
    """Label smoothing of classes, from 0 to below 1."""
    epochs: int | None = None
    """Number of epochs; by default as many as --steps need."""
    steps: int | None = None
    """Training steps, unless --epochs is given; by default 500 to 10000 for classes, 1500 to 10000 for numbers."""
    batch_size: int | None = None
    """Rows per batch; by default 32 to 256, by the number of rows."""
    baseline: bool = True
    """Compare with boosted trees on the same rows."""
    run: runs.Options = field(default_factory=runs.Options)

    def __post_init__(self) -> None:
        counts = {"epochs": self.epochs, "steps": self.steps, "batch_size": self.batch_size, "ensemble": self.ensemble}
        runs.check_counts(**counts, hidden=self.hidden or None)
        runs.check_rates(dropout=self.dropout, label_smoothing=self.label_smoothing)


def main(config: Config) -> None:
    devices = runs.set_up_devices(config.run.precision, config.run.seed, config.run.deterministic)
    run = runs.RunFolder.of(config, "tabular", config.data)
    data = load(config)
    print(data)
    run.write_config({**runs.flattened(config), **devices, "columns": {each.name: each.kind for each in data.columns}})
    run.save_figure("data", interpret.show_batch(data))
    with distribute.strategy().scope():
        model = network(config, data)
    run.save_text("summary", str(kerasdl.summary(model)))
    peak_lr = runs.peak_lr(run, model, data.train, config.run, cautious=CAUTIOUS_LR)
    stage = runs.Stage(run, peak_lr, data=data, evaluate=lambda: runs.table_result(model, data))
    epochs = config.epochs or -(-(config.steps or tabular.steps_for(data)) // data.steps)
    fitted = model.fit(data.train, validation_data=data.valid, epochs=epochs, shuffle=False, callbacks=stage.callbacks)
    seconds = stage.finish(fitted.history, ["loss", "accuracy"] if data.classes else ["loss"])
    result = runs.table_result(model, data)
    exported = export.table_model(model, data.encoder, classes=data.classes, targets=data.target_scales)
    run.save_model(exported, result.scores)
    runs.look_at_columns(run, model, data)
    more = {"peak_lr": peak_lr, "intervals": runs.look(run, result, data), **data.counts}
    more |= runs.trees_beside(result, data) if config.baseline else {}
    run.finish(result.scores, train_seconds=seconds, warning=result.warning, **more)


def load(config: Config) -> tabular.Table:
    names = ("task", "kinds", "weight", "balance", "valid_share", "time", "group", "split", "batch_size")
    options: dict[str, Any] = {name: getattr(config, name) for name in names} | {"seed": config.run.seed}
    if config.data == "breast_cancer":
        biopsies = load_breast_cancer(as_frame=True)
        frame = biopsies.frame.assign(diagnosis=biopsies.target_names[biopsies.target]).drop(columns="target")
        return tabular.from_frame(frame, "diagnosis", **options)
    if config.data == "diabetes":
        return tabular.from_frame(load_diabetes(as_frame=True).frame, "target", **options)
    if not config.target:
        raise BadInput(f"Name the target column (--target). Received: --data {config.data}")
    return tabular.from_csv(config.data, config.target, encoding=config.encoding, separator=config.separator, **options)


def network(config: Config, data: tabular.Table) -> keras.Model:
    members = config.ensemble if config.ensemble > 1 and config.hidden else None  # a linear model has none
    ends: dict[str, Any] = {"classes": len(data.classes)} if data.classes else {"outputs": len(data.target)}
    ends |= {"edges": data.edges, "ensemble": members, "normalization": "none" if members else "batch"}
    model = models.tabular(data.cardinalities, data.numbers, hidden=config.hidden, dropout=config.dropout, **ends)
    smoothed = losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing)
    loss = smoothed if data.classes else data.loss
    model.compile(optimizers.AdamW(weight_decay=config.run.weight_decay), loss, metrics=data.metrics)
    return model


if __name__ == "__main__":
    runs.run_recipe(main, Config)
