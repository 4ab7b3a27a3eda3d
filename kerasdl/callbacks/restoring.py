"""Restoring: the base of every callback that changes a model for one fit and puts back what it found."""

from typing import Any

import keras
import tensorflow as tf
from kerasdl.groups import retrace
from kerasdl.optimizers import current_step, innermost


class Restoring(keras.callbacks.Callback):
    """Changes the model when the first epoch begins and puts it back when the fit ends, in whatever way it ends.

    Keras calls no hook when a step raises, so the train function is guarded: an exception in a step (Ctrl-C included)
    puts everything back at once. After an exception anywhere else in the fit, everything is put back when the next fit
    begins: by its own restoring callbacks, or else by its first step, whose guard finds a callback not taking part.

    Subclasses implement `change(epoch)` and `put_back()`; both may leave a stale trace, which is dropped after each.
    """

    changed = False
    _fit: Any = None
    taking_part = False

    def change(self, epoch: int) -> None:
        """Changes the model, at the beginning of `epoch`, the first of this fit."""
        raise NotImplementedError

    def put_back(self) -> None:
        """Undoes `change`."""
        raise NotImplementedError

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        refuse_what_keras_cannot(self.model)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        # Not in on_train_begin: BackupAndRestore may restore there, before or after this callback's turn.
        if self.changed and self._fit is self.params:
            return
        for left_behind in [each for each in self._active() if each._fit is not self.params]:
            left_behind.restore()
        self.change(epoch)
        # Keras gives one dictionary of parameters to all callbacks of a fit, and another to those of the next.
        self.changed, self._fit = True, self.params
        self._active().append(self)
        self.retrace()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.taking_part = True
        _Guard.over(self.model).callbacks.add(self)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.restore()

    def restore(self) -> None:
        """Puts back what was found, once."""
        if self.changed:
            self.changed = self.taking_part = False
            self._active().remove(self)
            self.put_back()
            retrace(self.model)

    def _active(self) -> list["Restoring"]:
        """The callbacks that have changed this model and not put it back yet."""
        return self.model.__dict__.setdefault("_kerasdl_active", [])

    def retrace(self) -> None:
        """Lets what is now true of the model take effect from the next step of this fit."""
        retrace(self.model)
        self.model.make_train_function()


def refuse_what_keras_cannot(model: keras.Model) -> None:
    """Says by name what stock Keras 3.15 cannot do under a distribution strategy, before it fails obscurely.

    Raises:
        ValueError: The model was compiled for something that Keras can do on one device only.
    """
    if model.distribute_strategy.num_replicas_in_sync == 1:
        return
    optimizer = innermost(model.optimizer)
    refused = {
        "steps_per_execution": model.steps_per_execution if model.steps_per_execution > 1 else None,
        "jit_compile": model.jit_compile or None,
        "gradient_accumulation_steps": optimizer.gradient_accumulation_steps,
        "ema_overwrite_frequency": optimizer.ema_overwrite_frequency if optimizer.use_ema else None,
    }
    for name, value in refused.items():
        if value:
            raise ValueError(
                f"Keras cannot use {name} under a strategy with several replicas: leave it out, or train on one "
                f"device. Received: {name}={value}, {type(model.distribute_strategy).__name__}"
            )


class _Guard:
    """Stands before a model's train function and tells the callbacks when a step fails or a fit was left."""

    def __init__(self, model: keras.Model) -> None:
        self.model, self.function = model, model.train_function
        self.callbacks: set[Restoring] = set()

    @classmethod
    def over(cls, model: keras.Model) -> "_Guard":
        if not isinstance(model.train_function, cls):
            model.train_function = cls(model)
        return model.train_function

    def __call__(self, iterator: Any) -> Any:
        for callback in [each for each in self.callbacks if not each.taking_part]:
            callback.restore()
            self.callbacks.discard(callback)
        if self.model.train_function is not self:
            self.model.make_train_function()
            return self.model.train_function(iterator)
        for callback in self.callbacks:
            callback.taking_part = False
        unknown = any(callback.params["steps"] is None for callback in self.callbacks)
        before = current_step(self.model.optimizer) if unknown and self.model.steps_per_execution == 1 else None
        try:
            return self.function(iterator)
        except (StopIteration, tf.errors.OutOfRangeError):
            if before is not None:
                # The data ended, which is no failure; but Keras finds out only after it has counted the step.
                innermost(self.model.optimizer)._iterations.assign(before)
            raise
        except BaseException:
            for callback in self.callbacks:
                callback.restore()
            raise
