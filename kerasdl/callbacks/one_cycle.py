"""OneCycle: the one-cycle policy in a fit."""

from typing import Any

from kerasdl import schedules
from kerasdl.callbacks.restoring import Restoring
from kerasdl.optimizers import current_step, steer


class OneCycle(Restoring):
    """Moves learning rate and momentum through one cycle (Smith, arXiv:1708.07120 and arXiv:1803.09820).

    Both are computed from the optimizer's step inside the traced step, so every step of an execution has its own.
    After the fit the optimizer has the rate and momentum it had before.

    Args:
        peak_lr: The highest learning rate.
        total_steps: Steps in the cycle; by default the steps of the fit.
        warmup_share: Share of the steps in which the rate rises.
        start_divisor: The first rate is `peak_lr / start_divisor`.
        end_divisor: The rate falls towards `peak_lr / end_divisor`.
        momentum: (high, low): momentum (SGD, RMSprop) or beta_1 (the Adam family) goes from high down to low while
            the rate rises, and back. None leaves it alone, as plain SGD without momentum needs.

    Raises:
        ValueError: Arguments out of range (when made); a length that cannot be known, a cycle that would end before
            the fit, or an optimizer without momentum (when the fit begins).

    Example:
        >>> model.fit(train, epochs=5, callbacks=[kerasdl.callbacks.OneCycle(peak_lr=1e-2)])
    """

    def __init__(
        self,
        peak_lr: float,
        *,
        total_steps: int | None = None,
        warmup_share: float = 0.25,
        start_divisor: float = 25.0,
        end_divisor: float = 1e5,
        momentum: tuple[float, float] | None = (0.95, 0.85),
    ) -> None:
        super().__init__()
        if not peak_lr > 0:
            raise ValueError(f"peak_lr must be positive. Received: peak_lr={peak_lr}")
        if not 0 < warmup_share < 1:
            raise ValueError(f"warmup_share must lie between 0 and 1. Received: warmup_share={warmup_share}")
        if min(start_divisor, end_divisor) < 1:
            raise ValueError(
                f"The divisors must be at least 1. Received: start_divisor={start_divisor}, end_divisor={end_divisor}"
            )
        if momentum is not None and not all(0 < value < 1 for value in momentum):
            raise ValueError(f"momentum must be two numbers between 0 and 1, or None. Received: momentum={momentum}")
        self.peak_lr, self.total_steps, self.warmup_share = peak_lr, total_steps, warmup_share
        self.start_divisor, self.end_divisor, self.momentum = start_divisor, end_divisor, momentum

    def learning_rate_at(self, step: Any, total_steps: int) -> Any:
        """The learning rate at `step` of a cycle of `total_steps`; see `schedules.one_cycle`."""
        return schedules.one_cycle(
            step,
            total_steps,
            self.peak_lr,
            warmup_share=self.warmup_share,
            start_divisor=self.start_divisor,
            end_divisor=self.end_divisor,
        )

    def momentum_at(self, step: Any, total_steps: int) -> Any:
        """The momentum at `step` of a cycle of `total_steps`; see `schedules.one_cycle_momentum`. None without."""
        if self.momentum is None:
            return None
        high, low = self.momentum
        return schedules.one_cycle_momentum(step, total_steps, warmup_share=self.warmup_share, high=high, low=low)

    def change(self, epoch: int) -> None:
        total = self._total_steps()
        # A resumed fit begins in the middle of the cycle; its optimizer may have taken other steps before.
        done = epoch * (self.params["steps"] or 0)
        first = current_step(self.model.optimizer) - done
        self._undo = steer(
            self.model.optimizer,
            learning_rate=lambda step: self.learning_rate_at(step - first, total),
            momentum=(lambda step: self.momentum_at(step - first, total)) if self.momentum else None,
        )

    def put_back(self) -> None:
        self._undo()

    def _total_steps(self) -> int:
        steps, epochs = self.params["steps"], self.params["epochs"]
        if self.total_steps is None and steps is None:
            raise ValueError(
                "OneCycle needs the length of the fit, and these data do not know theirs: give total_steps, or "
                "steps_per_epoch to fit. Received: total_steps=None"
            )
        if self.total_steps is not None and steps is not None and self.total_steps < steps * epochs:
            raise ValueError(
                f"The cycle would end before the fit, which takes {steps * epochs} steps ({epochs} epochs of {steps}). "
                f"Received: total_steps={self.total_steps}"
            )
        return self.total_steps or steps * epochs
