"""CosineRestarts: SGDR with cycles counted in epochs."""

from typing import Any

import numpy as np
from kerasdl import schedules
from kerasdl.arguments import known_arguments
from kerasdl.callbacks.scheduling import Scheduling


@known_arguments()
class CosineRestarts(Scheduling):
    """Cosine decay with warm restarts: SGDR (Loshchilov and Hutter, arXiv:1608.03983).

    Stock `keras.optimizers.schedules.CosineDecayRestarts` gives the same learning rates if the steps per cycle are
    known in advance; here cycles are counted in epochs. After the fit the optimizer has its previous learning rate.

    Args:
        peak_lr: Learning rate at every restart, scaled by the multiplier of a parameter group.
        cycle_epochs: Epochs in the first cycle.
        growth: Length of each cycle divided by that of the previous one.
        end_lr: Learning rate at the end of each cycle.

    Raises:
        ValueError: Arguments out of range (in the constructor); the number of steps is unknown, the fit ends within a
            cycle, or another callback sets the learning rate (when the fit begins).

    Example:
        >>> model.fit(x, y, epochs=7, callbacks=[kerasdl.callbacks.CosineRestarts(1e-2)])   # cycles of 1, 2, 4
    """

    def __init__(self, peak_lr: float, *, cycle_epochs: int = 1, growth: int = 2, end_lr: float = 0.0) -> None:
        if not isinstance(cycle_epochs, int | np.integer) or cycle_epochs < 1:
            raise ValueError(f"cycle_epochs must be a positive integer. Received: cycle_epochs={cycle_epochs}")
        schedules.cosine_restarts(0, peak_lr, 1, growth=growth, end_lr=end_lr)  # raises for arguments out of range
        super().__init__()
        self.peak_lr, self.cycle_epochs, self.growth, self.end_lr = peak_lr, cycle_epochs, growth, end_lr

    def learning_rate_at(self, step: Any, total_steps: int) -> Any:
        """The learning rate at `step` of `total_steps`; see `schedules.cosine_restarts`."""
        steps = self.cycle_epochs * total_steps // self.params["epochs"]
        return schedules.cosine_restarts(step, self.peak_lr, steps, growth=self.growth, end_lr=self.end_lr)

    def _lengths(self, epoch: int) -> list[int]:
        lengths, epochs, cycle, ends = super()._lengths(epoch), self.params["epochs"], self.cycle_epochs, [0]
        while ends[-1] < epochs:
            ends.append(ends[-1] + cycle)
            cycle *= self.growth
        if ends[-1] != epochs:
            raise ValueError(
                f"A fit of {epochs} epochs ends within a cycle, at a high learning rate: train for "
                f"{ends[-2] or ends[-1]} or {ends[-1]} epochs. "
                f"Received: cycle_epochs={self.cycle_epochs}, growth={self.growth}"
            )
        return lengths
