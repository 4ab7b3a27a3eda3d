"""OneCycle: the one-cycle policy."""

from collections.abc import Sequence
from typing import Any

from kerasdl import schedules
from kerasdl.callbacks.scheduling import Scheduling


class OneCycle(Scheduling):
    """One-cycle policy for learning rate and momentum (Smith, arXiv:1708.07120 and arXiv:1803.09820).

    Both are computed from the optimizer's step inside the traced step, so they are exact with any
    `steps_per_execution`. After the fit the optimizer has its previous learning rate and momentum.

    Args:
        peak_lr: Maximum learning rate, scaled by the multiplier of a parameter group.
        total_steps: Steps in the cycle; by default the steps of the fit.
        restart_at: Epochs at which a new cycle begins, for example where `GradualUnfreezing` unfreezes a group.
        warmup_share: Fraction of the steps in which the learning rate rises.
        start_divisor: The initial learning rate is `peak_lr / start_divisor`.
        end_divisor: The learning rate decays to `peak_lr / end_divisor`.
        momentum: (high, low): momentum (SGD, RMSprop) or beta_1 (the Adam family) falls from high to low while the
            learning rate rises, and rises again. None does not change it, as needed for SGD without momentum.
        shape: "cosine" (fastai's) or "linear" (the paper's).

    Raises:
        ValueError: Arguments out of range (in the constructor); the number of steps is unknown, the cycle would end
            before the fit, the fit never reaches a restart, another callback sets the learning rate, or the optimizer
            has no momentum (when the fit begins).

    Example:
        >>> model.fit(train, epochs=5, callbacks=[kerasdl.callbacks.OneCycle(peak_lr=1e-2)])
    """

    def __init__(
        self,
        peak_lr: float,
        *,
        total_steps: int | None = None,
        restart_at: Sequence[int] = (),
        warmup_share: float = 0.25,
        start_divisor: float = 25.0,
        end_divisor: float = 1e5,
        momentum: tuple[float, float] | None = (0.95, 0.85),
        shape: schedules.Shape = "cosine",
    ) -> None:
        super().__init__(total_steps, restart_at)
        self.peak_lr, self.warmup_share, self.shape = peak_lr, warmup_share, shape
        self.start_divisor, self.end_divisor, self.momentum = start_divisor, end_divisor, momentum
        self.moves_momentum = momentum is not None
        # Raises for arguments out of range here rather than when the fit begins.
        self.learning_rate_at(0, 1), self.momentum_at(0, 1)

    def learning_rate_at(self, step: Any, total_steps: int) -> Any:
        """The learning rate at `step` of a cycle of `total_steps`; see `schedules.one_cycle`."""
        return schedules.one_cycle(
            step,
            total_steps,
            self.peak_lr,
            warmup_share=self.warmup_share,
            start_divisor=self.start_divisor,
            end_divisor=self.end_divisor,
            shape=self.shape,
        )

    def momentum_at(self, step: Any, total_steps: int) -> Any:
        """The momentum at `step` of a cycle of `total_steps`; see `schedules.one_cycle_momentum`. None if unchanged."""
        if self.momentum is None:
            return None
        high, low = self.momentum
        return schedules.one_cycle_momentum(
            step, total_steps, warmup_share=self.warmup_share, high=high, low=low, shape=self.shape
        )
