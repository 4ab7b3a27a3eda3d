"""StopOnNonFinite: end a fit whose weights are no longer finite, with the cause, and go back."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from kerasdl.arguments import known_arguments
from kerasdl.callbacks.restoring import STEPS_BETWEEN_READINGS, Restoring, restore_all
from kerasdl.callbacks.snapshot import Snapshot
from kerasdl.callbacks.step_record import read_fast
from kerasdl.errors import BadInput
from kerasdl.optimizers import current_learning_rate, scale_learning_rate

# Weights of up to so many numbers are read in each step; all together would be a seventh of what the optimizer reads.
_SMALL = 4096


@known_arguments()
class StopOnNonFinite(Restoring):
    """Stop when a weight is NaN or infinite, name step, layer and rows, and go back to the last good weights.

    Keras's `TerminateOnNaN` looks at the loss, which can stay finite: on a CPU, Dense with ReLU turns NaN into 0. Here
    each traced step looks at the rows of its batch and at small weights, such as biases, and at all weights if it finds
    something, and every 10 steps: NaN stays. The model goes back to where it was at the beginning of the epoch; then
    the fit ends with an error, or goes on with a lower learning rate.

    Args:
        retries: How often the fit goes on with a lower learning rate.
        factor: What the learning rate is then multiplied with.

    Attributes:
        tried: Number of retries so far.

    Raises:
        ValueError: Arguments out of range (in the constructor).
        BadInput: Weights are no longer finite, and no retry is left.

    Example:
        >>> model.fit(x, y, callbacks=[kerasdl.callbacks.StopOnNonFinite(retries=2)])
    """

    needs_optimizer = False

    def __init__(self, *, retries: int = 0, factor: float = 0.1) -> None:
        super().__init__()
        if not retries >= 0 or not 0 < factor < 1:
            raise ValueError(
                f"retries must be at least 0, and factor between 0 and 1. Received: retries={retries}, factor={factor}"
            )
        self.retries, self.factor, self.tried = retries, factor, 0

    @property
    def kept(self) -> tuple[str, ...]:
        """The retries, which have lowered the learning rate."""
        return ("tried",)

    def change(self, epoch: int) -> None:
        self.tried, self._epoch, self._read, self._undo = 0, epoch, 0, list[Callable[[], None]]()
        self._floats = [each for each in self.model.weights if each.dtype.startswith(("float", "bfloat"))]
        self._small = [each for each in self._floats if np.prod(each.shape) <= _SMALL]
        # Number of good steps; whether one was not; whether that was noticed at once; number of rows that were not
        # finite, and the first; of each weight, whether it was spoiled.
        self._nothing = tf.zeros(5 + len(self._floats))
        with self.model.distribute_strategy.scope():
            self._seen = tf.Variable(
                self._nothing,
                trainable=False,
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.SUM,
            )

    def put_back(self) -> None:
        for undo in reversed(self._undo):
            undo()

    def before_first_step(self, iterator: Any) -> None:
        for _ in range(self.tried):  # in an earlier process; one by one, for the same rounding
            self._lower()

    def after_step(self, data: Any, outputs: Any, before: Any) -> None:
        # A sum of squares reads the numbers and writes nothing. It may overflow: then each of them is looked at.
        read = [*_floats(data), *(each.value for each in self._small)]
        squares = [tf.nn.l2_loss(tf.cast(each, "float32")) for each in read]
        is_noticed = ~tf.math.is_finite(tf.add_n([tf.zeros([]), *squares]))
        is_due = self._seen[0] >= STEPS_BETWEEN_READINGS - 1
        is_good = tf.one_hot(0, len(self._nothing))
        new = tf.cond(is_noticed | is_due, lambda: self._found(data, is_noticed), lambda: is_good)
        self._seen.assign_add(tf.where(self._seen[1] == 0, new, 0.0))

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_begin(epoch, logs)
        self._epoch, self._is_first = epoch, True
        self._good = Snapshot(self.model)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_train_batch_begin(batch, logs)
        if self._is_first:  # which is not 0 in an epoch that goes on
            self._read, self._is_first = batch, False

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if batch + 1 - self._read >= STEPS_BETWEEN_READINGS or batch + 1 == self.params["steps"]:
            self._look(batch + 1)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._look(self._read)

    def _found(self, data: Any, is_noticed: Any) -> tf.Tensor:
        """What one step adds to what is seen."""
        spoiled, rows = self._spoiled(), _rows_not_finite(data)
        first = tf.where(tf.reduce_any(rows), tf.argmax(tf.cast(rows, "int32")), -1)
        is_bad = tf.reduce_max(spoiled)
        found = [is_noticed, tf.reduce_sum(tf.cast(rows, "int32")), first + 1]
        more = tf.stack([tf.cast(each, "float32") for each in found]) * is_bad
        return tf.concat([[1.0 - is_bad, is_bad], more, spoiled], axis=0)

    def _spoiled(self) -> tf.Tensor:
        """Whether each weight is not finite, as a number."""
        return tf.stack([tf.cast(~tf.reduce_all(tf.math.is_finite(each.value)), "float32") for each in self._floats])

    def _look(self, step: int) -> None:
        seen = read_fast(self._seen)
        self._seen.assign(self._nothing)
        good, _, is_noticed, rows, first, *spoiled = seen
        replicas = self.model.distribute_strategy.num_replicas_in_sync
        last = self._read + int(good) // replicas + 1
        if not any(spoiled) and 0 < good < STEPS_BETWEEN_READINGS * replicas:
            spoiled, last = list(np.array(self._spoiled())), last - 1  # the end of an epoch
        if not any(spoiled):
            self._read = step
            return
        is_exact = is_noticed or last == self._read + 1
        where = f"step {last}" if is_exact else f"one of the steps {self._read + 1} to {last}"
        where += f" of epoch {self._epoch + 1}"
        name = next(each.path for each, is_bad in zip(self._floats, spoiled, strict=True) if is_bad)
        rate = current_learning_rate(self.model.optimizer)
        message = f"{where} made {name!r} and {np.count_nonzero(spoiled) - 1} more weights NaN or infinite"
        if rows:
            row = f", the first of them row {int(first) - 1}" if replicas == 1 else ""
            cause = f"{int(rows)} rows of its batch held NaN or infinity{row}: mend the data"
        else:
            cause = (
                f"its batch was finite: use a lower learning rate than {rate:.2g}, or clip gradients (global_clipnorm)"
            )
        self._good.restore_weights()
        self._read = step
        if self.tried == self.retries:
            restore_all(self.model)
            raise BadInput(f"The training diverged: {cause}. Received: {message}")
        self.tried += 1
        print(
            f"\n{message}; {cause}. Back to the beginning of epoch {self._epoch + 1}, "
            f"retry {self.tried} of {self.retries} with {self.factor:g} times the learning rate",
            file=sys.stderr,
        )
        self._lower()
        self.model.reset_metrics()
        self.retrace()

    def _lower(self) -> None:
        self._undo.append(scale_learning_rate(self.model.optimizer, self.factor))


def _floats(data: Any) -> list[tf.Tensor]:
    """Inputs, targets and weights of a batch that may hold NaN."""
    return [
        each
        for each in tf.nest.flatten(data)
        if isinstance(each, tf.Tensor) and each.dtype.is_floating and each.shape.rank
    ]


def _rows_not_finite(data: Any) -> tf.Tensor:
    """Whether each row of a batch holds a number that is not finite, in inputs, targets or weights."""
    found = [
        tf.reduce_any(tf.reshape(~tf.math.is_finite(each), [tf.shape(each)[0], -1]), axis=1) for each in _floats(data)
    ]
    return tf.reduce_any(tf.stack(found), axis=0) if found else tf.zeros([1], "bool")
