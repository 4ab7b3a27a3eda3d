"""Averages of several models' predictions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from kerasdl.interpret.classification import Classification
from kerasdl.interpret.tagging import Tagging

Result = TypeVar("Result", Classification, Tagging)


def average(results: Sequence[Result]) -> Result:
    """Average the probabilities that several models give to the same samples.

    Args:
        results: Their evaluations, on the same samples in the same order.

    Returns:
        An evaluation of the mean probabilities.

    Raises:
        ValueError: No results, or results on other samples or classes.

    Example:
        >>> found = Classification(np.log([[0.9, 0.1], [0.4, 0.6]]), np.array([0, 0]), ["bad", "good"])
        >>> other = Classification(np.log([[0.5, 0.5], [0.8, 0.2]]), np.array([0, 0]), ["bad", "good"])
        >>> average([found, other]).probabilities.round(2).tolist()
        [[0.7, 0.3], [0.6, 0.4]]
    """
    if not results or any(
        not np.array_equal(each.targets, results[0].targets) or list(each.classes) != list(results[0].classes)
        for each in results
    ):
        raise ValueError(
            "All results must be on the same samples, in the same order, with the same classes. "
            f"Received: {[repr(each) for each in results]}"
        )
    first, least = results[0], np.finfo(np.float64).tiny
    logs = np.log(np.maximum(np.mean([each.probabilities for each in results], axis=0), least))
    if isinstance(first, Tagging):
        logs -= np.log(np.maximum(np.mean([1 - each.probabilities for each in results], axis=0), least))
    return replace(first, logits=logs)
