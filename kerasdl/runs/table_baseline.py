"""What a network for tables gets right and wrong, and the boosted trees that stand beside it."""

import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from kerasdl import interpret
from kerasdl.data import tabular
from kerasdl.data.splits import Part
from kerasdl.layers import SortedQuantiles
from kerasdl.optional import import_optional
from kerasdl.runs.lines import print_table
from kerasdl.runs.looks import looking
from kerasdl.runs.readable import readable

TableResult = interpret.Classification | interpret.Regression
# What is compared, and whether more of it is better.
SCORES = {"accuracy": True, "loss": False, "rmse": False, "mae": False, "r2": True}
MOST_OF_THE_VARIANCE = 0.9


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
    return interpret.Regression.of(model, data.valid, data.target, data.scale.undo, quantiles=quantiles_of(model))


def table_warning(result: TableResult, data: tabular.Table) -> str:
    """The warning of a result, with the row whose number is so far from the others that it may be the reason.

    Example:
        >>> table_warning(table_result(model, people), people)
        ''
    """
    if not result.warning or data.scale is None:
        return result.warning
    for part in (Part.TRAIN, Part.VALID):
        labels = data.labels(part)
        squares = (labels - labels.mean(axis=0, dtype=np.float64)) ** 2
        shares = squares / np.maximum(squares.sum(axis=0), np.finfo(float).tiny)
        row = int(shares.max(axis=1).argmax())
        if shares[row].max() > MOST_OF_THE_VARIANCE:
            place, value = data.names(part)[row], data.caption(labels[row])
            return (
                f"{result.warning} One number is far from all others, {value} in {place}: correct it, if it is wrong."
            )
    return result.warning


def output_scales(model: keras.Model, data: tabular.Table) -> dict[str, tuple[float, float]] | None:
    """Mean and standard deviation of each output of a network by its name, for `export.table_model`; None for classes.

    Quantiles are named "price 5 %", and the median "price".

    Example:
        >>> list(output_scales(model, people) or ["classes"])
        ['classes']
    """
    scales = data.target_scales
    if scales is None or not (quantiles := quantiles_of(model)):
        return scales
    ((name, scale),) = scales.items()
    return {name if each == 0.5 else f"{name} {100 * each:g} %": scale for each in quantiles}


def quantiles_of(model: keras.Model) -> tuple[float, ...]:
    """The quantiles that a network predicts; none if it predicts something else.

    Example:
        >>> quantiles_of(kerasdl.models.tabular([3], 4, outputs=2, quantiles=[0.1, 0.9]))
        (0.1, 0.9)
    """
    return next((tuple(each.quantiles) for each in model.layers if isinstance(each, SortedQuantiles)), ())


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


def trees_beside(
    result: TableResult, data: tabular.Table, intervals: Mapping[str, tuple[float, float]]
) -> dict[str, Any]:
    """Fit boosted trees, print their scores beside those of the network, and say which is better.

    Args:
        result: The evaluation of the network on `data.valid`.
        data: The table.
        intervals: Bootstrapped intervals of the scores of the network, as from `look`.

    Returns:
        "better" ("network" or "trees"), and the scores and seconds of the trees, for `RunFolder.finish`; nothing, and a
        warning, if the trees fail.

    Example:
        >>> result = table_result(model, people)
        >>> more = trees_beside(result, people, kerasdl.interpret.bootstrap(result))
        >>> more["better"], more["trees_accuracy"]     # ('network', 0.86)
    """
    found: dict[str, Any] = {}
    with looking("the boosted trees"):
        trees, seconds = train_trees(data)
        found["better"] = compare_tables(
            {"network": result, "trees": trees}, {"network": intervals, "trees": interpret.bootstrap(trees)}
        )
        found |= {f"trees_{name}": each for name, each in trees.scores.items()} | {"trees_seconds": seconds}
    return found


def compare_tables(
    results: Mapping[str, TableResult], intervals: Mapping[str, Mapping[str, tuple[float, float]]]
) -> str:
    """Print the scores of several models of the same rows, with intervals; return the name of the best one.

    The best has the highest accuracy, or the lowest RMSE; if the first predicts quantiles, the lowest MAE, because the
    median does not have the lowest RMSE. Where the first is not the best, a sentence says so.

    Args:
        results: Evaluations by name; of those that are equally good, the first is named.
        intervals: Of their scores, by name.

    Raises:
        ModuleNotFoundError: rich is not installed.

    Example:
        >>> trees, seconds = train_trees(people)
        >>> results = {"network": table_result(model, people), "trees": trees}
        >>> best = compare_tables(results, {name: kerasdl.interpret.bootstrap(each) for name, each in results.items()})
    """
    first = next(iter(results))
    shown = [name for name in results[first].scores if name in SCORES]
    decides = "mae" if getattr(results[first], "quantiles", None) else shown[0]
    best = min(results, key=lambda name: results[name].scores[decides] * (-1 if SCORES[decides] else 1))
    rows = {
        name: [readable(score, result.scores[score], intervals[name][score]) for score in shown]
        for name, result in results.items()
    }
    print_table(rows, shown)
    if best != first:
        says = {name: readable(decides, results[name].scores[decides]) for name in (best, first)}
        print(f"The {best} are better than the {first} here: {decides} {says[best]}, not {says[first]}.")
    return best


def _rows(data: tabular.Table, part: Part) -> np.ndarray:
    source = data.source(part)
    return np.concatenate([each.numpy() for each in source.at(np.arange(len(source.labels))).values()], axis=1)


def _trees(kind: str, **options: Any) -> Any:
    return getattr(import_optional("sklearn.ensemble"), f"HistGradientBoosting{kind}")(random_state=0, **options)
