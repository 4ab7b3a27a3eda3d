"""Restoring: base class of callbacks that change a model during one fit and restore it afterwards."""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from types import MethodType
from typing import Any

import keras
import tensorflow as tf
from kerasdl.callbacks.snapshot import build_for_step
from kerasdl.distribute import check_supported_by_keras
from kerasdl.errors import BadInput
from kerasdl.groups import retrace
from kerasdl.optimizers import current_step, innermost

MOST_STEPS_WITHOUT_UPDATE = 64
# What the traced step records is read every so many steps: on a GPU the host need not wait for each.
STEPS_BETWEEN_READINGS = 10
# What TensorFlow's cross-entropy says on a CPU.
_LABEL = re.compile(r"label value of (-?\d+) which is outside the valid range of \[0, (\d+)\)")


class Restoring(keras.callbacks.Callback):
    """Base class that changes the model when the first epoch begins and restores it however the fit ends.

    Keras calls no hook when a step raises, so the train function is wrapped: an exception in a step (Ctrl-C included)
    restores the model at once. After an exception elsewhere in the fit the model is restored when the next training
    begins, because Keras then calls `make_train_function`.

    Subclasses implement `change(epoch)` and `put_back()`. The traced train function is dropped after each of them.
    `before_first_step(iterator)` is called once in each fit, when the data are at hand. A copy, also by pickle, keeps
    the public attributes: arguments and results, not the fit.

    Raises:
        ValueError: The callback is in the fit of another model, or another one of its class in the same fit; after a
            few dozen steps, a `train_step` of the model's own does not use the model's optimizer.
        BadInput: A label is not among the classes.

    Warns:
        UserWarning: The same, at the end of a shorter fit.
    """

    # Whether it is an error if the model's train_step does not use the optimizer.
    needs_optimizer = True
    changed = False
    begun = False
    steps_without_update: int | None = 0
    _fit: Any = None

    @property
    def kept(self) -> tuple[str, ...]:
        """Names of the attributes that a resumed fit needs."""
        return ()

    def change(self, epoch: int) -> None:
        """Change the model; called at the beginning of `epoch`, the first epoch of this fit."""
        raise NotImplementedError

    def before_first_step(self, iterator: Any) -> None:
        """Prepare what needs the data; called after `change`, with the iterator of the fit."""

    def put_back(self) -> None:
        """Undo `change`; must also work if the model has been compiled with another optimizer since."""
        raise NotImplementedError

    def as_in_step(self) -> AbstractContextManager[None]:
        """Return a context in which the model is as the traced step sees it."""
        return nullcontext()

    def before_step(self) -> Any:
        """Add to the traced step what precedes it; the result is passed on to `after_step`."""

    def after_step(self, data: Any, outputs: Any, before: Any) -> None:
        """Add to the traced step what follows the update by the batch `data`.

        Args:
            data: The batch.
            outputs: What `train_step` returned.
            before: What `before_step` returned.
        """

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return {**kept, "_model": None, "params": None, "changed": False, "begun": False, "steps_without_update": 0}

    def set_model(self, model: keras.Model) -> None:
        if self.changed and model is not self.model:
            first = self.model.name
            self.restore()
            raise ValueError(
                f"{type(self).__name__} is in a fit of {first!r} that has not ended, or was broken off; that model is "
                f"restored now. Give each fit a callback of its own. Received: a fit of {model.name!r}"
            )
        super().set_model(model)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        check_supported_by_keras(self.model)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        # Not in on_train_begin: BackupAndRestore may restore there, before or after this callback.
        # All callbacks of one fit share one `params` dictionary, and every fit makes a new one.
        if self.changed and self._fit is self.params:
            return
        try:
            self._check_alone()
            self.change(epoch)
        except BaseException:
            restore_all(self.model)
            raise
        self.changed, self.begun, self._fit = True, False, self.params
        self.steps_without_update = 0 if self.needs_optimizer and not scales_loss(self.model.optimizer) else None
        if not active(self.model):
            self.model.train_step = MethodType(_step_with_callbacks(self.model), self.model)
        active(self.model).append(self)
        self.retrace()

    def _check_alone(self) -> None:
        if any(type(each) is type(self) for each in active(self.model) if each is not self):
            raise ValueError(f"A fit takes one {type(self).__name__}: remove the others. Received: two or more")

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        _Guard.over(self.model)  # again, because another callback may have replaced the train function

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.restore()
        if self.steps_without_update:
            warnings.warn(_unused(self.model), stacklevel=2)

    def restore(self) -> None:
        """Restore the model; does nothing if it is restored already."""
        if self.changed:
            self.changed = False
            active(self.model).remove(self)
            if not active(self.model):
                del self.model.make_train_function, self.model.train_step
            self.put_back()
            retrace(self.model)

    def retrace(self) -> None:
        """Make changes of the model take effect from the next step of this fit."""
        retrace(self.model)
        # The class method: the one on the instance is called when another training begins.
        type(self.model).make_train_function(self.model)
        _Guard.over(self.model)
        self.model.make_train_function = _RestoringFirst(self.model)


