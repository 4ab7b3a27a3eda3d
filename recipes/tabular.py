"""Trains a network on a table: look at the columns, find the learning rate, train with one-cycle, look at the mistakes.

The default data are scikit-learn's 569 breast cancer biopsies; `--data diabetes` predicts numbers. No download.
"""

from dataclasses import dataclass, field
from typing import Any

import kerasdl
import keras
from kerasdl import distribute, export, interpret, models, runs
from kerasdl.data import tabular
from kerasdl.errors import BadInput
from sklearn.datasets import load_breast_cancer, load_diabetes

# If the range test finds no rate. See docs/measurements.md.
CAUTIOUS_LR = 0.005
Result = interpret.Classification | interpret.Regression


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
    dropout: float = 0.0
    """Dropout rate after each hidden layer."""
    epochs: int = 10
    """Number of epochs."""
    batch_size: int = 64
    """Rows per batch."""
    run: runs.Options = field(default_factory=runs.Options)

    def __post_init__(self) -> None:
        runs.check_counts(epochs=self.epochs, batch_size=self.batch_size, hidden=self.hidden or None)
        runs.check_rates(dropout=self.dropout)


def main(config: Config) -> None:
    devices = runs.set_up_devices(config.run.precision, config.run.seed, config.run.deterministic)
    run = runs.RunFolder.of(config, "tabular", config.data)
    data = load(config)
    print(data)
    facts = {**devices, "columns": {each.name: each.kind for each in data.columns}}
    run.write_config({**runs.flattened(config), **facts})
    run.save_figure("data", interpret.show_batch(data))
    with distribute.strategy().scope():
        model = network(config, data)
    run.save_text("summary", str(kerasdl.summary(model)))
    peak_lr = runs.peak_lr(run, model, data.train, config.run, cautious=CAUTIOUS_LR)
    stage = runs.Stage(run, peak_lr, data=data, evaluate=lambda: evaluate(data, model))
    fitted = model.fit(
        data.train, validation_data=data.valid, epochs=config.epochs, shuffle=False, callbacks=stage.callbacks
    )
    seconds = stage.finish(fitted.history, ["loss", "accuracy"] if data.classes else ["loss"])
    result = evaluate(data, model)
    exported = export.table_model(model, data.space, data.features, classes=data.classes, targets=data.target_scales)
    run.save_model(exported, result.scores)
    runs.look_at_columns(run, model, data)
    intervals = runs.look(run, result, data)
    more = {"peak_lr": peak_lr, "intervals": intervals, **data.counts}
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
    ends: dict[str, Any] = {"classes": len(data.classes)} if data.classes else {"outputs": len(data.target)}
    model = models.tabular(data.cardinalities, data.numbers, hidden=config.hidden, dropout=config.dropout, **ends)
    optimizer = kerasdl.optimizers.AdamW(weight_decay=config.run.weight_decay)
    model.compile(optimizer, data.loss, metrics=["accuracy"] if data.classes else [])
    return model


def evaluate(data: tabular.Table, model: keras.Model) -> Result:
    if data.scale is None:
        return interpret.Classification.of(model, data.valid, data.classes or ())
    return interpret.Regression.of(model, data.valid, data.target, data.scale.undo)


if __name__ == "__main__":
    runs.run_recipe(main, Config)
