"""LRRangeTest and lr_find: the learning-rate range test of Smith, arXiv:1506.01186."""

from collections.abc import Generator
from numbers import Integral
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from kerasdl.arguments import check_one_rate, known_arguments
from kerasdl.callbacks.restoring import Restoring, scales_loss
from kerasdl.callbacks.snapshot import Snapshot, build, is_built
from kerasdl.callbacks.step_record import StepRecord, mean_loss, step_fast
from kerasdl.lr_range import LRRange, RampShape, diverged, ramp, smooth
from kerasdl.optimizers import current_step, steer

DEFAULT_POINTS = 100


@known_arguments()
class LRRangeTest(Restoring):
    """Learning-rate range test as a callback (Smith, arXiv:1506.01186).

    Trains with a rising learning rate, stops when the loss diverges, and restores the model. Weights, optimizer,
    BatchNormalization statistics, metrics, random state and the position of kerasdl pipelines are restored bit for bit,
    also after an exception. Parameter groups keep their ratios: the reported rates are those of a group whose
    multiplier is 1.

    Args:
        start_lr: First learning rate.
        end_lr: Learning rate that step `num_steps` would have.
        num_steps: Maximum number of steps; by default 100 times the model's `steps_per_execution`, because every
            execution is one point of the curve.
        stop_factor: Stop when the smoothed loss exceeds this many times its minimum.
        shape: "exponential" covers many orders of magnitude; "linear" is the paper's.
        validation_data: As for `fit`. If given, the loss on all of this data is computed after every step and used
            instead of the batch loss; a few hundred samples are enough.

    Attributes:
        result: An `LRRange`; None until the test has run.

    Raises:
        ValueError: Arguments out of range.

    Example:
        >>> test = kerasdl.callbacks.LRRangeTest()
        >>> model.fit(x_train, y_train, epochs=100, callbacks=[test])     # stops by itself
        >>> test.result.suggestion()
    """

    def __init__(
        self,
        start_lr: float = 1e-7,
        end_lr: float = 10.0,
        *,
        num_steps: int | None = None,
        stop_factor: float = 4.0,
        shape: RampShape = "exponential",
        validation_data: Any = None,
    ) -> None:
        super().__init__()
        for name, rate in (("start_lr", start_lr), ("end_lr", end_lr)):
            check_one_rate(name, rate)
        if not 0 < start_lr < end_lr:
            raise ValueError(f"Give 0 < start_lr < end_lr. Received: start_lr={start_lr}, end_lr={end_lr}")
        if not (num_steps is None or (isinstance(num_steps, Integral) and num_steps >= 1)) or not stop_factor > 1:
            raise ValueError(
                "num_steps must be a whole number from 1, and stop_factor above 1. "
                f"Received: num_steps={num_steps}, stop_factor={stop_factor}"
            )
        ramp(0, 1, start_lr, end_lr, shape=shape)  # raises for an unknown shape
        self.start_lr, self.end_lr, self.num_steps, self.stop_factor = start_lr, end_lr, num_steps, stop_factor
        self.shape, self.validation_data = shape, validation_data
        self.result: LRRange | None = None
        self._losses: list[float] = []
        self._valid_losses: list[float] = []
        self._steps: list[int] = []

    def change(self, epoch: int) -> None:
        self._snapshot = Snapshot(self.model)
        self._num_steps = self.steps_for(self.model)
        self._first, self._batches = current_step(self.model.optimizer), 0
        self._undo = steer(self.model.optimizer, learning_rate=lambda step: self._rate(step - self._first))
        self._record = StepRecord(self.model, self.model.steps_per_execution)
        self._losses, self._valid_losses, self._steps = [], [], []
        self.result = None

    def before_first_step(self, iterator: Any) -> None:
        if not is_built(self.model):
            build(self.model, iterator)
            self._snapshot.complete()

    def put_back(self) -> None:
        self._undo()
        self._snapshot.restore()
        if self.result is None:
            self.result = self._summary("The data ended.")

    def before_step(self) -> Any:
        return self._record.before()

    def after_step(self, data: Any, outputs: Any, before: Any) -> None:
        self._record.after(outputs, before)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        steps = self._record.read()
        if self.result is not None or not steps:
            return
        # Not in the traced step, which makes variables of the model's own.
        if not steps[-1].samples:
            raise ValueError(
                f"The train_step of the model must return its loss, as {{'loss': ...}}. Received: {sorted(logs or {})}"
            )
        self._losses.append(mean_loss(steps))
        taken = step_fast(self.model) - self._first
        # An execution is recorded at its last step; a step that loss scaling skipped does not count.
        self._steps.append(max(steps[0].step - self._first, taken - 1))
        self._batches += self.model.steps_per_execution
        if self.validation_data is not None:
            self._valid_losses.append(self._validate())
        if self._has_diverged():
            self._stop(f"The loss diverged at step {self._steps[-1] + 1}.")
        elif taken >= self._num_steps:
            self._stop(f"All {self._num_steps} steps were taken.")
        elif self._batches >= 2 * self._num_steps and scales_loss(self.model.optimizer):
            self._stop(f"Loss scaling skipped half of {self._batches} steps.")

    def steps_for(self, model: keras.Model) -> int:
        """Maximum number of steps of a test of `model`."""
        return self.num_steps or DEFAULT_POINTS * model.steps_per_execution

    def _stop(self, reason: str) -> None:
        self.result = self._summary(reason)
        self.model.stop_training = True

    def _summary(self, reason: str) -> LRRange:
        rates = np.array([self._rate(step) for step in self._steps])
        valid = np.array(self._valid_losses) if self._valid_losses else None
        return LRRange(rates, np.array(self._losses), smooth(self._read), reason, valid)

    @property
    def _read(self) -> list[float]:
        """The losses that decide when to stop and what to suggest."""
        return self._valid_losses or self._losses

    def _has_diverged(self) -> bool:
        read, smoothed = self._read, smooth(self._read)
        if not diverged(smoothed, self.stop_factor):
            return False
        # A few high losses are outliers, above all where the curve is flat and its minimum a matter of chance.
        is_early = self._steps[-1] < self._num_steps / 3
        lowest, recent = np.median(read) if is_early else smoothed.min(), np.median(read[-5:])
        return not np.isfinite(smoothed[-1]) or diverged([lowest, recent], self.stop_factor)

    def _validate(self) -> float:
        tuples = isinstance(self.validation_data, tuple | list)
        given = self.validation_data if tuples else (self.validation_data,)
        data = dict(zip(("x", "y", "sample_weight"), given, strict=False))
        return self.model.evaluate(**data, verbose=0, return_dict=True)["loss"]

    def _rate(self, step: Any) -> Any:
        return ramp(step, self._num_steps, self.start_lr, self.end_lr, shape=self.shape)


