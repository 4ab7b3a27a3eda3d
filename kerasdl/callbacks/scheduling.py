"""Scheduling: base class of callbacks that schedule learning rate and momentum."""

import warnings
from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral
from typing import Any

import keras
from kerasdl.callbacks.restoring import Restoring
from kerasdl.optimizers import current_step, innermost, steer
from kerasdl.schedules import Schedule, joined


class Scheduling(Restoring):
    """Base class that computes learning rate and momentum from the optimizer's step inside the traced step.

    The values are exact with any `steps_per_execution`, and a step that loss scaling skips does not count. A resumed
    fit continues the schedule at its first epoch. After the fit the optimizer has its previous learning rate and
    momentum.

    Subclasses implement `learning_rate_at` and, if they schedule momentum, `momentum_at`.

    Args:
        total_steps: Steps in the schedule; by default the steps of the fit.
        restart_at: Increasing epochs, counted from 0 and at least 1, at which the schedule restarts; each part between
            them is a complete schedule.

    Raises:
        ValueError: `restart_at` does not increase from 1, or is given with `total_steps`; when the fit begins, the
            number of steps is unknown, the schedule would end before the fit, or the fit never reaches a restart.
    """

    moves_momentum = False

    def __init__(self, total_steps: int | None = None, restart_at: Sequence[int] = ()) -> None:
        super().__init__()
        self.total_steps, self.restart_at = total_steps, tuple(restart_at)
        whole = all(isinstance(epoch, Integral) and epoch >= 1 for epoch in self.restart_at)
        if not whole or list(self.restart_at) != sorted(set(self.restart_at)):
            raise ValueError(f"restart_at must be increasing epochs from 1. Received: restart_at={list(restart_at)}")
        if self.restart_at and total_steps is not None:
            raise ValueError(
                "Give restart_at or total_steps, not both: restarts at epochs determine the number of steps. "
                f"Received: restart_at={list(restart_at)}, total_steps={total_steps}"
            )

    @property
    def kept(self) -> tuple[str, ...]:
        """The optimizer's step at which the schedule began."""
        return ("_first",)

    def check(self) -> None:
        """Raises for arguments out of range; called by constructors, so that it is not left to the fit."""
        total_steps = 1 if self.total_steps is None else self.total_steps
        self.learning_rate_at(0, total_steps), self.momentum_at(0, total_steps)

    def learning_rate_at(self, step: Any, total_steps: int) -> Any:
        """The learning rate at `step` of a schedule of `total_steps`; a number, an array or a tensor, as `step`."""
        raise NotImplementedError

    def momentum_at(self, step: Any, total_steps: int) -> Any:
        """The momentum at `step` of a schedule of `total_steps`; None if unchanged."""
        return None

    def change(self, epoch: int) -> None:
        lengths = self._lengths(epoch)
        # A resumed fit begins within the schedule; its optimizer may have taken steps before the schedule too.
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
            f"{type(self).__name__} sets the learning rate of this fit, so a value assigned by another callback "
            "(ReduceLROnPlateau, LearningRateScheduler, your own code) has no effect: remove one of them. "
            f"Received: learning_rate={rate:g}, assigned during the fit"
        )
        if self._epoch == self._first_epoch:
            raise ValueError(message)
        warnings.warn(message, stacklevel=2)  # an error would lose the epochs trained so far

    def _over(self, function: Any, lengths: list[int]) -> Schedule:
        parts = [lambda step, length=length: function(step, length) for length in lengths]
        boundaries = [sum(lengths[:count]) for count in range(1, len(lengths))]
        return lambda step: joined(step - self._first, parts, boundaries)

    def _lengths(self, epoch: int) -> list[int]:
        """Steps in each part of the schedule."""
        name, steps, epochs = type(self).__name__, self.params["steps"], self.params["epochs"]
        if steps is None and (self.total_steps is None or (epoch and not self.params.get("resumed"))):
            raise ValueError(
                f"{name} needs the number of steps, but the dataset has unknown length: give steps_per_epoch to fit"
                + (" to resume it" if epoch else f" or total_steps to {name}")
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
