"""Strategies that train on several devices or machines as on one, and the choice among them."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import tensorflow as tf
from kerasdl.distribute.cluster import workers
from kerasdl.distribute.parts import DistributedBatches, slice_of, slices
from kerasdl.distribute.survivors import end_with_one_line
from kerasdl.distribute.whole_batch import as_on_whole_batch, is_of_keras
from kerasdl.errors import BadInput


class WholeBatches(tf.distribute.Strategy):
    """What both strategies share: a batch is one of all devices together, and each gets a slice of it."""

    def run(
        self,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        options: Any = None,
    ) -> Any:
        """As TensorFlow's; a step of a Keras model is that on the whole batch."""
        with as_on_whole_batch(fn) as step:
            if is_of_keras(fn) and not any(map(_is_distributed, tf.nest.flatten(args))):
                # Of `train_on_batch` and the like: without this, every device would take the whole batch.
                step = partial(self._on_slice, step)
            return super().run(step, args, kwargs, options)

    def _on_slice(self, step: Callable[..., Any], batch: Any) -> Any:
        devices = len(self.extended.worker_devices)
        replica = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.int64)
        shard = (replica // devices, self.num_replicas_in_sync // devices)
        return step(slice_of(batch, shard, devices, replica % devices))

    def experimental_distribute_dataset(self, dataset: tf.data.Dataset, options: Any = None) -> DistributedBatches:
        """Give each device its slice of every batch."""
        devices = len(self.extended.worker_devices)
        shard = (self._worker, self.num_replicas_in_sync // devices)
        with self.scope():
            part = slices(dataset, shard, devices)
        return DistributedBatches(self.distribute_datasets_from_function(lambda _: part, options))

    def reduce(self, reduce_op: Any, value: Any, axis: int | None) -> Any:
        """As TensorFlow's; of a batch, from which Keras builds a model, the slice of this worker's first device."""
        if tf.nest.is_nested(value):
            return tf.nest.map_structure(lambda each: self.experimental_local_results(each)[0], value)
        return super().reduce(reduce_op, value, axis)

    @property
    def _worker(self) -> int:
        return 0


def _is_distributed(value: Any) -> bool:
    return isinstance(value, tf.distribute.DistributedValues)


class MirroredStrategy(WholeBatches, tf.distribute.MirroredStrategy):
    """TensorFlow's strategy for several devices of one machine, exact for slices that are not equal."""


class MultiWorkerMirroredStrategy(WholeBatches, tf.distribute.MultiWorkerMirroredStrategy):
    """TensorFlow's strategy for several machines, made to work with Keras 3, and exact.

    Stock Keras 3.15 fails under TensorFlow's own (https://github.com/keras-team/keras/issues/20585): it reduces scalars
    over an axis that they do not have.
    """

    def reduce(self, reduce_op: Any, value: Any, axis: int | None) -> Any:
        """As TensorFlow's; scalars, which have no axis, as a whole."""
        is_scalar = not tf.nest.is_nested(value) and self.experimental_local_results(value)[0].shape.rank == 0
        return super().reduce(reduce_op, value, None if is_scalar else axis)

    @property
    def _worker(self) -> int:
        return self.extended._id_in_cluster


def strategy() -> tf.distribute.Strategy:
    """The strategy for what this job has: several workers, several GPUs, or one device.

    Call it first, before any data or model are made. A model is made and compiled in its scope; the rest stays as it
    is. `batch_size` is that of all devices together, and each gets its slice: the weights are those of one device with
    the same batches. BatchNormalization uses the statistics of the whole batch.

    Returns:
        With a cluster in TF_CONFIG a MultiWorkerMirroredStrategy, which reduces by NCCL on GPUs and by a ring on CPUs;
        with several GPUs a MirroredStrategy; else TensorFlow's default, which does nothing. Always the same object: a
        process can have one.

    Raises:
        BadInput: TF_CONFIG is wrong, or TensorFlow has begun to work before.

    Example:
        >>> with kerasdl.distribute.strategy().scope():
        ...     model = kerasdl.models.mlp((8,), 3)
        ...     model.compile("adam", "mse")
        >>> model.distribute_strategy.num_replicas_in_sync
        1
    """
    if workers() > 1:
        return _multi_worker()
    if len(tf.config.list_physical_devices("GPU")) > 1:
        return _mirrored()
    return tf.distribute.get_strategy()


def largest_of_workers(values: Sequence[float]) -> list[float]:
    """The largest of each of several numbers among all workers, which must call this function together.

    Args:
        values: Of this worker, of magnitudes below 2**53.

    Example:
        >>> kerasdl.distribute.largest_of_workers([3, -1])
        [3.0, -1.0]
    """
    if workers() == 1:
        return [float(each) for each in values]
    return _largest()(tf.constant([list(values)], tf.float64)).numpy().tolist()


@cache
def _largest() -> Any:
    # Traced once; without it TensorFlow traces every gathering anew.
    @tf.function(input_signature=[tf.TensorSpec([1, None], tf.float64)])
    def largest(values: tf.Tensor) -> tf.Tensor:
        return tf.reduce_max(_multi_worker().gather(values, axis=0), axis=0)

    return largest


@cache
def _mirrored() -> tf.distribute.Strategy:
    return MirroredStrategy()


@cache
def _multi_worker() -> tf.distribute.Strategy:
    # TensorFlow's AUTO may choose another way to reduce in the next run, which rounds in another way.
    kind = "NCCL" if tf.config.list_physical_devices("GPU") else "RING"
    end_with_one_line()
    try:
        return MultiWorkerMirroredStrategy(
            communication_options=tf.distribute.experimental.CommunicationOptions(
                implementation=getattr(tf.distribute.experimental.CommunicationImplementation, kind)
            )
        )
    except RuntimeError as error:
        raise BadInput(
            "Call distribute.strategy() at the beginning of the program: TensorFlow has made tensors already. "
            f"Received: {str(error).splitlines()[0]}"
        ) from error
