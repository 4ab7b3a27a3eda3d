"""Registry of the epoch counters of all pipelines.

A pipeline is a pure function of (seed, epoch, index) and counts its own epochs. Code that trains on trial, such as the
range test, must restore these counters together with the model, and a resumed fit must set them; this module finds them
all.
"""

import weakref
from itertools import count
from typing import Any

_LIVE: "weakref.WeakSet[EpochCounter]" = weakref.WeakSet()
_NUMBERS = count()


class EpochCounter:
    """The epoch that the next iteration of a pipeline will have, and the step from which it is needed.

    Args:
        variable: An integer `tf.Variable` that the pipeline reads and increments when an iteration begins.
        start: Another one, which it reads and sets to 0: of the first so many batches of that iteration only the number
            counts, for they are skipped.
    """

    def __init__(self, variable: Any, start: Any) -> None:
        self.variable, self.start, self.number = variable, start, next(_NUMBERS)
        _LIVE.add(self)


def epochs_now() -> dict[EpochCounter, int]:
    """The next epoch of every existing pipeline, in the order in which they were made."""
    return {counter: int(counter.variable) for counter in sorted(_LIVE, key=lambda each: each.number)}


def set_epochs(epochs: dict[EpochCounter, int]) -> None:
    """Reset pipelines to the epochs returned by `epochs_now`; they begin at the first step."""
    for counter, epoch in epochs.items():
        counter.variable.assign(epoch)
        counter.start.assign(0)
