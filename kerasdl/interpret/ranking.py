"""Ranking: whether samples of a class have a higher probability of it than the others, at every threshold at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from kerasdl.optional import import_optional


class Curve(NamedTuple):
    """A curve, point by point, and the area below it.

    Attributes:
        x: False positive rate, or recall (points,).
        y: True positive rate (recall), or precision (points,).
        area: Area below the ROC curve, or average precision.

    Example:
        >>> Curve(np.array([0, 1]), np.array([0, 1]), 0.5).area
        0.5
    """

    x: np.ndarray
    y: np.ndarray
    area: float


def roc_curves(probabilities: np.ndarray, targets: np.ndarray, names: Sequence[str]) -> dict[str, Curve]:
    """The receiver operating characteristic of each class against the rest, by scikit-learn.

    Args:
        probabilities: (count, classes).
        targets: Whether a sample is of the class (count, classes).
        names: Names of the classes.

    Returns:
        Curves by name, without classes that no sample or every sample has: these have no curve.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.

    Example:
        >>> roc_curves(np.array([[0.2], [0.7], [0.6]]), np.array([[0], [0], [1]]), ["dog"])["dog"].area
        0.5
    """
    metrics, curves = import_optional("sklearn.metrics"), {}
    for name, true, scores in _ranked(probabilities, targets, names):
        false_positives, true_positives, _ = metrics.roc_curve(true, scores)
        curves[name] = Curve(false_positives, true_positives, float(metrics.roc_auc_score(true, scores)))
    return curves


def precision_recall_curves(probabilities: np.ndarray, targets: np.ndarray, names: Sequence[str]) -> dict[str, Curve]:
    """Precision over recall of each class against the rest, by scikit-learn; the area is the average precision.

    Args:
        probabilities: (count, classes).
        targets: Whether a sample is of the class (count, classes).
        names: Names of the classes.

    Returns:
        Curves by name, without classes that no sample or every sample has.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.

    Example:
        >>> precision_recall_curves(np.array([[0.2], [0.7], [0.6]]), np.array([[0], [0], [1]]), ["dog"])["dog"].area
        0.5
    """
    metrics, curves = import_optional("sklearn.metrics"), {}
    for name, true, scores in _ranked(probabilities, targets, names):
        precision, recall, _ = metrics.precision_recall_curve(true, scores)
        curves[name] = Curve(recall, precision, float(metrics.average_precision_score(true, scores)))
    return curves


def mean_area(curves: Mapping[str, Curve]) -> float:
    """Mean of the areas, each class with the same weight (macro average); NaN without a curve.

    Example:
        >>> mean_area({"cat": Curve(np.zeros(1), np.zeros(1), 0.5), "dog": Curve(np.zeros(1), np.zeros(1), 1.0)})
        0.75
    """
    return float(np.mean([curve.area for curve in curves.values()])) if curves else float("nan")


def _ranked(
    probabilities: np.ndarray, targets: np.ndarray, names: Sequence[str]
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    for name, true, scores in zip(names, targets.T, probabilities.T, strict=True):
        if 0 < true.sum() < len(true):
            yield name, true, scores
