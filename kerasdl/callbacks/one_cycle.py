"""OneCycle: the one-cycle policy."""

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from kerasdl import schedules
from kerasdl.arguments import known_arguments
from kerasdl.callbacks.scheduling import Scheduling
from kerasdl.optimizers import current_momentum, innermost

_HIGH_AND_LOW = (0.95, 0.85)


@known_arguments()
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
        momentum: (high, low): momentum (SGD, RMSprop, Muon) or beta_1 (the Adam family) falls from high to low while
            the learning rate rises, and rises again. None does not change it. "auto" is (0.95, 0.85), or if the
            optimizer has no momentum, such as plain SGD or Adagrad, None and a warning.
        shape: "cosine" (fastai's) or "linear" (the paper's).

    Raises:
        ValueError: Arguments out of range (in the constructor); the number of steps is unknown, the cycle would end
            before the fit, the fit never reaches a restart, another callback sets the learning rate, or a pair is given
            as momentum and the optimizer has none (when the fit begins).

    Example:
        >>> model.fit(x, y, epochs=5, callbacks=[kerasdl.callbacks.OneCycle(peak_lr=1e-2)])
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
        momentum: tuple[float, float] | Literal["auto"] | None = "auto",
        shape: schedules.Shape = "cosine",
    ) -> None:
        super().__init__(total_steps, restart_at)
        if not (momentum is None or np.shape(momentum) == (2,) or momentum == "auto"):
            raise ValueError(f'momentum must be (high, low), "auto" or None. Received: momentum={momentum!r}')
        self.peak_lr, self.warmup_share, self.shape = peak_lr, warmup_share, shape
        self.start_divisor, self.end_divisor, self.momentum = start_divisor, end_divisor, momentum
        self.moves_momentum = momentum is not None
        self.check()

    def change(self, epoch: int) -> None:
        if isinstance(self.momentum, str):
            optimizer = innermost(self.model.optimizer)
            self.moves_momentum = bool(current_momentum(optimizer))
            if not self.moves_momentum:
                warnings.warn(
                    f"{type(optimizer).__name__} has no momentum, so {type(self).__name__} schedules the learning rate "
                    f"alone. Give it momentum=None if that is intended. Received: momentum={self.momentum!r}",
                    stacklevel=2,
                )
        super().change(epoch)

    def learning_rate_at(self, step: Any, total_steps: int) -> Any:
        """The learning rate at `step` of a cycle of `total_steps`; see `schedules.one_cycle`."""
        return schedules.one_cycle(
            step,
            self.peak_lr,
            total_steps,
            warmup_share=self.warmup_share,
            start_divisor=self.start_divisor,
            end_divisor=self.end_divisor,
            shape=self.shape,
        )

    def momentum_at(self, step: Any, total_steps: int) -> Any:
        """The momentum at `step` of a cycle of `total_steps`; see `schedules.one_cycle_momentum`. None if unchanged."""
        if self.momentum is None:
            return None
        high, low = _HIGH_AND_LOW if isinstance(self.momentum, str) else self.momentum
        return schedules.one_cycle_momentum(
            step, total_steps, warmup_share=self.warmup_share, high=high, low=low, shape=self.shape
        )
