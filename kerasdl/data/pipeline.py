"""From samples to batches: the order of an epoch, what changes a batch, and prefetching to the device."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NoReturn

import numpy as np
import tensorflow as tf
from kerasdl.data.order import by_length, cumulative_weights, shuffled, systematic_sample
from kerasdl.data.python_call import python_call
from kerasdl.data.source import Source
from kerasdl.distribute.parts import divisible, has_a_part
from kerasdl.distribute.slices import own_rows
from kerasdl.epochs import EpochCounter

# The epoch before which the last source is used.
LAST = np.iinfo(np.int64).max
# Each takes memory, and few networks train on more images than so many cores decode.
MOST_AT_A_TIME = 16


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
        return -(-count // size) - (count % size == 1 and 1 < size < count)


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
    found = _training([(LAST, source)], plan)
    return _of_epoch(found, epoch, start)


def first_indices(source: Source, epoch: int, plan: Plan) -> np.ndarray:
    """The indices of the samples of an epoch's first batch, in its order.

    Example:
        >>> sorted(first_indices(source, 0, Plan(batch_size=64, seed=0)).tolist()) == list(range(64))
        True
    """
    found = _training([(LAST, source)], plan)
    return found.indices(tf.constant(0, tf.int64), found.shared(epoch)).numpy()


@dataclass(frozen=True, eq=False)
class _Iteration:
    """How a dataset iterates over its samples; every function is a pure one.

    Attributes:
        steps: Batches per epoch.
        shared: From an epoch to the tensors that all its batches need.
        indices: From a step, and what the epoch shares, to the indices of the samples.
        batch: From the same to the batch.
        source: From an epoch to the samples.
        can_fail: Whether loading can.
    """

    steps: int
    shared: Callable[[Any], dict[str, tf.Tensor]]
    indices: Callable[[tf.Tensor, dict[str, tf.Tensor]], tf.Tensor]
    batch: Callable[[tf.Tensor, dict[str, tf.Tensor]], tuple]
    source: Callable[[int], Source]
    can_fail: bool


def _training(sources: Sequence[tuple[int, Source]], plan: Plan) -> _Iteration:
    """Of sources of the same samples, each with the epoch before which it is used."""
    ends, parts = zip(*sources, strict=True)
    count, steps = len(parts[0].labels), plan.steps(len(parts[0].labels))
    worker, workers = plan.shard
    cumulative = None if plan.weights is None else cumulative_weights(plan.weights)
    targets = _targets(parts[0])

    def shared(epoch: Any) -> dict[str, tf.Tensor]:
        seed = tf.stack([tf.cast(plan.seed, tf.int64), tf.cast(epoch, tf.int64)])
        found = {"seed": seed}
        # Drawn for the whole epoch at once: a sample's row must not depend on the batch in which it is.
        draws = plan.changes.draw(count, seed)
        if draws is not None:
            found["draws"] = draws
        if plan.lengths is not None:
            all_places = tf.range(count, dtype=tf.int64)
            lengths = tf.gather(tf.constant(plan.lengths, tf.int64), indices_at(all_places, seed))
            found["order"] = by_length(lengths, batch_size=plan.batch_size, steps=steps, seed=seed)
        return found

    def indices_at(places: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return places if cumulative is None else systematic_sample(places, cumulative, seed=seed)

    def places_of(step: tf.Tensor, shared: dict[str, tf.Tensor]) -> tf.Tensor:
        begin = step * plan.batch_size
        end = tf.where(step == steps - 1, tf.constant(count, tf.int64), begin + plan.batch_size)
        places = begin + own_rows(end - begin, plan.shard, plan.devices)
        if "start" in shared:
            # Of the steps before it only the number counts: Keras counts them.
            places = places[: tf.where(step < shared["start"], 0, tf.size(places))]
        order = shared.get("order")
        return shuffled(places, count=count, seed=shared["seed"]) if order is None else tf.gather(order, places)

    def batch(step: tf.Tensor, shared: dict[str, tf.Tensor]) -> tuple:
        places, draws = places_of(step, shared), shared.get("draws")
        indices = indices_at(places, shared["seed"])
        labels, *weights = (tf.gather(values, indices) for values in targets)
        rows = None if draws is None else tf.gather(draws, places)
        loads = [partial(plan.changes.load, each, indices, rows) for each in parts]
        inputs = loads[0]() if len(loads) == 1 else tf.switch_case(_now(shared["seed"][1], ends), loads)
        numbers = tf.concat([shared["seed"], [step * workers + worker]], axis=0)
        inputs, labels = plan.changes.mix(inputs, labels, numbers)
        return inputs, labels, *weights

    return _Iteration(
        steps,
        shared,
        lambda step, shared: indices_at(places_of(step, shared), shared["seed"]),
        batch,
        lambda epoch: parts[int(_now(epoch, ends))],
        any(each.blame is not None for each in parts),
    )


def _now(epoch: Any, ends: Sequence[int]) -> tf.Tensor:
    """Which of the sources is used in an epoch."""
    return tf.reduce_sum(tf.cast(tf.cast(epoch, tf.int64) >= tf.constant(ends, tf.int64), tf.int32))


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
    counter = counter or new_counter()
    found = _training([*sorted((earlier or {}).items()), (LAST, source)], plan)
    epochs = ready(_of_next_epoch(found, counter), found.steps)

    def part(shard: tuple[int, int], devices: int) -> tf.data.Dataset:
        return training(source, replace(plan, shard=shard, devices=devices), counter=counter, earlier=earlier)

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
        epoch, start = _begun(counter)
        found = batches(epoch, start)
        # An epoch has the same number of batches wherever it starts: Keras counts them.
        skipped = tf.nest.map_structure(
            lambda each: tf.zeros([size or 1 for size in each.shape], each.dtype), found.element_spec
        )
        return tf.data.Dataset.from_tensors(skipped).repeat(start).concatenate(found)

    return ready(tf.data.Dataset.range(1).flat_map(next_epoch), steps)


def _begun(counter: EpochCounter) -> tuple[tf.Tensor, tf.Tensor]:
    """The epoch that begins, and the step from which it is needed; the counter moves on."""
    start = counter.start.read_value()
    counter.start.assign(0)
    return counter.variable.assign_add(1) - 1, start


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

    def shared(_: Any) -> dict[str, tf.Tensor]:
        draws = changes.draw(count, seed)
        return {} if draws is None else {"draws": draws}

    def indices_of(step: tf.Tensor, _: Any) -> tf.Tensor:
        size = tf.minimum(tf.cast(batch_size, tf.int64), count - step * batch_size)
        return step * batch_size + own_rows(size, shard, devices)

    def batch(step: tf.Tensor, shared: dict[str, tf.Tensor]) -> tuple:
        indices, draws = indices_of(step, shared), shared.get("draws")
        inputs = changes.load(source, indices, None if draws is None else tf.gather(draws, indices))
        return inputs, *(tf.gather(values, indices) for values in targets)

    def part(shard: tuple[int, int], devices: int) -> tf.data.Dataset:
        return validation(source, batch_size=batch_size, changes=changes, seed=seed, shard=shard, devices=devices)

    steps = -(-count // batch_size)
    found = _Iteration(steps, shared, indices_of, batch, lambda _: source, source.blame is not None)
    return divisible(ready(_of_epoch(found, 0), steps), part)


def _of_epoch(found: _Iteration, epoch: Any, start: int = 0) -> tf.data.Dataset:
    """The batches of one epoch from step `start` on."""
    epoch = tf.cast(epoch, tf.int64)
    shared = found.shared(epoch)
    steps = tf.data.Dataset.range(start, found.steps + found.can_fail)
    return _batches(found, steps, lambda step: (step, epoch, shared), found.steps - start)


def _of_next_epoch(found: _Iteration, counter: EpochCounter) -> tf.data.Dataset:
    """The batches of the next epoch, whenever it is iterated over.

    One dataset without another inside: to make a nested one for every epoch takes longer than many an epoch.
    """

    @tf.autograph.experimental.do_not_convert
    def place(now: tuple, step: tf.Tensor) -> tuple[tuple, tuple]:
        def begin() -> tuple:
            epoch, start = _begun(counter)
            return epoch, {**found.shared(epoch), "start": start}

        now = tf.cond(step == 0, begin, lambda: now)
        return now, (step, *now)

    zero = tf.constant(0, tf.int64)
    steps = tf.data.Dataset.range(found.steps + found.can_fail)
    places = steps.scan((zero, {**found.shared(zero), "start": zero}), place)
    return _batches(found, places, lambda *place: place, found.steps)


def _batches(found: _Iteration, places: tf.data.Dataset, place_of: Callable, steps: int) -> tf.data.Dataset:
    """The batches at so many places; the error of one that fails names the file, which TensorFlow's does not.

    Args:
        found: How to load them.
        places: Anything.
        place_of: From that to the step, its epoch, and what the batches of the epoch share.
        steps: Number of batches. If one can fail, there is one more place.
    """

    @tf.autograph.experimental.do_not_convert
    def load(*each: Any) -> tuple:
        step, _, shared = place_of(*each)
        return found.batch(step, shared)

    if not found.can_fail:
        return places.map(load, num_parallel_calls=at_a_time())
    specs: list[Any] = []

    @tf.autograph.experimental.do_not_convert
    def load_or_end(*each: Any) -> tuple:
        step, epoch, _ = place_of(*each)

        def loaded() -> tuple:
            batch = load(*each)
            specs[:] = [tf.nest.map_structure(tf.TensorSpec.from_tensor, batch)]
            return batch

        def nothing() -> tuple:
            return tf.nest.map_structure(
                lambda spec: tf.zeros([size or 0 for size in spec.shape], spec.dtype), specs[0]
            )

        batch = tf.cond(step < found.steps, loaded, nothing)
        return step, epoch, tf.nest.map_structure(lambda part, spec: tf.ensure_shape(part, spec.shape), batch, specs[0])

    batches = places.map(load_or_end, num_parallel_calls=at_a_time())

    def blame(step: np.ndarray, epoch: np.ndarray) -> NoReturn:
        source, shared = found.source(int(epoch)), found.shared(int(epoch))
        if source.blame is not None:
            source.blame(found.indices(tf.constant(step), shared).numpy())
        # No file is at fault: let the error explain itself.
        found.batch(tf.constant(step), shared)
        raise RuntimeError(f"A batch failed once and then loaded: train again. Received: step {step}")

    @tf.autograph.experimental.do_not_convert
    def checked(expected: tf.Tensor, loaded: tuple) -> tuple:
        step, epoch, batch = loaded

        def fail() -> tuple:
            with tf.control_dependencies(python_call(blame, [expected, epoch], [tf.int64])):
                return tf.nest.map_structure(tf.identity, batch)

        return expected + 1, tf.cond(step == expected, lambda: batch, fail)

    # A batch that fails is dropped, so that the next one, or the one after the last, takes its place.
    first = tf.constant(found.steps - steps, tf.int64)
    return batches.ignore_errors().scan(first, checked).take(steps)


def _targets(source: Source) -> list[tf.Tensor]:
    """Labels, and weights if there are any."""
    with tf.device("CPU"):
        return [tf.constant(values) for values in (source.labels, source.weights) if values is not None]


def at_a_time() -> int:
    """Number of batches that are made at the same time: one on each core."""
    return min(os.cpu_count() or 1, MOST_AT_A_TIME)


def ready(dataset: tf.data.Dataset, steps: int) -> tf.data.Dataset:
    """Of known cardinality, not tuned, and prefetched: to the GPU if there is exactly one."""
    options = tf.data.Options()
    # The end of an epoch may wait for the thread that tunes, which looks up after 10, 20, 40 ms and so on to a minute.
    options.autotune.enabled = False
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps)).with_options(options)
    devices = tf.config.list_logical_devices("GPU")
    if len(devices) != 1 or tf.distribute.has_strategy():
        return dataset.prefetch(2)
    dataset = dataset.apply(tf.data.experimental.prefetch_to_device(devices[0].name, buffer_size=2))
    # The copy to the device loses the cardinality, and tf.data can assert one on the CPU only.
    dataset.cardinality = lambda: tf.constant(steps, tf.int64)
    return dataset
