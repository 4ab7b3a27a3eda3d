"""Probing: base class of callbacks that measure a model on one batch in the course of a fit."""

from collections.abc import Callable
from numbers import Integral
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from kerasdl.callbacks.event_file import EventFile, Histogram
from kerasdl.callbacks.restoring import in_step_of
from kerasdl.callbacks.step_record import step_fast
from kerasdl.distribute import check_supported_by_keras
from kerasdl.epochs import epochs_now, set_epochs
from kerasdl.optimizers import innermost


class Probing(keras.callbacks.Callback):
    """Base class that measures a model at the first step of a fit and every so many optimizer steps, on one batch.

    Keras shows the data of a step to no callback; and as the batch is always the same, the numbers differ by what
    the weights have become alone. The model computes as in training, but nothing is updated: neither statistics of
    BatchNormalization nor random state. With gradient accumulation, steps that update the weights are measured.

    Subclasses implement `begin` and `end`.

    Args:
        data: The batch, as a tuple or what else a model takes, or a dataset, whose first batch is taken.
        log_dir: Folder of the event file; None for none.
        every: Number of optimizer steps from one measurement to the next.

    Attributes:
        history: The numbers of the last fit.

    Raises:
        ValueError: `every` is not at least 1, or the batch is empty (in the constructor); the model cannot be called on
            the batch (at the first step).
    """

    _file: EventFile | None = None
    _measured: Any = None
    # With what it was traced for; in one attribute that a checkpoint cannot hold.
    _traced: tuple[tuple[int, ...], Callable] | None = None

    def __init__(self, data: Any, log_dir: str | Path | None = None, *, every: int = 100) -> None:
        super().__init__()
        if not (isinstance(every, Integral) and every >= 1):
            raise ValueError(f"every must be a whole number of steps from 1. Received: every={every!r}")
        self.log_dir: str | None = None if log_dir is None else str(log_dir)
        self.every: int = every
        self._batch: Any = first_batch(data)
        self.history: dict[str, Any] = {}

    def begin(self) -> Any:
        """What is measured before a step."""
        raise NotImplementedError

    def end(self, measured: Any) -> tuple[dict[str, float], dict[str, Histogram]]:
        """Add to the history what was measured, after the step; the scalars and histograms for TensorBoard."""
        raise NotImplementedError

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        check_supported_by_keras(self.model)
        self.on_train_end()  # closes the file of a fit that raised
        self.history, self._next = {"step": np.zeros(0, int)}, 0
        if self.log_dir is not None:
            self._file = EventFile(self.log_dir)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._step = self._now()
        is_due = self._step >= self._next and self.updates(self._step + self.model.steps_per_execution)
        self._measured = self.begin() if is_due else None

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self._measured is None:
            return
        measured, self._measured = self._measured, None
        self._next = (self._step // self.every + 1) * self.every
        self.history["step"] = np.append(self.history["step"], self._step)
        scalars, histograms = self.end(measured)
        if self._file is not None:
            self._file.write(self._step, scalars, histograms)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._measured = self._traced = None

    def compute(self, function: Callable, *tensors: Any) -> Any:
        """The results of a function of tensors, traced once for the variables that are trainable in the step."""
        with in_step_of(self.model):
            trainable = tuple(id(variable) for variable in self.model.trainable_variables)
            if self._traced is None or self._traced[0] != trainable:
                traced = function if self.model.run_eagerly else tf.function(function, autograph=False)
                self._traced = trainable, traced
            try:
                return self._traced[1](*tensors)
            except ValueError as error:
                raise ValueError(
                    f"{type(self).__name__} cannot measure the model on its batch: give one batch of what fit gets. "
                    f"Received: shapes {_shapes(tensors)} ({str(error).strip().splitlines()[0]})"
                ) from error

    def record(self, name: str, part: str, value: Any) -> None:
        """Add a number or an array to history[name][part]."""
        values = self.history.setdefault(name, {})
        value = np.asarray(value)[None]
        values[part] = np.concatenate([values[part], value]) if part in values else value

    def updates(self, end: int | None = None) -> int:
        """The number of times that the weights are updated in this execution, which ends at a step, by default now."""
        accumulated = innermost(self.model.optimizer).gradient_accumulation_steps or 1
        return (self._now() if end is None else end) // accumulated - self._step // accumulated

    def _now(self) -> int:
        return step_fast(self.model)


def first_batch(data: Any) -> Any:
    """The batch as tensors; of a dataset its first one, without moving the epochs of pipelines.

    Example:
        >>> inputs, targets = first_batch(train)
        >>> inputs.shape
        TensorShape([16, 8])
    """
    if isinstance(data, tf.data.Dataset):
        epochs = epochs_now()
        try:
            data = next(iter(data), None)
        finally:
            set_epochs(epochs)
    batch = tf.nest.map_structure(tf.convert_to_tensor, data)
    if not all(each.shape.rank and each.shape[0] for each in tf.nest.flatten(batch)):
        raise ValueError(f"The batch must hold samples, along its first axis. Received: shapes {_shapes(batch)}")
    return batch


def _shapes(batch: Any) -> Any:
    return tf.nest.map_structure(lambda each: None if each is None else tuple(each.shape), batch)


def called(model: keras.Model, inputs: Any) -> Any:
    """The outputs of a model as in training."""
    return model(inputs, training=True) if model._call_has_training_arg else model(inputs)
