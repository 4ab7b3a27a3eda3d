"""StopOnNonFinite: end a fit whose weights are no longer finite, with the cause, and go back."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from kerasdl.arguments import known_arguments
from kerasdl.callbacks.restoring import Restoring, restore_all
from kerasdl.callbacks.snapshot import Snapshot
from kerasdl.errors import BadInput
from kerasdl.optimizers import current_learning_rate, scale_learning_rate

# On a GPU the host need not wait for every step: the traced step notes the first bad one itself.
STEPS_BETWEEN_READINGS = 10


@known_arguments()
class StopOnNonFinite(Restoring):
    """Stop when a weight is NaN or infinite, name step, layer and rows, and go back to the last good weights.

    Keras's `TerminateOnNaN` looks at the loss, which can stay finite: on a CPU, Dense with ReLU turns NaN into 0. Here
    the traced step looks at all weights, and at the rows of its batch. The model goes back to where it was at the
    beginning of the epoch; then the fit ends with an error, or goes on with a lower learning rate.

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
        # Of each weight, whether it was spoiled; number of rows that were not finite, and the first; good steps.
        with self.model.distribute_strategy.scope():
            self._seen = tf.Variable(
                tf.zeros(len(self._floats) + 3),
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

    def after_step(self, data: Any) -> None:
        # A sum of squares reads the weights and writes nothing. It may overflow: then each of them is looked at.
        squares = tf.stack([tf.cast(tf.nn.l2_loss(each.value), "float32") for each in self._floats])
        is_certain = tf.reduce_all(tf.math.is_finite(squares))
        spoiled = tf.cond(is_certain, lambda: tf.zeros_like(squares), self._spoiled)
        rows = _rows_not_finite(data)
        first = tf.where(tf.reduce_any(rows), tf.argmax(tf.cast(rows, "int32")), -1)
        found = [tf.reduce_sum(tf.cast(rows, "float32")), tf.cast(first + 1, "float32")]
        is_good = 1.0 - tf.reduce_max(spoiled)
        new = tf.concat([spoiled, tf.stack(found) * (1.0 - is_good), [is_good]], axis=0)
        was_good = tf.reduce_max(self._seen[: len(self._floats)]) == 0
        self._seen.assign_add(tf.where(was_good, new, 0.0))

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

    def _spoiled(self) -> tf.Tensor:
        """Whether each weight is not finite, as a number."""
        return tf.stack([tf.cast(~tf.reduce_all(tf.math.is_finite(each.value)), "float32") for each in self._floats])

    def _look(self, step: int) -> None:
        seen = np.array(tf.convert_to_tensor(self._seen))
        self._seen.assign(tf.zeros_like(seen))
        *spoiled, rows, first, good = seen
        if not any(spoiled):
            self._read = step
            return
        replicas = self.model.distribute_strategy.num_replicas_in_sync
        where = f"step {self._read + int(good) // replicas + 1} of epoch {self._epoch + 1}"
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


def _rows_not_finite(data: Any) -> tf.Tensor:
    """Whether each row of a batch holds a number that is not finite, in inputs, targets or weights."""
    found = None
    for each in tf.nest.flatten(data):
        if isinstance(each, tf.Tensor) and each.dtype.is_floating and each.shape.rank:
            rows = tf.reduce_any(tf.reshape(~tf.math.is_finite(each), [tf.shape(each)[0], -1]), axis=1)
            found = rows if found is None else found | rows
    return tf.zeros([1], "bool") if found is None else found
