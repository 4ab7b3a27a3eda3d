"""Where the pipelines are: the epoch that each will give next.

A pipeline is a pure function of (seed, epoch, index) and counts its own epochs. Whoever runs data through a model on
trial, as the range test does, must put these counters back with everything else; so each counter can be found here.
"""

import weakref
from typing import Any

_LIVE: "weakref.WeakSet[EpochCounter]" = weakref.WeakSet()


class EpochCounter:
    """The epoch that a pipeline gives when it is next iterated.

    Args:
        variable: An integer `tf.Variable`, which the pipeline reads and moves on whenever an iteration begins.
    """

    def __init__(self, variable: Any) -> None:
        self.variable = variable
        _LIVE.add(self)


def epochs_now() -> dict[EpochCounter, int]:
    """The epoch that every living pipeline gives next."""
    return {counter: int(counter.variable) for counter in _LIVE}


def set_epochs(epochs: dict[EpochCounter, int]) -> None:
    """Puts pipelines back to the epochs that `epochs_now` reported."""
    for counter, epoch in epochs.items():
        counter.variable.assign(epoch)
