"""StepRecord: the loss, learning rate and momentum of each step, which are not in Keras's logs."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from kerasdl.optimizers import in_step, innermost

_COLUMNS = 6


class Step(NamedTuple):
    """What the record holds of one step.

    Attributes:
        step: The optimizer's step before it, which is the same again after one that loss scaling skipped.
        learning_rate: As the update used it.
        momentum: The same; 0 if the optimizer has none.
        total_loss: The sum of the losses of its samples.
        samples: Their number; 0 if the model's own `train_step` returns no loss.
    """

    step: int
    learning_rate: float
    momentum: float
    total_loss: float
    samples: float


class StepRecord:
    """Records each step in the traced step itself; the host reads the rows every few steps.

    Keras 3.15 logs as "loss" the running mean of the epoch. A loss tracker accumulates its `total` and `count`; their
    increase is the loss of the batch. A `train_step` of the model's own may use a tracker of its own (a
    `keras.metrics.Mean`, whatever its name) or return the loss of the batch itself.

    Between two steps the host takes some 50 us to read a number, and longer to compute a schedule; the traced step
    needs a few us for all of it.

    Args:
        model: A compiled model at the beginning of a fit, in the scope of its strategy or not.
        rows: Number of steps from one reading to the next, at most.

    Example:
        >>> record = StepRecord(model, rows=1)
        >>> before = record.before()                                # in the traced step
        >>> record.after(model.train_step((x, y)), before)
        >>> [row.step for row in record.read()]                     # between two executions
        [0]
    """

    def __init__(self, model: keras.Model, rows: int) -> None:
        self._model = model
        self._is_stock = type(model).train_step is keras.Model.train_step
        self._read, self._replicas = 0, model.distribute_strategy.num_replicas_in_sync
        with model.distribute_strategy.scope():
            self._rows = tf.Variable(
                # float32 would count steps up to 16.7 million only.
                tf.zeros([rows, _COLUMNS], "float64"),
                trainable=False,
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.SUM,
            )

    def before(self) -> list[Any]:
        """What `after` needs from before the step; to be called in the traced step."""
        taken = tf.identity(innermost(self._model.optimizer)._iterations.value)
        rate, momentum = in_step(self._model.optimizer)
        return [
            [taken, rate, 0.0 if momentum is None else momentum],
            [(each, *_state(each)) for each in self._trackers()],
        ]

    def after(self, outputs: Any, before: list[Any]) -> None:
        """Add a row; to be called in the traced step, with what its `train_step` returned."""
        numbers, states = before
        number, size = tf.reduce_max(self._rows[:, 0]), self._rows.shape[0]
        row = tf.stack([tf.cast(each, "float64") for each in (number + 1, *numbers, *self._loss(outputs, states))])
        is_next = tf.range(size) == tf.cast(number, "int32") % size
        self._rows.assign(tf.where(is_next[:, None], row, self._rows))

    def read(self) -> list[Step]:
        """The steps since the last reading."""
        rows = read_fast(self._rows)
        # Several replicas have the same numbers, but for the losses, which are sums.
        rows[:, :4] /= self._replicas
        rows = rows[rows[:, 0] > self._read]
        rows = rows[np.argsort(rows[:, 0])]
        self._read += len(rows)
        return [Step(round(step), *more) for _, step, *more in rows.tolist()]

    def _trackers(self) -> list[keras.metrics.Mean]:
        """Running means of which one may be that of the loss."""
        model = self._model
        if self._is_stock:
            return [model._loss_tracker]
        # Not RootMeanSquaredError, which is a Mean with another result.
        means = [
            each
            for each in (*model.metrics, *model._metrics)
            if isinstance(each, keras.metrics.Mean) and type(each).result is keras.metrics.Mean.result
        ]
        own = {id(each): each for each in means if each is not model._loss_tracker}
        # Several may have the same mean.
        return [model._loss_tracker, *sorted(own.values(), key=lambda each: "loss" not in each.name)]

    def _loss(self, outputs: Any, before: list[tuple[keras.metrics.Mean, Any, Any]]) -> tuple[Any, Any]:
        """Sum and number of the losses of the step."""
        after = [_state(tracker) for tracker, _, _ in before]
        grown = [(now[0] - total, now[1] - count) for now, (_, total, count) in zip(after, before, strict=True)]
        if self._is_stock:
            return grown[0]
        if not (isinstance(outputs, Mapping) and "loss" in outputs):
            return 0.0, 0.0
        # The tracker whose mean is logged; or none, and then what is logged is the loss of the batch.
        logged = tf.cast(outputs["loss"], "float32")
        total, count = logged, tf.ones([])
        for (sum_now, number_now), (sum_grown, number_grown) in reversed(list(zip(after, grown, strict=True))):
            mean = sum_now / number_now
            is_logged = (number_now > 0) & ((mean == logged) | (tf.math.is_nan(mean) & tf.math.is_nan(logged)))
            total, count = tf.where(is_logged, sum_grown, total), tf.where(is_logged, number_grown, count)
        return total, count


def mean_loss(steps: list[Step]) -> float:
    """The loss of several steps; NaN if they have none.

    Example:
        >>> mean_loss([Step(0, 0.1, 0.9, 6.0, 2.0), Step(1, 0.1, 0.9, 3.0, 1.0)])
        3.0
    """
    samples = sum(step.samples for step in steps)
    return sum(step.total_loss for step in steps) / samples if samples else float("nan")


def _state(tracker: keras.metrics.Mean) -> tuple[Any, Any]:
    """Its total and its count, now."""
    return tf.identity(tracker.total.value), tf.identity(tracker.count.value)


def read_fast(variable: tf.Variable) -> np.ndarray:
    """Value of a variable, read four times as fast as by Keras; of several replicas their sum.

    Args:
        variable: A variable of TensorFlow, mirrored over devices or not.

    Example:
        >>> int(read_fast(model.optimizer.iterations.value))
        0
    """
    if isinstance(variable, tf.distribute.DistributedValues):
        return np.array(tf.convert_to_tensor(variable))
    return np.array(tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype))


def step_fast(model: keras.Model) -> int:
    """The step of the model's optimizer, as `optimizers.current_step`, but to be read before or after each step.

    Example:
        >>> step_fast(model)
        0
    """
    return int(read_fast(innermost(model.optimizer)._iterations.value))
