"""Precision, recall and F1 of each class or tag."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from kerasdl.optional import import_optional


class ClassScores(NamedTuple):
    """How well a class, or a tag, is recognized.

    Attributes:
        name: Name of the class.
        precision: Fraction right of what is predicted as this class; 0 if nothing is.
        recall: Fraction found of the samples of this class; 0 if there are none.
        f1: Harmonic mean of precision and recall.
        samples: Number of samples of this class.

    Example:
        >>> class_scores(np.array([0, 0, 1]), np.array([0, 1, 1]), ["cat", "dog"])[0]
        ClassScores(name='cat', precision=1.0, recall=0.5, f1=0.666..., samples=2)
    """

    name: str
    precision: float
    recall: float
    f1: float
    samples: int


def class_scores(targets: np.ndarray, predictions: np.ndarray, classes: Sequence[str]) -> list[ClassScores]:
    """The scores of each class by scikit-learn, from indices into the classes (count,).

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.

    Example:
        >>> class_scores(np.array([0, 1]), np.array([0, 1]), ["cat", "dog"])[1].f1
        1.0
    """
    if not len(targets):
        return [ClassScores(name, 0.0, 0.0, 0.0, 0) for name in classes]
    scores = import_optional("sklearn.metrics").precision_recall_fscore_support
    columns = scores(targets, predictions, labels=range(len(classes)), average=None, zero_division=0)
    return [ClassScores(*row) for row in zip(classes, *(each.tolist() for each in columns), strict=True)]


def tag_scores(targets: np.ndarray, predictions: np.ndarray, tags: Sequence[str]) -> list[ClassScores]:
    """The scores of each tag by scikit-learn, from columns of 0 and 1 (count, tags).

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.

    Example:
        >>> tag_scores(np.array([[1, 0]]), np.array([[1, 0]]), ["drama", "western"])[0].f1
        1.0
    """
    columns = zip(targets.astype(int).T, predictions.astype(int).T, tags, strict=True)
    return [class_scores(true, predicted, ("other", tag))[1] for true, predicted, tag in columns]
