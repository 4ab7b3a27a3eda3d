"""FlatCosine: constant learning rate, then cosine decay."""

from collections.abc import Sequence
from typing import Any

from kerasdl import schedules
from kerasdl.arguments import known_arguments
from kerasdl.callbacks.scheduling import Scheduling


@known_arguments()
class FlatCosine(Scheduling):
    """Constant learning rate for most of the fit, then cosine decay (fastai's `fit_flat_cos`).

    `schedules.FlatCosineSchedule` is the same schedule if the number of steps is known in advance; this callback takes
    it from the fit. Momentum is not changed. After the fit the optimizer has its previous learning rate.

    Args:
        peak_lr: Initial learning rate, scaled by the multiplier of a parameter group.
        total_steps: Number of steps; by default the steps of the fit.
        restart_at: Epochs at which the schedule restarts.
        flat_share: Fraction of the steps with constant learning rate.
        end_divisor: The learning rate decays to `peak_lr / end_divisor`.

    Raises:
        ValueError: As for `OneCycle`.

    Example:
        >>> model.fit(x, y, epochs=5, callbacks=[kerasdl.callbacks.FlatCosine(peak_lr=4e-3)])
    """

    def __init__(
        self,
        peak_lr: float,
        *,
        total_steps: int | None = None,
        restart_at: Sequence[int] = (),
        flat_share: float = 0.75,
        end_divisor: float = 1e5,
    ) -> None:
        super().__init__(total_steps, restart_at)
        self.peak_lr, self.flat_share, self.end_divisor = peak_lr, flat_share, end_divisor
        self.check()

    def learning_rate_at(self, step: Any, total_steps: int) -> Any:
        """The learning rate at `step` of `total_steps`; see `schedules.flat_cosine`."""
        return schedules.flat_cosine(
            step, self.peak_lr, total_steps, flat_share=self.flat_share, end_divisor=self.end_divisor
        )
