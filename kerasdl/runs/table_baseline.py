"""What a network for tables gets right and wrong, and the boosted trees that stand beside it."""

import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from kerasdl import interpret
from kerasdl.data import tabular
from kerasdl.data.splits import Part
from kerasdl.optional import import_optional
from kerasdl.runs.looks import looking
from kerasdl.runs.readable import readable

TableResult = interpret.Classification | interpret.Regression
# What is compared, and whether more of it is better.
SCORES = {"accuracy": True, "loss": False, "rmse": False, "mae": False, "r2": True}


def table_result(model: keras.Model, data: tabular.Table) -> TableResult:
    """What a network gets right and wrong on the validation rows.

    Args:
        model: From encoded rows to logits or standardized numbers.
        data: The table.

    Example:
        >>> table_result(model, people).accuracy
    """
    if data.scale is None:
        return interpret.Classification.of(model, data.valid, data.classes or ())
    return interpret.Regression.of(model, data.valid, data.target, data.scale.undo)


def train_trees(data: tabular.Table) -> tuple[TableResult, float]:
    """Fit scikit-learn's HistGradientBoosting without tuning, and predict the validation rows.

    The trees read the same rows as the network: categories as whole numbers, numbers as they are scaled, which changes
    nothing for trees.

    Args:
        data: The table.

    Returns:
        What they get right and wrong, and the seconds of the fit.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.

    Example:
        >>> trees, seconds = train_trees(people)
        >>> trees.accuracy     # 0.86
    """
    rows, valid = _rows(data, Part.TRAIN), _rows(data, Part.VALID)
    labels, weights = data.labels(Part.TRAIN), data.source(Part.TRAIN).weights
    started = time.perf_counter()
    if data.scale is None:
        # It holds out some rows of each class if there are many rows, and cannot if a class has one.
        stopping: Any = "auto" if np.bincount(labels).min() > 1 else False
        model = _trees("Classifier", early_stopping=stopping).fit(rows, labels, weights)
        seconds = time.perf_counter() - started
        logs = np.log(np.maximum(model.predict_proba(valid), np.finfo(float).tiny))
        return interpret.Classification(logs, data.valid_labels, data.classes or ()), seconds
    models = [_trees("Regressor").fit(rows, each, weights) for each in labels.T]
    seconds = time.perf_counter() - started
    predicted = np.stack([each.predict(valid) for each in models], axis=1)
    return interpret.Regression(data.scale.undo(predicted), data.scale.undo(data.valid_labels), data.target), seconds


def trees_beside(result: TableResult, data: tabular.Table) -> dict[str, Any]:
    """Fit boosted trees, print their scores beside those of the network, and say which is better.

    Args:
        result: The evaluation of the network on `data.valid`.
        data: The table.

    Returns:
        "better" ("network" or "trees"), and the scores and seconds of the trees, for `RunFolder.finish`; nothing, and a
        warning, if the trees fail.

    Example:
        >>> more = trees_beside(table_result(model, people), people)
        >>> more["better"], more["trees_accuracy"]     # ('network', 0.86)
    """
    found: dict[str, Any] = {}
    with looking("the boosted trees"):
        trees, seconds = train_trees(data)
        found["better"] = compare_tables({"network": result, "trees": trees})
        found |= {f"trees_{name}": each for name, each in trees.scores.items()} | {"trees_seconds": seconds}
    return found


def compare_tables(results: Mapping[str, TableResult]) -> str:
    """Print the scores of several models of the same rows, with intervals; return the name of the best one.

    The best has the highest accuracy, or the lowest RMSE. Where the first is not the best, a sentence says so.

    Args:
        results: Evaluations by name; of those that are equally good, the first is named.

    Raises:
        ModuleNotFoundError: rich is not installed.

    Example:
        >>> trees, seconds = train_trees(people)
        >>> best = compare_tables({"network": table_result(model, people), "trees": trees})
    """
    console, table_of = import_optional("rich.console"), import_optional("rich.table")
    first = next(iter(results))
    shown = [name for name in results[first].scores if name in SCORES]
    best = min(results, key=lambda name: results[name].scores[shown[0]] * (-1 if SCORES[shown[0]] else 1))
    table = table_of.Table("", *shown, box=None, padding=(0, 2))
    for name, result in results.items():
        intervals = interpret.bootstrap(result)
        cells = [readable(score, result.scores[score], intervals[score]) for score in shown]
        table.add_row(f"[bold]{name}[/bold]", *cells)
    console.Console().print(table)
    if best != first:
        says = {name: readable(shown[0], results[name].scores[shown[0]]) for name in (best, first)}
        print(f"The {best} are better than the {first} here: {shown[0]} {says[best]}, not {says[first]}.")
    return best


def _rows(data: tabular.Table, part: Part) -> np.ndarray:
    source = data.source(part)
    return np.concatenate([each.numpy() for each in source.at(np.arange(len(source.labels))).values()], axis=1)


def _trees(kind: str, **options: Any) -> Any:
    return getattr(import_optional("sklearn.ensemble"), f"HistGradientBoosting{kind}")(random_state=0, **options)