def active(model: keras.Model) -> list[Restoring]:
    """Callbacks that have changed this model and not restored it yet."""
    return model.__dict__.setdefault("_kerasdl_active", [])


@contextmanager
def in_step_of(model: keras.Model) -> Iterator[None]:
    """Return a context in which the model is as the traced step sees it, changed by all its callbacks.

    Example:
        >>> with in_step_of(model):
        ...     print(len(model.trainable_variables))
        6
    """
    with ExitStack() as stack:
        for callback in active(model):
            stack.enter_context(callback.as_in_step())
        yield


def _step_with_callbacks(model: keras.Model) -> Callable:
    """The train_step of the model, in the contexts of its callbacks and followed by what they add."""
    step = model.train_step

    def step_with_callbacks(_: keras.Model, data: Any) -> Any:
        before = [callback.before_step() for callback in active(model)]
        with in_step_of(model):
            outputs = step(data)
        for callback, found in zip(active(model), before, strict=True):
            callback.after_step(data, outputs, found)
        return outputs

    return step_with_callbacks


def restore_all(model: keras.Model) -> None:
    """Restore the model from all callbacks that have changed it."""
    for callback in list(active(model)):
        callback.restore()


def scales_loss(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether the optimizer skips steps whose gradients are not finite."""
    return optimizer is not innermost(optimizer)


def _count(waiting: list[Restoring], *, updated: bool) -> None:
    """Counts the steps of a fit before the first update by the optimizer.

    Raises:
        ValueError: There are too many: gradients accumulated by hand are applied sooner.
    """
    for callback in waiting:
        if callback.steps_without_update == MOST_STEPS_WITHOUT_UPDATE and not updated:
            raise ValueError(_unused(callback.model))
        callback.steps_without_update = None if updated else (callback.steps_without_update or 0) + 1


def _unused(model: keras.Model) -> str:
    return (
        "The optimizer given to compile took no step, so nothing set on it has an effect: the train_step of the model "
        f"must use self.optimizer. Received: {type(model).__name__}.train_step"
    )


def train_function_of(model: keras.Model) -> tuple[Any, str]:
    """The object and the name of its attribute that holds the train function, within the guard if there is one."""
    guard = model.train_function
    return (guard, "function") if isinstance(guard, _Guard) else (model, "train_function")


class _RestoringFirst:
    """Wraps `make_train_function`, which Keras calls when a training begins, whether compiled again or not."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model

    def __call__(self, force: bool = False) -> Any:
        if not force:  # with force=True a callback called it during a fit
            restore_all(self.model)
        return type(self.model).make_train_function(self.model, force=force)


class _Guard:
    """Wraps a train function; restores the model when a step raises."""

    def __init__(self, model: keras.Model) -> None:
        self.model, self.function = model, model.train_function

    @classmethod
    def over(cls, model: keras.Model) -> None:
        if not isinstance(model.train_function, cls):
            model.train_function = cls(model)

    def __call__(self, iterator: Any) -> Any:
        waiting = [callback for callback in active(self.model) if callback.steps_without_update is not None]
        unknown = any(callback.params["steps"] is None for callback in active(self.model))
        counted = unknown and self.model.steps_per_execution == 1
        before = current_step(self.model.optimizer) if counted or waiting else None
        try:
            if beginning := [callback for callback in active(self.model) if not callback.begun]:
                for callback in beginning:
                    callback.begun = True
                    callback.before_first_step(iterator)
                with in_step_of(self.model):
                    build_for_step(self.model, iterator)
            outputs = self.function(iterator)
            if waiting:
                _count(waiting, updated=current_step(self.model.optimizer) != before)
            return outputs
        except (StopIteration, tf.errors.OutOfRangeError):
            if counted and before is not None:
                # The data ended, which is no error; but Keras has counted the step already.
                innermost(self.model.optimizer)._iterations.assign(before)
            raise
        except BaseException as error:
            restore_all(self.model)
            if found := _LABEL.search(str(error)):
                # Without the page that tells where in the graph it was.
                label, classes = map(int, found.groups())
                raise BadInput(f"Labels must lie in 0..{classes - 1}. Received: a label {label}") from None
            raise
