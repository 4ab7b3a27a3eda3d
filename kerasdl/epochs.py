"""Registry of the epoch counters of all pipelines.

A pipeline is a pure function of (seed, epoch, index) and counts its own epochs. Code that trains on trial, such as the
range test, must restore these counters together with the model; this module finds them all.
"""

import weakref
from typing import Any

_LIVE: "weakref.WeakSet[EpochCounter]" = weakref.WeakSet()


class EpochCounter:
    """The epoch that the next iteration of a pipeline will have.

    Args:
        variable: An integer `tf.Variable` that the pipeline reads and increments when an iteration begins.
    """

    def __init__(self, variable: Any) -> None:
        self.variable = variable
        _LIVE.add(self)


def epochs_now() -> dict[EpochCounter, int]:
    """The next epoch of every existing pipeline."""
    return {counter: int(counter.variable) for counter in _LIVE}


def set_epochs(epochs: dict[EpochCounter, int]) -> None:
    """Reset pipelines to the epochs returned by `epochs_now`."""
    for counter, epoch in epochs.items():
        counter.variable.assign(epoch)
