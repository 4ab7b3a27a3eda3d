"""The part of a dataset that one worker reads, and its distribution to the devices of that worker."""

from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf
from kerasdl.distribute.slices import bounds_of_device
from kerasdl.epochs import EpochCounter, epochs_now

# From (worker, workers), and devices per worker, to a worker's slices of every batch, one after the other.
PartOf = Callable[[tuple[int, int], int], tf.data.Dataset]


def divisible(dataset: tf.data.Dataset, part: PartOf) -> tf.data.Dataset:
    """The same dataset, of which a worker can read its slices of every batch without reading the others."""
    dataset._part_of_worker = part
    return dataset


def has_a_part(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """The same dataset, marked as the part of one worker already: TensorFlow's way is to switch its sharding off."""
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return dataset.with_options(options)


def slices(dataset: tf.data.Dataset, shard: tuple[int, int], devices: int) -> tf.data.Dataset:
    """A worker's slices of every batch of a dataset: one element per device, then those of the next batch.

    The slices of all workers together are the batches of the dataset. Pipelines of kerasdl read their slices only;
    of other datasets every worker reads all batches, unless their auto-shard policy is OFF: then what each worker has
    is its part already.

    Args:
        dataset: Batches of samples.
        shard: (worker, workers).
        devices: Devices of each worker.

    Example:
        >>> batches = tf.data.Dataset.range(5).batch(3)
        >>> [part.tolist() for part in slices(batches, (1, 2), 1).as_numpy_iterator()]
        [[2], [4]]
    """
    steps = dataset.cardinality()
    policy = dataset.options().experimental_distribute.auto_shard_policy
    if part := getattr(dataset, "_part_of_worker", None):
        dataset, shard = part(shard, devices), (0, 1)
    elif policy == tf.data.experimental.AutoShardPolicy.OFF:
        shard = (0, 1)
    found = dataset if shard[1] * devices == 1 else _slices(dataset, shard, devices)
    if steps != tf.data.UNKNOWN_CARDINALITY:
        count = steps if steps == tf.data.INFINITE_CARDINALITY else steps * devices
        found = found.apply(tf.data.experimental.assert_cardinality(count))
    return found.prefetch(2 * devices)


def slice_of(batch: Any, shard: tuple[int, int], devices: int, device: Any) -> Any:
    """The rows of a batch that one device of a worker has.

    Args:
        batch: Tensors, in any structure; None is left as it is.
        shard: (worker, workers).
        devices: Devices of each worker.
        device: Which of them, a number or a tensor.

    Example:
        >>> slice_of((tf.range(5), None), (0, 2), 2, 0)[0].numpy().tolist()
        [0, 1]
    """
    leaves = [each for each in tf.nest.flatten(batch) if each is not None]
    size = tf.shape(leaves[0], tf.int64)[0]
    begin, end = bounds_of_device(size, shard, devices, device)
    return tf.nest.map_structure(lambda each: None if each is None else each[begin:end], batch)


def _slices(dataset: tf.data.Dataset, shard: tuple[int, int], devices: int) -> tf.data.Dataset:
    def of_devices(*batch: Any) -> tf.data.Dataset:
        whole = batch if len(batch) > 1 else batch[0]
        return tf.data.Dataset.range(devices).map(lambda device: slice_of(whole, shard, devices, device))

    return dataset.flat_map(tf.autograph.experimental.do_not_convert(of_devices))


class DistributedBatches(tf.distribute.DistributedDataset):
    """The batches of a dataset, each divided among all devices of all workers.

    Before a fit Keras takes one batch to build the model, and forgets the iterator. That batch begins no epoch: a
    pipeline gives its first epoch again.

    Args:
        dataset: What TensorFlow has distributed.
    """

    def __init__(self, dataset: Any) -> None:
        self._dataset, self._is_new = dataset, True

    def __iter__(self) -> Any:
        if self._is_new and tf.executing_eagerly():
            self._is_new = False
            return _First(self._dataset)
        return iter(self._dataset)

    @property
    def element_spec(self) -> Any:
        """Of the part of one worker."""
        return self._dataset.element_spec

    @property
    def cardinality(self) -> Any:
        """Batches of the dataset."""
        return self._dataset.cardinality


class _First(Iterator):
    """An iterator that begins an epoch with its second batch only."""

    def __init__(self, dataset: Any) -> None:
        self._batches, self._taken = iter(dataset), 0
        self._moved: dict[EpochCounter, tuple[int, int]] = {}

    def __next__(self) -> Any:
        self._taken += 1
        if self._taken == 1:
            before = _positions()
            batch = next(self._batches)
            after = _positions()
            self._moved = {counter: after[counter] for counter in after if after[counter] != before.get(counter)}
            _set({counter: before[counter] for counter in self._moved})
            return batch
        if self._taken == 2:
            _set(self._moved)
        return next(self._batches)


def _positions() -> dict[EpochCounter, tuple[int, int]]:
    return {counter: (epoch, int(counter.start)) for counter, epoch in epochs_now().items()}


def _set(positions: dict[EpochCounter, tuple[int, int]]) -> None:
    for counter, (epoch, start) in positions.items():
        counter.variable.assign(epoch)
        counter.start.assign(start)