@known_arguments(keras.Model.fit, closed=False)
def lr_find(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    start_lr: float = 1e-7,
    end_lr: float = 10.0,
    num_steps: int | None = None,
    stop_factor: float = 4.0,
    shape: RampShape = "exponential",
    validation_data: Any = None,
    verbose: int | str = "auto",
    **fit_arguments: Any,
) -> LRRange:
    """Run the learning-rate range test and restore model, optimizer and random state (Smith, arXiv:1506.01186).

    Args:
        model: A compiled model.
        x: As for `fit`. Data shorter than the test is repeated. A generator cannot be rewound: the batches used by the
            test are consumed.
        y: As for `fit`.
        start_lr: First learning rate.
        end_lr: Learning rate that step `num_steps` would have.
        num_steps: Maximum number of steps; by default 100 times the model's `steps_per_execution`, because every
            execution is one point of the curve.
        stop_factor: Stop when the smoothed loss exceeds this many times its minimum.
        shape: "exponential" or "linear".
        validation_data: As for `fit`. If given, the loss on all of this data is computed after every step and used
            instead of the batch loss.
        verbose: "auto" or 1 shows one progress bar for the whole test, 2 one line at its end, 0 nothing.
        **fit_arguments: As for `fit`: batch_size, sample_weight, class_weight, shuffle…

    Returns:
        Learning rates, losses, smoothed losses and the reason why the test stopped. `suggestion()` picks a learning
        rate, `plot()` draws the curve.

    Raises:
        ValueError: Arguments out of range.
        TypeError: An argument that the test sets itself: epochs, initial_epoch, validation_split.

    Example:
        >>> found = kerasdl.lr_find(model, x_train, y_train, batch_size=64)
        >>> found.suggestion()
        >>> found.plot({"mine": 3e-3}).savefig("lr_range.png")
    """
    decided = {"epochs", "initial_epoch", "validation_split"} & set(fit_arguments)
    if decided:
        raise TypeError(f"lr_find sets these arguments of fit itself: remove them. Received: {sorted(decided)}")
    test = LRRangeTest(
        start_lr, end_lr, num_steps=num_steps, stop_factor=stop_factor, shape=shape, validation_data=validation_data
    )
    bar = _ProgressBar(test, test.steps_for(model), verbose)
    callbacks = [*fit_arguments.pop("callbacks", ()), test, bar]
    # Keras warns about shuffle=True, which is its own default, if the data cannot be shuffled.
    fit_arguments.setdefault("shuffle", not isinstance(x, tf.data.Dataset | Generator))
    before = model.history if hasattr(model, "history") else None
    try:
        # An epoch has at least one step, and loss scaling may skip half of them: 2 * num_steps epochs are enough.
        model.fit(x, y, epochs=2 * test.steps_for(model), callbacks=callbacks, verbose=0, **fit_arguments)
    finally:
        bar.draw(finalize=True)
        test.restore()
        model.history, model.stop_training = before, False
    assert test.result is not None  # set by restore at the latest
    return test.result


class _ProgressBar(keras.callbacks.Callback):
    """One bar for the whole test; the bar of `fit` starts again in every epoch."""

    def __init__(self, test: LRRangeTest, num_steps: int, verbose: int | str) -> None:
        super().__init__()
        self._test, self._num_steps = test, num_steps
        self._bar = keras.utils.Progbar(
            num_steps, verbose=1 if verbose == "auto" else verbose, stateful_metrics=["loss"]
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.draw(finalize=False)

    def draw(self, *, finalize: bool) -> None:
        """Draws the last step of the test; `finalize` ends the line."""
        if self._test._read:  # an error may come before the first step
            taken = min(self._test._steps[-1] + 1, self._num_steps)
            self._bar.update(taken, [("loss", self._test._read[-1])], finalize=finalize)
