"""CosineRestarts: SGDR in a fit."""

from typing import Any

from kerasdl import schedules
from kerasdl.callbacks.scheduling import Scheduling


class CosineRestarts(Scheduling):
    """Half a cosine from the peak rate down, again and again: SGDR (Loshchilov and Hutter, arXiv:1608.03983).

    Stock `keras.optimizers.schedules.CosineDecayRestarts` is the same where the steps in a cycle are known beforehand;
    here a cycle is counted in epochs. After the fit the optimizer has the rate it had before.

    Args:
        peak_lr: The rate at every restart; parameter groups have theirs in proportion.
        cycle_epochs: Epochs in the first cycle.
        growth: How many times as long each cycle is as the one before.
        end_lr: Where the cosine of each cycle ends.

    Raises:
        ValueError: Arguments out of range (when made); a length that cannot be known, a fit that ends within a cycle,
            or another callback that decides the rate (when the fit begins).

    Example:
        >>> model.fit(train, epochs=7, callbacks=[kerasdl.callbacks.CosineRestarts(1e-2)])   # cycles of 1, 2, 4
    """

    def __init__(self, peak_lr: float, *, cycle_epochs: int = 1, growth: int = 2, end_lr: float = 0.0) -> None:
        schedules.cosine_restarts(0, cycle_epochs, peak_lr, growth=growth, end_lr=end_lr)
        super().__init__()
        self.peak_lr, self.cycle_epochs, self.growth, self.end_lr = peak_lr, cycle_epochs, growth, end_lr

    def learning_rate_at(self, step: Any, total_steps: int) -> Any:
        """The learning rate at `step` of `total_steps`; see `schedules.cosine_restarts`."""
        steps = self.cycle_epochs * total_steps // self.params["epochs"]
        return schedules.cosine_restarts(step, steps, self.peak_lr, growth=self.growth, end_lr=self.end_lr)

    def _lengths(self, epoch: int) -> list[int]:
        lengths, epochs, cycle, ends = super()._lengths(epoch), self.params["epochs"], self.cycle_epochs, [0]
        while ends[-1] < epochs:
            ends.append(ends[-1] + cycle)
            cycle *= self.growth
        if ends[-1] != epochs:
            raise ValueError(
                f"A fit of {epochs} epochs would end within a cycle, at a high rate: train for {ends[-2] or ends[-1]} "
                f"or {ends[-1]}. Received: cycle_epochs={self.cycle_epochs}, growth={self.growth}"
            )
        return lengths
