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

CAUTIOUS_LR = 0.005  # if the range test finds no rate; see docs/measurements.md


@dataclass(frozen=True)
class Config:
    table: runs.TableData = field(default_factory=runs.TableData)
    hidden: tuple[int, ...] = (200, 100)
    """Width of each hidden layer."""
    ensemble: int = 8
    """Networks in one, which share their kernels; 1 is a single network."""
    dropout: float | None = None
    """Dropout rate after each hidden layer; by default 0.2 for classes of up to 10000 rows, and else 0.1."""
    label_smoothing: float = 0.1
    """Label smoothing of classes, from 0 to below 1."""
    epochs: int | None = None
    """Number of epochs; by default as many as --steps need."""
    steps: int | None = None
    """Training steps, unless --epochs is given; by default by --rehearsal, else 500 to 10000, of numbers 3000 on."""
    quantiles: tuple[float, ...] = ()
    """For a number: predict these quantiles and the median, such as 0.05 0.95 for an interval of 90 %."""
    rehearsal: bool = True
    """Of up to 10000 training rows, find out within them how many steps are best, unless --steps or --epochs say so."""
    baseline: bool = True
    """Compare with boosted trees on the same rows."""
    run: runs.Options = field(default_factory=runs.Options)

    def __post_init__(self) -> None:
        counts = {"epochs": self.epochs, "steps": self.steps, "ensemble": self.ensemble}
        runs.check_counts(**counts, hidden=self.hidden or None)
        runs.check_shares(quantiles=self.quantiles)
        runs.check_rates(dropout=self.dropout or 0.0, label_smoothing=self.label_smoothing)


def main(config: Config) -> None:
    run = runs.RunFolder.of(config, "tabular", config.table.data)
    devices = runs.set_up_devices(run.precision, config.run.seed, config.run.deterministic)
    data = runs.load_table(config.table, seed=config.run.seed)
    if config.quantiles and (data.classes or len(data.target) > 1):
        raise BadInput(f"Only a single number has --quantiles. Received: {data.target} of {data.target_kind}")
    print(data)
    run.write_config({**runs.flattened(config), **devices, "columns": {each.name: each.kind for each in data.columns}})
    run.save_figure("data", interpret.show_batch(data))
    with distribute.strategy().scope():
        model = network(config, data)
    run.save_text("summary", str(kerasdl.summary(model)))
    peak_lr = runs.peak_lr(run, model, data.train, config.run, cautious=CAUTIOUS_LR)
    steps, rehearsed = length(config, model, data, peak_lr)
    stage = runs.Stage(run, peak_lr, data=data, evaluate=lambda: runs.table_result(model, data))
    epochs = config.epochs or -(-steps // data.steps)
    fitted = model.fit(data.train, validation_data=data.valid, epochs=epochs, shuffle=False, callbacks=stage.callbacks)
    seconds = stage.finish(fitted.history, ["loss", "accuracy"] if data.classes else ["loss"])
    result = runs.table_result(model, data)
    exported = export.table_model(model, data.encoder, classes=data.classes, targets=runs.output_scales(model, data))
    run.save_model(exported, result.scores)
    runs.look_at_columns(run, model, data)
    intervals = runs.look(run, result, data)
    more = {"peak_lr": peak_lr, "intervals": intervals, **data.counts, **runs.confidence(result)}
    more |= {"rehearsal": rehearsed} if rehearsed else {}
    more |= runs.trees_beside(result, data, intervals) if config.baseline else {}
    run.finish(result.scores, train_seconds=seconds, warning=runs.table_warning(result, data), **more)


def network(config: Config, data: tabular.Table) -> keras.Model:
    members = config.ensemble if config.ensemble > 1 and config.hidden else None  # a linear model has none
    quantiles = sorted({*config.quantiles, 0.5}) if config.quantiles else []
    ends: dict[str, Any] = {"classes": len(data.classes)} if data.classes else {"outputs": len(data.target)}
    ends = {"outputs": len(quantiles), "quantiles": quantiles} if quantiles else ends
    ends |= {"edges": data.edges, "ensemble": members, "normalization": "none" if members else "batch"}
    ends["dropout"] = runs.table_dropout(data) if config.dropout is None else config.dropout
    model = models.tabular(data.cardinalities, data.numbers, hidden=config.hidden, **ends)
    smoothed = losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=config.label_smoothing)
    loss = smoothed if data.classes else losses.Pinball(quantiles) if quantiles else data.loss
    model.compile(optimizers.AdamW(weight_decay=config.run.weight_decay), loss, metrics=data.metrics)
    return model


def length(
    config: Config, model: keras.Model, data: tabular.Table, peak_lr: float, verbose: int = 1
) -> tuple[int, dict[str, list[Any]]]:
    """Number of training steps, and the losses of the rehearsal that chose it, if there was one."""
    if config.steps or config.epochs or not config.rehearsal:
        return config.steps or runs.table_steps(data), {}
    return runs.rehearsed_table_steps(model, data, peak_lr, verbose=verbose)


if __name__ == "__main__":
    runs.run_recipe(main, Config)
