"""LRRangeTest and lr_find: Smith's learning-rate range test, arXiv:1506.01186."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from kerasdl.callbacks.batch_loss import BatchLoss
from kerasdl.callbacks.restoring import Restoring
from kerasdl.callbacks.snapshot import Snapshot
from kerasdl.lr_range import LRRange, RampShape, diverged, ramp, smooth
from kerasdl.optimizers import current_step, steer


class LRRangeTest(Restoring):
    """Trains on a rising rate, stops when the loss diverges, then puts everything back (arXiv:1506.01186).

    Weights, optimizer, BatchNormalization statistics, metrics, random state and the position of our pipelines are
    afterwards bit for bit what they were, also after an exception. Parameter groups keep their ratios: the rate is that
    of a group whose multiplier is 1. `result` holds what was found.

    Args:
        start_lr: The first rate.
        end_lr: The rate that `num_steps` steps would reach.
        num_steps: Steps to take at most.
        stop_factor: Stop once the smoothed loss exceeds its minimum by this factor.
        shape: "exponential", as a rate of unknown size needs, or "linear", Smith's own.
        validation_data: As for `fit`. After every step the loss is then taken on all of these, smoothed and read
            instead of the batch's; a few hundred samples are enough.

    Attributes:
        result: What was found, an `LRRange`; None until the test has run.

    Raises:
        ValueError: Arguments out of range.

    Example:
        >>> test = kerasdl.callbacks.LRRangeTest()
        >>> model.fit(train, epochs=10, callbacks=[test])     # ends by itself
        >>> test.result.suggestion()
    """

    def __init__(
        self,
        start_lr: float = 1e-7,
        end_lr: float = 10.0,
        *,
        num_steps: int = 100,
        stop_factor: float = 4.0,
        shape: RampShape = "exponential",
        validation_data: Any = None,
    ) -> None:
        super().__init__()
        if not 0 < start_lr < end_lr:
            raise ValueError(f"The rates must rise from above 0. Received: start_lr={start_lr}, end_lr={end_lr}")
        if num_steps < 1 or stop_factor <= 1:
            raise ValueError(
                "The test needs a step and a factor above 1. "
                f"Received: num_steps={num_steps}, stop_factor={stop_factor}"
            )
        self.start_lr, self.end_lr, self.num_steps, self.stop_factor = start_lr, end_lr, num_steps, stop_factor
        self.shape, self.validation_data = shape, validation_data
        self._rate(0)  # refuses an unknown shape
        self.result: LRRange | None = None  # until the test has run

    def change(self, epoch: int) -> None:
        self._snapshot = Snapshot(self.model)
        self._first, self._batches, self._began = current_step(self.model.optimizer), 0, 0
        self._undo = steer(self.model.optimizer, learning_rate=lambda step: self._rate(step - self._first))
        self._loss = BatchLoss(self.model)
        self._losses: list[float] = []
        self._valid_losses: list[float] = []
        self._steps: list[int] = []
        self.result = None

    def put_back(self) -> None:
        self._undo()
        self._snapshot.restore()
        if self.result is None:
            self.result = self._summary("The data ended.")

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_train_batch_begin(batch, logs)
        self._loss.begin()
        self._began = self._taken()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.result is not None:
            return
        self._losses.append(self._loss.end())
        taken = self._taken()
        # The last step of an execution stands for it; one that loss scaling skipped counts for nothing.
        self._steps.append(max(self._began, taken - 1))
        self._batches += self.model.steps_per_execution
        if self.validation_data is not None:
            self._valid_losses.append(self._validate())
        if diverged(smooth(self._read), self.stop_factor):
            self._stop(f"The loss diverged at step {self._steps[-1] + 1}.")
        elif taken >= self.num_steps:
            self._stop(f"All {self.num_steps} steps were taken.")
        elif self._batches >= 2 * self.num_steps:
            self._stop(f"Loss scaling skipped half of {self._batches} steps.")

    def _stop(self, reason: str) -> None:
        self.result = self._summary(reason)
        self.model.stop_training = True

    def _summary(self, reason: str) -> LRRange:
        rates = np.array([self._rate(step) for step in self._steps])
        valid = np.array(self._valid_losses) if self._valid_losses else None
        return LRRange(rates, np.array(self._losses), smooth(self._read), reason, valid)

    @property
    def _read(self) -> list[float]:
        """The losses that decide."""
        return self._valid_losses or self._losses

    def _taken(self) -> int:
        """Steps that the optimizer has made since the test began."""
        return current_step(self.model.optimizer) - self._first

    def _validate(self) -> float:
        tuples = isinstance(self.validation_data, tuple | list)
        given = self.validation_data if tuples else (self.validation_data,)
        data = dict(zip(("x", "y", "sample_weight"), given, strict=False))
        return self.model.evaluate(**data, verbose=0, return_dict=True)["loss"]

    def _rate(self, step: Any) -> Any:
        return ramp(step, self.num_steps, self.start_lr, self.end_lr, shape=self.shape)


def lr_find(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    start_lr: float = 1e-7,
    end_lr: float = 10.0,
    num_steps: int = 100,
    stop_factor: float = 4.0,
    shape: RampShape = "exponential",
    validation_data: Any = None,
    **fit_arguments: Any,
) -> LRRange:
    """Runs the learning-rate range test and leaves model, optimizer and random state as they were.

    Args:
        model: A compiled model.
        x: As for `fit`; data shorter than the test are gone through again. A generator, which cannot be, loses the
            batches it has given.
        y: As for `fit`.
        start_lr: The first rate.
        end_lr: The rate that `num_steps` steps would reach.
        num_steps: Steps to take at most.
        stop_factor: Stop once the smoothed loss exceeds its minimum by this factor.
        shape: "exponential" or "linear".
        validation_data: As for `fit`; the loss after every step is then taken on all of these. None reads the loss of
            the training batches.
        **fit_arguments: As for `fit`: batch_size, sample_weight, class_weight, shuffle, verbose…

    Returns:
        Rates, losses, smoothed losses, and why the test stopped; `suggestion()` picks a rate, `plot()` draws it all.

    Raises:
        ValueError: Arguments out of range.
        TypeError: An argument that the test itself decides: epochs, initial_epoch, validation_split.

    Example:
        >>> found = kerasdl.lr_find(model, x_train, y_train, batch_size=64)
        >>> found.suggestion()
        >>> found.plot({"mine": 3e-3}).savefig("lr_range.png")
    """
    decided = {"epochs", "initial_epoch", "validation_split"} & set(fit_arguments)
    if decided:
        raise TypeError(f"lr_find decides these itself. Received: {sorted(decided)}")
    test = LRRangeTest(
        start_lr, end_lr, num_steps=num_steps, stop_factor=stop_factor, shape=shape, validation_data=validation_data
    )
    callbacks = [*fit_arguments.pop("callbacks", ()), test]
    # Keras warns of shuffle=True, its own default, on every tf.data.Dataset.
    fit_arguments.setdefault("shuffle", not isinstance(x, tf.data.Dataset))
    before = model.history if hasattr(model, "history") else None
    try:
        # One step an epoch at the least, and loss scaling may skip half: twice as many epochs are always enough.
        model.fit(x, y, epochs=2 * num_steps, callbacks=callbacks, **fit_arguments)
    finally:
        test.restore()
        model.history, model.stop_training = before, False
    assert test.result is not None  # restoring leaves one
    return test.result
