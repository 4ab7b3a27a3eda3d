"""A step on slices of a batch that does what a step on the whole batch does."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend import get_keras_mask
from kerasdl.distribute.refusals import check_supported_by_keras
from kerasdl.optimizers import innermost


@contextmanager
def as_on_whole_batch(step: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Make `train_step` or `test_step` of a model, run on every device with a slice, equal one on the whole batch.

    Keras averages the loss over each slice and then over the slices, so that a sample of a short slice counts for more;
    here each sample counts the same. BatchNormalization normalizes with the statistics of the whole batch, whether its
    `synchronized` is set or not, also with a mask; the saved model stays what it was. Each device computes mean and
    variance of its slice in two passes, and then all are put together: Keras's difference of squares loses digits.

    Args:
        step: The bound method of a compiled model. Any other function is given back.

    Yields:
        The step for each device.

    Raises:
        ValueError: The model is compiled with what Keras cannot do under a strategy, its loss is a mean over what a
            mask or weights leave, or a `train_step` of its own does not scale its loss.
    """
    model = getattr(step, "__self__", None)
    if not isinstance(model, keras.Model):
        yield step
        return
    with ExitStack() as stack:
        share = _Share(model)
        if model._compile_loss is not None:
            stack.enter_context(_replaced(model._compile_loss, "call", share.loss))
        is_training = step != model.test_step
        if is_training:
            check_supported_by_keras(model)
            stack.enter_context(_replaced(model.optimizer, "scale_loss", share.gradients))
            stack.enter_context(_replaced(model.optimizer, "apply", share.apply))
            # Which would add up what is the sum already.
            stack.enter_context(_replaced(innermost(model.optimizer), "_all_reduce_sum_gradients", list))
            for layer in model._flatten_layers():
                if isinstance(layer, keras.layers.BatchNormalization):
                    stack.enter_context(_replaced(layer, "_moments", partial(moments, layer)))

        def step_of_slice(data: Any) -> Any:
            share.begin(data)
            outputs = step(data)
            share.end(is_training=is_training)
            return outputs

        yield tf.autograph.experimental.do_not_convert(step_of_slice)


def is_of_keras(step: Callable[..., Any]) -> bool:
    """Whether a function is what a Keras model runs on every device, in training, evaluation or prediction.

    Example:
        >>> is_of_keras(model.train_step), is_of_keras(print)
        (True, False)
    """
    is_prediction = getattr(step, "__qualname__", "").startswith("TensorFlowTrainer.make_predict_function")
    return is_prediction or isinstance(getattr(step, "__self__", None), keras.Model)


class _Share:
    """What the slice of each device counts for.

    Args:
        model: A compiled model.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model, self._scale_loss = model, model.optimizer.scale_loss
        self._apply = model.optimizer.apply
        self._replicas = model.distribute_strategy.num_replicas_in_sync
        self._loss: Any = None if model._compile_loss is None else model._compile_loss.call
        # Of a loss that is a mean over some of the labels only, the number of them.
        self._counted = getattr(model.loss, "counted", None)
        # Each device of a process has a thread.
        self._here = threading.local()

    def begin(self, data: Any) -> None:
        """Compare the slice with the whole batch."""
        _, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        rows = tf.shape(tf.nest.flatten(data)[0])[0]
        counts = tf.cast(tf.stack([rows, self._counted(labels) if self._counted else rows]), "float32")
        replica = tf.distribute.get_replica_context()
        whole = replica.all_reduce(tf.distribute.ReduceOp.SUM, counts)
        self._here.rows, self._here.terms = tf.unstack(tf.math.divide_no_nan(counts, whole))
        self._here.is_scaled = False

    def loss(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a slice, whose mean over all of them, weighted by their rows, is that of the whole batch."""
        if not self._counted:
            self._check(y_pred)
            return self._loss(y_true, y_pred, sample_weight)
        loss = self._loss(y_true, y_pred, sample_weight)
        return loss * tf.cast(tf.math.divide_no_nan(self._here.terms, self._here.rows), loss.dtype)

    def gradients(self, loss: Any) -> Any:
        """The loss whose gradients add up to those of the whole batch."""
        self._here.is_scaled = True
        return self._scale_loss(loss * tf.cast(self._here.rows * self._replicas, loss.dtype))

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """Apply the gradients of the whole batch, so that clipping and loss scaling look at these."""
        # Rows of embeddings stay rows: Keras squares and clips those of the same word one by one, as on one device.
        found = [each for each in grads if each is not None]
        added = iter(tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, found) if found else ())
        self._apply([None if each is None else next(added) for each in grads], trainable_variables)

    def end(self, *, is_training: bool) -> None:
        """Check that the step has used the share."""
        if is_training and not self._here.is_scaled:
            raise ValueError(
                "Under a strategy with several devices, a train_step must take the gradients of "
                f"self.optimizer.scale_loss(loss). Received: {type(self._model).__name__}.train_step"
            )

    def _check(self, y_pred: Any) -> None:
        reductions = {getattr(each, "reduction", None) for each in tf.nest.flatten(self._model.loss)}
        if "mean_with_sample_weight" in reductions or any(
            get_keras_mask(each) is not None for each in tf.nest.flatten(y_pred)
        ):
            raise ValueError(
                "A loss that is a mean over what a mask or weights leave differs from device to device: use "
                "kerasdl.losses.SparseCategoricalCrossentropy(ignore_class=...), or train on one device. "
                f"Received: loss={self._model.loss!r}"
            )


def moments(layer: keras.layers.BatchNormalization, inputs: Any, mask: Any = None) -> tuple[Any, Any]:
    """Mean and variance of each channel over the slices of all devices.

    Args:
        layer: The layer, which knows the axes.
        inputs: The slice of this device.
        mask: Which positions count, of the shape of `inputs` without the last axis; None for all.

    Returns:
        Mean and variance, (channels,).
    """
    axes: Sequence[int] = layer._reduction_axes
    kept = tf.ones_like(inputs) if mask is None else tf.cast(mask, inputs.dtype)[..., None] * tf.ones_like(inputs)
    shape = [1 if axis in axes else size for axis, size in enumerate(inputs.shape)]
    count = tf.reduce_sum(kept, axes)
    mean = tf.math.divide_no_nan(tf.reduce_sum(inputs * kept, axes), count)
    squares = tf.reduce_sum(tf.square(inputs - tf.reshape(mean, shape)) * kept, axes)
    counts, means, squares = _of_all_devices(tf.stack([count, mean, squares]))
    whole = tf.reduce_sum(counts, axis=0)
    mean = tf.math.divide_no_nan(tf.reduce_sum(counts * means, axis=0), whole)
    return mean, tf.math.divide_no_nan(tf.reduce_sum(squares + counts * tf.square(means - mean), axis=0), whole)


def _of_all_devices(own: tf.Tensor) -> list[tf.Tensor]:
    """Each row of `own`, of all devices: (devices, …). One exchange here and one for the gradients."""
    replica = tf.distribute.get_replica_context()
    place = tf.one_hot(replica.replica_id_in_sync_group, replica.num_replicas_in_sync, dtype=own.dtype)
    return tf.unstack(replica.all_reduce(tf.distribute.ReduceOp.SUM, place[:, None, None] * own), axis=1)


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """An attribute of one object, replaced for a while."""
    own = vars(owner)
    before = {name: own[name]} if name in own else {}
    own[name] = value
    try:
        yield
    finally:
        del own[name]
        own.update(before)
