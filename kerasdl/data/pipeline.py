"""From samples to batches: the order of an epoch, what changes a batch, and prefetching to the device."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import Any, NoReturn

import numpy as np
import tensorflow as tf
from kerasdl.data.order import by_length, cumulative_weights, shuffled, systematic_sample
from kerasdl.data.python_call import python_call
from kerasdl.data.source import Source
from kerasdl.distribute.parts import divisible, has_a_part
from kerasdl.distribute.slices import own_rows
from kerasdl.epochs import EpochCounter


@dataclass(frozen=True)
class Changes:
    """How a batch is drawn, loaded and changed; this base class loads the samples and changes nothing.

    Every method is a pure function of its arguments, so that an epoch can begin at any step.
    """

    def draw(self, count: int, seed: Any) -> tf.Tensor | None:  # noqa: ARG002 - for those that draw
        """Random numbers for an epoch of `count` places, one row per place; None if none are needed."""
        return None

    def load(self, source: Source, indices: tf.Tensor, draws: tf.Tensor | None) -> Any:  # noqa: ARG002 - likewise
        """The inputs of the samples at `indices`, changed by their rows of `draws`."""
        return source.load(indices)

    def mix(self, inputs: Any, labels: tf.Tensor, seed: tf.Tensor) -> tuple[Any, tf.Tensor]:  # noqa: ARG002 - likewise
        """A batch whose samples are mixed with each other, and its labels; `seed` is int64 (3,)."""
        return inputs, labels


@dataclass(frozen=True, eq=False)
class Plan:
    """How training iterates over its samples.

    Attributes:
        batch_size: Samples per batch, of all workers together. The last batch of an epoch may be smaller, but a single
            sample joins the batch before it, because BatchNormalization cannot learn from one sample.
        seed: Random seed of the order and the changes.
        changes: How each batch is drawn, loaded and changed.
        weights: How often each sample is drawn, relative to the others; by default each once per epoch.
        shard: (worker, workers): the slice of every batch for one of several workers. Slices are as equal as can be;
            if a batch has fewer samples than there are workers, some are empty.
        devices: Devices per worker, among which its slices are divided; see `distribute.slices`.
        lengths: Lengths of the samples, int64 (count,): a batch holds those of about the same length.

    Raises:
        ValueError: Less than one sample per batch, or no such worker.

    Example:
        >>> plan = Plan(batch_size=64, seed=0)
    """

    batch_size: int
    seed: int
    changes: Changes = Changes()
    weights: np.ndarray | None = None
    shard: tuple[int, int] = (0, 1)
    devices: int = 1
    lengths: np.ndarray | None = None

    def __post_init__(self) -> None:
        worker, workers = self.shard
        if self.batch_size < 1 or not 0 <= worker < workers:
            raise ValueError(
                "At least one sample per batch, and workers count from 0. "
                f"Received: batch_size={self.batch_size}, shard={self.shard}"
            )

    def steps(self, count: int) -> int:
        """Batches per epoch of `count` samples."""
        size = self.batch_size
        return _steps(count, size) - (count % size == 1 and 1 < size < count)


def epoch_batches(source: Source, epoch: tf.Tensor | int, plan: Plan, *, start: int = 0) -> tf.data.Dataset:
    """The batches of one training epoch: a pure function of (source, plan, epoch).

    Args:
        source: The samples.
        epoch: Number of the epoch, from 0.
        plan: How to iterate over them.
        start: The first step; the batches from there on equal those of the whole epoch.

    Returns:
        A dataset of (inputs, labels), and sample weights if the source has them, of known cardinality.

    Raises:
        ValueError: No such step.

    Example:
        >>> third = epoch_batches(source, 2, Plan(batch_size=64, seed=0))
    """
    steps = plan.steps(len(source.labels))
    if not 0 <= start <= steps:
        raise ValueError(f"An epoch has {steps} steps. Received: start={start}")
    return _of_epoch(source, epoch, plan, start)


def first_indices(source: Source, epoch: int, plan: Plan) -> np.ndarray:
    """The indices of the samples of an epoch's first batch, in its order.

    Example:
        >>> sorted(first_indices(source, 0, Plan(batch_size=64, seed=0)).tolist()) == list(range(64))
        True
    """
    indices_of, _ = _training(source, plan, epoch)
    return indices_of(tf.constant(0, tf.int64)).numpy()


def _of_epoch(source: Source, epoch: tf.Tensor | int, plan: Plan, start: tf.Tensor | int) -> tf.data.Dataset:
    return _batches(source, partial(_training, source, plan), epoch, start, plan.steps(len(source.labels)))


def _training(source: Source, plan: Plan, epoch: tf.Tensor | int) -> tuple[Callable, Callable]:
    """Two functions of a step: the indices of its samples, and its batch."""
    count, steps = len(source.labels), plan.steps(len(source.labels))
    worker, workers = plan.shard
    seed = tf.stack([tf.cast(plan.seed, tf.int64), tf.cast(epoch, tf.int64)])
    # Drawn for the whole epoch at once: a sample's row must not depend on the batch in which it is.
    draws = plan.changes.draw(count, seed)
    cumulative = None if plan.weights is None else cumulative_weights(plan.weights)
    targets = _targets(source)

    def indices_at(places: tf.Tensor) -> tf.Tensor:
        return places if cumulative is None else systematic_sample(places, cumulative, seed=seed)

    order: tf.Tensor | None = None
    if plan.lengths is not None:
        lengths = tf.gather(tf.constant(plan.lengths, tf.int64), indices_at(tf.range(count, dtype=tf.int64)))
        order = by_length(lengths, batch_size=plan.batch_size, steps=steps, seed=seed)

    def places_of(step: tf.Tensor) -> tf.Tensor:
        begin = step * plan.batch_size
        end = tf.where(step == steps - 1, tf.constant(count, tf.int64), begin + plan.batch_size)
        places = begin + own_rows(end - begin, plan.shard, plan.devices)
        return shuffled(places, count=count, seed=seed) if order is None else tf.gather(order, places)

    def batch(step: tf.Tensor) -> tuple:
        places = places_of(step)
        indices = indices_at(places)
        labels, *weights = (tf.gather(values, indices) for values in targets)
        inputs = plan.changes.load(source, indices, None if draws is None else tf.gather(draws, places))
        inputs, labels = plan.changes.mix(inputs, labels, tf.concat([seed, [step * workers + worker]], axis=0))
        return inputs, labels, *weights

    return lambda step: indices_at(places_of(step)), batch


def training(
    source: Source, plan: Plan, *, counter: EpochCounter | None = None, earlier: Mapping[int, Source] | None = None
) -> tf.data.Dataset:
    """Epoch after epoch: every iteration of the dataset is the next one.

    Args:
        source: The samples.
        plan: How to iterate over them.
        counter: Where to read and advance the epoch, if several datasets share it; by default a new one.
        earlier: Other sources of the same samples, such as smaller images, by the epoch before which they are used.
    """
    sources = [*sorted((earlier or {}).items()), (np.iinfo(np.int64).max, source)]
    counter, steps = counter or new_counter(), plan.steps(len(source.labels))

    def batches(epoch: tf.Tensor, start: tf.Tensor) -> tf.data.Dataset:
        begin, parts = 0, []
        for end, each in sources:
            is_now = (epoch >= begin) & (epoch < end)
            parts.append(_of_epoch(each, epoch, plan, start).take(tf.where(is_now, tf.constant(-1, tf.int64), 0)))
            begin = end
        return reduce(tf.data.Dataset.concatenate, parts)

    def part(shard: tuple[int, int], devices: int) -> tf.data.Dataset:
        return training(source, replace(plan, shard=shard, devices=devices), counter=counter, earlier=earlier)

    epochs = epoch_after_epoch(batches, steps, counter)
    return has_a_part(epochs) if plan.shard[1] > 1 else divisible(epochs, part)


def epoch_after_epoch(
    batches: Callable[[tf.Tensor, tf.Tensor], tf.data.Dataset], steps: int, counter: EpochCounter
) -> tf.data.Dataset:
    """A dataset of which every iteration is the next epoch.

    Args:
        batches: From the number of an epoch, and a step, to the batches from that step on.
        steps: Batches per epoch.
        counter: Where to read and advance the epoch.
    """

    @tf.autograph.experimental.do_not_convert
    def next_epoch(_: tf.Tensor) -> tf.data.Dataset:
        start = counter.start.read_value()
        counter.start.assign(0)
        found = batches(counter.variable.assign_add(1) - 1, start)
        # An epoch has the same number of batches wherever it starts: Keras counts them.
        skipped = tf.nest.map_structure(
            lambda each: tf.zeros([size or 1 for size in each.shape], each.dtype), found.element_spec
        )
        return tf.data.Dataset.from_tensors(skipped).repeat(start).concatenate(found)

    return ready(tf.data.Dataset.range(1).flat_map(next_epoch), steps)


def new_counter() -> EpochCounter:
    """A counter at the first epoch."""
    with tf.device("CPU"):
        return EpochCounter(
            *(tf.Variable(0, dtype=tf.int64, trainable=False, name=name) for name in ("epoch", "start"))
        )


def validation(
    source: Source,
    *,
    batch_size: int,
    changes: Changes | None = None,
    seed: tuple[int, int] = (0, 0),
    shard: tuple[int, int] = (0, 1),
    devices: int = 1,
) -> tf.data.Dataset:
    """All samples in their order, unchanged; or, for test-time augmentation, changed by draws from `seed`."""
    count, targets, changes = len(source.labels), _targets(source), changes or Changes()
    draws = changes.draw(count, seed)

    def indices_of(step: tf.Tensor) -> tf.Tensor:
        size = tf.minimum(tf.cast(batch_size, tf.int64), count - step * batch_size)
        return step * batch_size + own_rows(size, shard, devices)

    def batch(step: tf.Tensor) -> tuple:
        indices = indices_of(step)
        inputs = changes.load(source, indices, None if draws is None else tf.gather(draws, indices))
        return inputs, *(tf.gather(values, indices) for values in targets)

    def part(shard: tuple[int, int], devices: int) -> tf.data.Dataset:
        return validation(source, batch_size=batch_size, changes=changes, seed=seed, shard=shard, devices=devices)

    steps = _steps(count, batch_size)
    return divisible(ready(_batches(source, lambda _: (indices_of, batch), 0, 0, steps), steps), part)


def _batches(
    source: Source,
    functions: Callable[[tf.Tensor | int], tuple[Callable, Callable]],
    epoch: tf.Tensor | int,
    start: tf.Tensor | int,
    steps: int,
) -> tf.data.Dataset:
    """The batches from step `start` on; the error of one that fails names the file, which TensorFlow's does not."""
    _, batch = functions(epoch)

    @tf.autograph.experimental.do_not_convert
    def numbered(step: tf.Tensor) -> tuple:
        return step, batch(step)

    found = tf.data.Dataset.range(start, steps).map(numbered, num_parallel_calls=tf.data.AUTOTUNE)
    if source.blame is None:
        return found.map(lambda _, batch: batch)

    def blame(step: np.ndarray, epoch: np.ndarray) -> NoReturn:
        indices_of, batch = functions(int(epoch))
        assert source.blame is not None
        source.blame(indices_of(tf.constant(step)).numpy())
        # No file is at fault: let the error explain itself.
        batch(tf.constant(step))
        raise RuntimeError(f"A batch failed once and then loaded: train again. Received: step {step}")

    @tf.autograph.experimental.do_not_convert
    def checked(expected: tf.Tensor, found: tuple) -> tuple:
        step, batch = found

        def fail() -> tuple:
            with tf.control_dependencies(python_call(blame, [expected, epoch], [tf.int64])):
                return tf.nest.map_structure(tf.identity, batch)

        return expected + 1, tf.cond(step == expected, lambda: batch, fail)

    # A batch that fails is dropped, so that the next one, or the one after the last, takes its place.
    _, spec = found.element_spec
    nothing = tf.nest.map_structure(lambda each: tf.zeros([size or 0 for size in each.shape], each.dtype), spec)
    end = tf.data.Dataset.from_tensors((tf.constant(steps, tf.int64), nothing))
    followed = found.ignore_errors().concatenate(end)
    return followed.scan(tf.cast(start, tf.int64), checked).take(steps - start)


def _targets(source: Source) -> list[tf.Tensor]:
    """Labels, and weights if there are any."""
    with tf.device("CPU"):
        return [tf.constant(values) for values in (source.labels, source.weights) if values is not None]


def ready(dataset: tf.data.Dataset, steps: int) -> tf.data.Dataset:
    """Of known cardinality, and prefetched: to the GPU if there is exactly one."""
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps))
    devices = tf.config.list_logical_devices("GPU")
    if len(devices) != 1 or tf.distribute.has_strategy():
        return dataset.prefetch(2)
    dataset = dataset.apply(tf.data.experimental.prefetch_to_device(devices[0].name, buffer_size=2))
    # The copy to the device loses the cardinality, and tf.data can assert one on the CPU only.
    dataset.cardinality = lambda: tf.constant(steps, tf.int64)
    return dataset


def _steps(count: int, batch_size: int) -> int:
    return -(-count // batch_size)
