"""BatchLoss: the loss of the last batch, which is not in Keras's logs."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf


class BatchLoss:
    """Compute the loss of each batch from the running mean that Keras 3.15 logs as "loss".

    A loss tracker accumulates `total` and `count` over the epoch; their increase is the loss of the batch. With
    `steps_per_execution` above 1 the result is the mean over one execution. A `train_step` of the model's own may use a
    tracker of its own (a `keras.metrics.Mean`, whatever its name) or return the loss of the batch itself.

    Args:
        model: A compiled model in training.

    Example:
        >>> loss = BatchLoss(model)
        >>> loss.begin()           # in on_train_batch_begin
        >>> logs = model.train_on_batch(x, y, return_dict=True)
        >>> loss.end(logs) > 0     # in on_train_batch_end
        True
    """

    def __init__(self, model: keras.Model) -> None:
        self._trackers = [_Tracker(model._loss_tracker)]
        self._is_known = type(model).train_step is keras.Model.train_step
        if not self._is_known:
            # Not RootMeanSquaredError, which is a Mean with another result.
            means = [
                each
                for each in (*model.metrics, *model._metrics)
                if isinstance(each, keras.metrics.Mean) and type(each).result is keras.metrics.Mean.result
            ]
            own = {id(each): each for each in means if each is not model._loss_tracker}
            # Several may have the same mean after the first batch.
            by_name = sorted(own.values(), key=lambda each: "loss" not in each.name)
            self._trackers += [_Tracker(each) for each in by_name]

    def begin(self) -> None:
        """Store the state of the loss tracker before the batch."""
        for tracker in self._trackers:
            tracker.begin()

    def end(self, logs: Mapping[str, Any] | None = None) -> float:
        """The loss of the batches trained since `begin`; NaN if there were none.

        Args:
            logs: Those of the hook.

        Raises:
            ValueError: The model's own `train_step` returns no "loss".
        """
        losses = [tracker.end() for tracker in self._trackers]
        if self._is_known:
            return losses[0] if losses else _logged(logs)
        # The tracker whose mean is logged; or none, and then the logs hold the loss of the batch.
        logged, means = _logged(logs), [tracker.mean for tracker in self._trackers]
        matching = [index for index, mean in enumerate(means) if mean == logged or (mean != mean and logged != logged)]
        self._trackers, self._is_known = [self._trackers[index] for index in matching[:1]], True
        return losses[matching[0]] if matching else logged


class _Tracker:
    """The state of a running mean before and after a batch."""

    def __init__(self, metric: keras.metrics.Mean) -> None:
        self._metric = metric
        self._before = (0.0, 0.0)

    def begin(self) -> None:
        # `count` is read only if `total` has changed since the last batch: at the beginning of an epoch or after an
        # evaluation.
        total = read_number(self._metric.total)
        if total != self._before[0]:
            self._before = (total, read_number(self._metric.count))

    def end(self) -> float:
        now = (read_number(self._metric.total), read_number(self._metric.count))
        total, count = now[0] - self._before[0], now[1] - self._before[1]
        self._before = now
        return total / count if count else float("nan")

    @property
    def mean(self) -> float | None:
        """As Keras logs it; None if nothing was counted."""
        return float(self._metric.result()) if self._before[1] else None


def _logged(logs: Mapping[str, Any] | None) -> float:
    loss = (logs or {}).get("loss")
    if loss is None:
        raise ValueError(
            f"The train_step of the model must return its loss, as {{'loss': ...}}. Received: {sorted(logs or {})}"
        )
    return float(loss)


def read_number(variable: keras.Variable) -> float:
    """Value of a scalar variable, read four times as fast as by Keras.

    Args:
        variable: A scalar of any dtype, mirrored over devices or not.

    Example:
        >>> read_number(model.optimizer.iterations)
        0.0
    """
    value = variable.value
    if isinstance(value, tf.distribute.DistributedValues):
        return float(value.numpy())
    return float(tf.raw_ops.ReadVariableOp(resource=value.handle, dtype=value.dtype).numpy())
