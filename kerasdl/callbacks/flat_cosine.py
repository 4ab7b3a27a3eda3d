"""FlatCosine: a flat rate, then half a cosine, in a fit."""

from collections.abc import Sequence
from typing import Any

from kerasdl import schedules
from kerasdl.callbacks.scheduling import Scheduling


class FlatCosine(Scheduling):
    """Holds the learning rate for most of the fit, then lets it fall by half a cosine (fastai's `fit_flat_cos`).

    `schedules.FlatCosineSchedule` is the same where the number of steps is known beforehand; this callback takes it
    from the fit. Momentum is left alone. After the fit the optimizer has the rate it had before.

    Args:
        peak_lr: The rate at first; parameter groups have theirs in proportion.
        total_steps: Steps in all; by default the steps of the fit.
        restart_at: Epochs at which the schedule begins anew.
        flat_share: Share of the steps in which the rate is held.
        end_divisor: The rate falls towards `peak_lr / end_divisor`.

    Raises:
        ValueError: As for `OneCycle`.

    Example:
        >>> model.fit(train, epochs=5, callbacks=[kerasdl.callbacks.FlatCosine(peak_lr=4e-3)])
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
        self.learning_rate_at(0, 1)  # refuses arguments out of range where they are written

    def learning_rate_at(self, step: Any, total_steps: int) -> Any:
        """The learning rate at `step` of `total_steps`; see `schedules.flat_cosine`."""
        return schedules.flat_cosine(
            step, total_steps, self.peak_lr, flat_share=self.flat_share, end_divisor=self.end_divisor
        )
