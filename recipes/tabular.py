"""Trains a network on a table: look at the columns, find the learning rate, train with one-cycle, look at the mistakes.

The default data are scikit-learn's 569 breast cancer biopsies; `--data diabetes` predicts numbers. No download.
"""

import time
from dataclasses import asdict, dataclass
from typing import Any, Literal

import kerasdl
import keras
from kerasdl import callbacks, interpret, models, optimizers, plots
from kerasdl.data import tabular
from kerasdl.data.columns import Kind
from kerasdl.errors import BadInput
from kerasdl.run_folder import Options, RunFolder, run_recipe, set_up_devices
from sklearn.datasets import load_breast_cancer, load_diabetes

Loaded = tabular.Table
Result = interpret.Classification | interpret.Regression


@dataclass(frozen=True)
class Config(Options):
    data: str = "breast_cancer"
    """'breast_cancer', 'diabetes', or a CSV file with a header."""
    target: tuple[str, ...] = ()
    """Column of the file to predict; several for several numbers."""
    task: Literal["auto", "classes", "numbers"] = "auto"
    """What the target holds; auto takes words and up to 10 whole numbers for classes."""
    kinds: dict[str, Kind] | None = None
    """What columns hold where that is not to be guessed: NAME number, category, date or 'left out', and so on."""
    weight: str | None = None
    """Column by which each training row counts."""
    balance: bool = False
    """Let every class count alike, however rare."""
    time: str | None = None
    """Column of times: validate on the latest rows."""
    group: str | None = None
    """Column of groups: validate on whole groups."""
    split: str | None = None
    """Column that says 'train' or 'valid'."""
    encoding: str | None = None
    """Of the file, as Python spells it; by default UTF-8."""
    separator: str | None = None
    """Of the file's cells; by default what the header holds most of."""
    hidden: tuple[int, ...] = (200, 100)
    """Width of each hidden layer."""
    dropout: float = 0.0
    """Of the hidden layers' outputs."""


def main(config: Config) -> None:
    devices = set_up_devices(config.precision, config.seed)
    run = RunFolder.of(config, "tabular")
    data = load(config)
    print(data)
    run.write_config({**asdict(config), **devices, "columns": {each.name: each.kind for each in data.columns}})
    model = network(config, data)
    found = kerasdl.lr_find(model, data.train, verbose=0)
    peak_lr = config.peak_lr or found.suggestion(config.lr_rule)
    print(f"Peak learning rate: {peak_lr:.2g} ({'given' if config.peak_lr else config.lr_rule + ' of the range test'})")
    run.save_figure("lr_range", found.plot({"peak": peak_lr}, rules=[]))

    steps, board = callbacks.StepScalars(run.logs / "steps"), keras.callbacks.TensorBoard(run.logs, write_graph=False)
    started = time.perf_counter()
    # The pipeline shuffles; shuffle=False spares Keras saying that it will not.
    policy = [callbacks.OneCycle(peak_lr), steps, board]
    fitted = model.fit(data.train, validation_data=data.valid, epochs=config.epochs, shuffle=False, callbacks=policy)
    seconds = time.perf_counter() - started
    run.save_model(
        models.table_model(model, data.space, data.features, classes=data.classes, targets=data.target_scales)
    )
    result = look(run, data, model, steps.history, fitted.history)
    run.finish(result.scores, train_seconds=seconds, peak_lr=peak_lr, **data.counts)


def load(config: Config) -> Loaded:
    common: dict[str, Any] = {"task": config.task, "kinds": config.kinds, "weight": config.weight, "seed": config.seed}
    common |= {"time": config.time, "group": config.group, "split": config.split, "batch_size": config.batch_size}
    common |= {"valid_share": config.valid_share, "balance": config.balance}
    if config.data == "breast_cancer":
        biopsies = load_breast_cancer(as_frame=True)
        frame = biopsies.frame.assign(diagnosis=biopsies.target_names[biopsies.target]).drop(columns="target")
        return tabular.from_frame(frame, "diagnosis", **common)
    if config.data == "diabetes":
        return tabular.from_frame(load_diabetes(as_frame=True).frame, "target", **common)
    if not config.target:
        raise BadInput(f"Name the column to predict (--target). Received: --data {config.data}")
    return tabular.from_csv(config.data, config.target, encoding=config.encoding, separator=config.separator, **common)


def network(config: Config, data: Loaded) -> keras.Model:
    ends: dict[str, Any] = {"classes": len(data.classes)} if data.classes else {"outputs": len(data.target)}
    model = models.tabular(data.cardinalities, data.numbers, hidden=config.hidden, dropout=config.dropout, **ends)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if data.classes else "mse"
    metrics = ["accuracy"] if data.classes else []
    model.compile(optimizers.AdamW(weight_decay=config.weight_decay), loss, metrics=metrics)
    return model


def look(run: RunFolder, data: Loaded, model: keras.Model, steps: dict, epochs: dict) -> Result:
    run.save_figure("schedule", plots.schedule(steps["step"], steps["learning_rate"], steps["momentum"]))
    run.save_figure("curves", plots.curves(epochs, ["loss", "accuracy"] if data.classes else ["loss"]))
    run.save_figure("importance", plots.importance(interpret.permutation_importance(model, data.valid, data.places)))
    if data.classes:
        found = interpret.Classification.of(model, data.valid, data.classes)
        run.save_figure("confusion", plots.confusion(found.confusion, found.classes))
        return found
    assert data.scale
    numbers = interpret.Regression.of(model, data.valid, data.target, data.scale.undo)
    run.save_figure("residuals", plots.residuals(numbers.predictions, numbers.targets, numbers.names))
    return numbers


if __name__ == "__main__":
    run_recipe(main, Config)
