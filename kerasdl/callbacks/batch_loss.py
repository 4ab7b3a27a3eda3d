"""BatchLoss: the loss of the last batch, which Keras's logs do not hold."""

import keras
import numpy as np


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
        self._before = self._sums()

    def end(self) -> float:
        """The loss of what has been trained since `begin`; NaN where that is none."""
        total, count = (now - before for now, before in zip(self._sums(), self._before, strict=True))
        return total / count if count else float("nan")

    def _sums(self) -> tuple[float, float]:
        return _number(self._tracker.total), _number(self._tracker.count)


def _number(variable: keras.Variable) -> float:
    # float64: the difference of two long sums, each float32, should lose nothing further.
    return float(np.float64(keras.ops.convert_to_numpy(variable)))
