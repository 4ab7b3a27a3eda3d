"""Arrays that are read one after the other, in stacks of one shape: a model computes a stack in one call."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

# In a stack, which has one array at least.
MOST_ARRAYS, MOST_NUMBERS = 64, 2**22


def stacks(inputs: Iterable[Any], read: Callable[[Any], np.ndarray]) -> Iterator[np.ndarray]:
    """Read arrays, and stack those of one shape that follow each other.

    Args:
        inputs: What is read.
        read: Gives an array of each. If it raises an error, then what was read before comes first.

    Example:
        >>> [stack.shape for stack in stacks([2, 2, 3], np.zeros)]
        [(2, 2), (1, 3)]
    """
    waiting: list[np.ndarray] = []
    try:
        for each in inputs:
            array = read(each)
            size = (len(waiting) + 1) * array.size
            if waiting and (array.shape != waiting[0].shape or size > MOST_NUMBERS or len(waiting) == MOST_ARRAYS):
                yield np.stack(waiting)
                waiting = []
            waiting.append(array)
    except Exception:  # whatever it is, it is raised again once what was read before is out
        if waiting:
            yield np.stack(waiting)
        raise
    if waiting:
        yield np.stack(waiting)
