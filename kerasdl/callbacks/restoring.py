"""Restoring: the base of every callback that changes a model for one fit and puts back what it found."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import tensorflow as tf
from kerasdl.groups import retrace
from kerasdl.optimizers import current_step, innermost


class Restoring(keras.callbacks.Callback):
    """Changes the model when the first epoch begins and puts it back when the fit ends, in whatever way it ends.

    Keras calls no hook when a step raises, so the train function is guarded: an exception in a step (Ctrl-C included)
    puts everything back at once. After an exception anywhere else in the fit, everything is put back when the next
    training begins, for Keras then asks for a train function.

    Subclasses implement `change(epoch)` and `put_back()`; both may leave a stale trace, which is dropped after each.
    """

    changed = False
    _fit: Any = None

    def change(self, epoch: int) -> None:
        """Changes the model, at the beginning of `epoch`, the first of this fit."""
        raise NotImplementedError

    def put_back(self) -> None:
        """Undoes `change`, also where the model has another optimizer by now."""
        raise NotImplementedError

    def as_in_step(self) -> AbstractContextManager[None]:
        """Shows the model as the traced step sees it."""
        return nullcontext()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        refuse_what_keras_cannot(self.model)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        # Not in on_train_begin: BackupAndRestore may restore there, before or after this callback's turn.
        # Keras gives one dictionary of parameters to all callbacks of a fit, and another to those of the next.
        if self.changed and self._fit is self.params:
            return
        try:
            self.change(epoch)
        except BaseException:
            _restore_all(self.model)
            raise
        self.changed, self._fit = True, self.params
        active(self.model).append(self)
        self.retrace()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        _Guard.over(self.model)  # again, should another callback have replaced the train function

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.restore()

    def restore(self) -> None:
        """Puts back what was found, once."""
        if self.changed:
            self.changed = False
            active(self.model).remove(self)
            if not active(self.model):
                del self.model.make_train_function
            self.put_back()
            retrace(self.model)

    def retrace(self) -> None:
        """Lets what is now true of the model take effect from the next step of this fit."""
        retrace(self.model)
        # The class's own: the instance's is for the beginning of another training.
        type(self.model).make_train_function(self.model)
        _Guard.over(self.model)
        self.model.make_train_function = _RestoringFirst(self.model)


def active(model: keras.Model) -> list[Restoring]:
    """The callbacks that have changed this model and not put it back yet."""
    return model.__dict__.setdefault("_kerasdl_active", [])


def _restore_all(model: keras.Model) -> None:
    for callback in list(active(model)):
        callback.restore()


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


class _RestoringFirst:
    """Stands before a model's `make_train_function`, which Keras calls when a training begins, compiled anew or not."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model

    def __call__(self, force: bool = False) -> Any:
        if not force:  # forced, it is a callback's wish in the middle of a fit
            _restore_all(self.model)
        return type(self.model).make_train_function(self.model, force=force)


class _Guard:
    """Stands before a model's train function; tells the callbacks when a step fails."""

    def __init__(self, model: keras.Model) -> None:
        self.model, self.function = model, model.train_function

    @classmethod
    def over(cls, model: keras.Model) -> None:
        if not isinstance(model.train_function, cls):
            model.train_function = cls(model)

    def __call__(self, iterator: Any) -> Any:
        unknown = any(callback.params["steps"] is None for callback in active(self.model))
        before = current_step(self.model.optimizer) if unknown and self.model.steps_per_execution == 1 else None
        try:
            return self.function(iterator)
        except (StopIteration, tf.errors.OutOfRangeError):
            if before is not None:
                # The data ended, which is no failure; but Keras finds out only after it has counted the step.
                innermost(self.model.optimizer)._iterations.assign(before)
            raise
        except BaseException:
            _restore_all(self.model)
            raise
