"""Scheduling: the base of every callback that moves learning rate and momentum through a fit."""

import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import keras
from kerasdl.callbacks.restoring import Restoring
from kerasdl.optimizers import current_step, innermost, steer
from kerasdl.schedules import Schedule, joined


class Scheduling(Restoring):
    """Computes rate and momentum from the optimizer's step inside the traced step.

    So every step of an execution has its own, and a step that loss scaling skips does not count. A resumed fit goes on
    where its first epoch begins in the schedule. After the fit the optimizer has the rate and momentum it had before.

    Subclasses implement `learning_rate_at` and, where they move momentum, `momentum_at`.

    Args:
        total_steps: Steps in the schedule; by default the steps of the fit.
        restart_at: Epochs, counted from 0 and rising from 1, at which the schedule begins anew; each part between them
            is a whole schedule of its own length.

    Raises:
        ValueError: `restart_at` does not rise from 1, or is given with `total_steps`; when the fit begins, a length
            that cannot be known, a schedule that would end before the fit, or a restart that the fit never reaches.
    """

    moves_momentum = False

    def __init__(self, total_steps: int | None = None, restart_at: Sequence[int] = ()) -> None:
        super().__init__()
        self.total_steps, self.restart_at = total_steps, tuple(restart_at)
        if list(self.restart_at) != sorted(set(self.restart_at)) or any(epoch < 1 for epoch in self.restart_at):
            raise ValueError(f"restart_at must be rising epochs from 1. Received: restart_at={list(restart_at)}")
        if self.restart_at and total_steps is not None:
            raise ValueError(
                "Parts that begin at epochs are as long as these: give restart_at or total_steps. "
                f"Received: restart_at={list(restart_at)}, total_steps={total_steps}"
            )

    def learning_rate_at(self, step: Any, total_steps: int) -> Any:
        """The learning rate at `step` of a schedule of `total_steps`; numbers, arrays or tensors."""
        raise NotImplementedError

    def momentum_at(self, step: Any, total_steps: int) -> Any:
        """The momentum at `step` of a schedule of `total_steps`; None where it is left alone."""
        return None

    def change(self, epoch: int) -> None:
        lengths = self._lengths(epoch)
        # A resumed fit begins in the middle of the schedule; its optimizer may have taken other steps before.
        self._first = current_step(self.model.optimizer) - epoch * (self.params["steps"] or 0)
        self._undo = steer(
            self.model.optimizer,
            learning_rate=self._over(self.learning_rate_at, lengths),
            momentum=self._over(self.momentum_at, lengths) if self.moves_momentum else None,
        )
        self._assigned, self._first_epoch = self._assigned_rate(), epoch

    def put_back(self) -> None:
        self._undo()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_begin(epoch, logs)
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_train_batch_begin(batch, logs)
        if batch == 0:
            self._check_sole()

    def _check_sole(self) -> None:
        rate = self._assigned_rate()
        if rate == self._assigned:
            return
        self._assigned = rate
        message = (
            f"{type(self).__name__} decides the learning rate of this fit, so another callback (ReduceLROnPlateau, "
            "LearningRateScheduler, code of your own) that assigns it changes nothing: leave one of them out. "
            f"Received: learning_rate={rate:g}, assigned while the schedule was running"
        )
        if self._epoch == self._first_epoch:
            raise ValueError(message)
        warnings.warn(message, stacklevel=2)  # later, an error would cost the epochs trained so far

    def _over(self, function: Any, lengths: list[int]) -> Schedule:
        parts = [lambda step, length=length: function(step, length) for length in lengths]
        boundaries = [sum(lengths[:count]) for count in range(1, len(lengths))]
        return lambda step: joined(step - self._first, parts, boundaries)

    def _lengths(self, epoch: int) -> list[int]:
        """Steps in each part of the schedule."""
        name, steps, epochs = type(self).__name__, self.params["steps"], self.params["epochs"]
        if steps is None and (self.total_steps is None or epoch):
            raise ValueError(
                f"{name} needs the length of the fit, and these data do not know theirs: give steps_per_epoch to fit"
                + (", to resume it" if epoch else " or total_steps")
                + f". Received: total_steps={self.total_steps}, initial_epoch={epoch}"
            )
        if self.total_steps is not None and steps is not None and self.total_steps < steps * epochs:
            raise ValueError(
                f"The schedule would end before the fit, which takes {steps * epochs} steps ({epochs} epochs of "
                f"{steps}). Received: total_steps={self.total_steps}"
            )
        if self.restart_at and self.restart_at[-1] >= epochs:
            raise ValueError(f"The fit has {epochs} epochs. Received: restart_at={list(self.restart_at)}")
        if self.total_steps is not None:
            return [self.total_steps]
        return [(after - before) * steps for before, after in pairwise((0, *self.restart_at, epochs))]

    def _assigned_rate(self) -> float | None:
        rate = innermost(self.model.optimizer)._learning_rate
        return float(keras.ops.convert_to_numpy(rate)) if isinstance(rate, keras.Variable) else None
