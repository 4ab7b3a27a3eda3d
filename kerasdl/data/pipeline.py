"""From samples to batches: the order of an epoch, its augmentation, and the device that it is for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np
import tensorflow as tf
from kerasdl.data.augment import Augmentation
from kerasdl.data.mixing import CutMix, MixUp
from kerasdl.data.sampling import cumulative_weights, drawn, shard_count, shuffled
from kerasdl.data.sources import Source
from kerasdl.epochs import EpochCounter


@dataclass(frozen=True, eq=False)
class Plan:
    """How training goes through its samples.

    Attributes:
        batch_size: Samples a batch; the last of an epoch may be smaller. A sample that would be alone in it joins the
            batch before: BatchNormalization learns nothing good from one.
        seed: Of the order and the augmentation.
        augmentation: What images go through, or None.
        mixing: What batches of images go through, or None.
        classes: How many there are, where batches are mixed.
        weights: How often each sample comes, relative to the others; by default each once an epoch.
        shard: (index, count): the part of each epoch that one worker of several takes. All take as many steps.

    Example:
        >>> plan = Plan(batch_size=64, seed=0, augmentation=augment.standard())
    """

    batch_size: int
    seed: int
    augmentation: Augmentation | None = None
    mixing: MixUp | CutMix | None = None
    classes: int = 0
    weights: np.ndarray | None = None
    shard: tuple[int, int] = (0, 1)

    def __post_init__(self) -> None:
        if self.batch_size < 1 or self.shard[1] < 1:
            raise ValueError(
                f"One sample a batch, and one worker at least. Received: batch_size={self.batch_size}, "
                f"shard={self.shard}"
            )

    def steps(self, count: int) -> int:
        """Batches of an epoch of `count` samples, for every worker alike: a sample more joins the last batch."""
        count, size = count // self.shard[1], self.batch_size
        return _steps(count, size) - (count % size == 1 and 1 < size < count)


def epoch_batches(source: Source, epoch: tf.Tensor | int, plan: Plan, *, start: int = 0) -> tf.data.Dataset:
    """The batches of one training epoch: a pure function of (source, plan, epoch).

    Args:
        source: The samples.
        epoch: Which epoch, from 0.
        plan: How to go through them.
        start: The first step; those from there on are the same as in the whole epoch.

    Returns:
        A dataset of (inputs, labels), and sample weights where the source has them, of known length.

    Raises:
        ValueError: No such step, or worker.

    Example:
        >>> third = epoch_batches(source, 2, Plan(batch_size=64, seed=0))
    """
    steps = plan.steps(len(source.labels))
    if not 0 <= start <= steps:
        raise ValueError(f"An epoch has {steps} steps. Received: start={start}")
    return _batches(source, partial(_training, source, plan), epoch, start, steps)


def _training(source: Source, plan: Plan, epoch: tf.Tensor | int) -> tuple[Callable, Callable]:
    """From a step of an epoch to the indices of its samples, and to its batch."""
    count, steps = len(source.labels), plan.steps(len(source.labels))
    index, workers = plan.shard
    last = shard_count(count, plan.shard)
    seed = tf.stack([tf.cast(plan.seed, tf.int64), tf.cast(epoch, tf.int64)])
    # Drawn for the whole epoch at once, so that a sample's row does not depend on where it falls.
    draws = tf.random.stateless_uniform((count, plan.augmentation.draws), seed) if plan.augmentation else None
    cumulative = None if plan.weights is None else cumulative_weights(plan.weights)
    targets = _targets(source)

    def places_of(step: tf.Tensor) -> tf.Tensor:
        end = tf.where(step == steps - 1, tf.constant(last, tf.int64), (step + 1) * plan.batch_size)
        places = tf.range(step * plan.batch_size, end, dtype=tf.int64) * workers + index
        return shuffled(places, count=count, seed=seed)

    def sampled(places: tf.Tensor) -> tf.Tensor:
        return places if cumulative is None else drawn(places, cumulative, seed=seed)

    def batch(step: tf.Tensor) -> tuple:
        places = places_of(step)
        indices = sampled(places)
        labels, *weights = (tf.gather(values, indices) for values in targets)
        if plan.augmentation:
            inputs = augmented(source, indices, plan.augmentation, tf.gather(draws, places))
        else:
            inputs = _pixels_as_floats(source.load(indices))
        if plan.mixing:
            mixing_seed = tf.concat([seed, [step * workers + index]], axis=0)
            inputs, labels = plan.mixing.mix(inputs, labels, mixing_seed, classes=plan.classes)
        return inputs, labels, *weights

    return lambda step: sampled(places_of(step)), batch


def augmented(source: Source, indices: tf.Tensor, augmentation: Augmentation, draws: tf.Tensor) -> tf.Tensor:
    """Images of a source, each changed by its row of `draws`: (batch, height, width, channels) in 0..255."""
    assert source.view is not None
    return augmentation.finish(source.view(indices, augmentation.transforms(draws, source.size)), draws)


def training(
    source: Source, plan: Plan, *, counter: EpochCounter | None = None, earlier: Mapping[int, Source] | None = None
) -> tf.data.Dataset:
    """Epoch after epoch: every iteration of the dataset is the next one.

    Args:
        source: The samples.
        plan: How to go through them.
        counter: Where to read the epoch and move it on, if several datasets share one; by default a new one.
        earlier: Other looks of the same samples, by the epoch before which they are given.
    """
    counter = counter or new_counter()
    looks = [*sorted((earlier or {}).items()), (np.iinfo(np.int64).max, source)]

    @tf.autograph.experimental.do_not_convert
    def next_epoch(_: tf.Tensor) -> tf.data.Dataset:
        epoch, begin, parts = counter.variable.assign_add(1) - 1, 0, []
        for end, look in looks:
            is_now = (epoch >= begin) & (epoch < end)
            parts.append(epoch_batches(look, epoch, plan).take(tf.where(is_now, tf.constant(-1, tf.int64), 0)))
            begin = end
        return reduce(tf.data.Dataset.concatenate, parts)

    epochs = tf.data.Dataset.range(1).flat_map(next_epoch)
    if plan.shard[1] > 1:
        # Each worker has its part already.
        options = tf.data.Options()
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
        epochs = epochs.with_options(options)
    return _ready(epochs, plan.steps(len(source.labels)))


def new_counter() -> EpochCounter:
    """A counter that stands at the first epoch."""
    with tf.device("CPU"):
        return EpochCounter(tf.Variable(0, dtype=tf.int64, trainable=False, name="epoch"))


def validation(
    source: Source, *, batch_size: int, augmentation: Augmentation | None = None, seed: tuple[int, int] = (0, 0)
) -> tf.data.Dataset:
    """The samples in their order, all of them; unchanged, but for views of them under an augmentation (and seed)."""
    count, targets = len(source.labels), _targets(source)
    draws = tf.random.stateless_uniform((count, augmentation.draws), seed) if augmentation else None

    def sampled(step: tf.Tensor) -> tf.Tensor:
        return tf.range(step * batch_size, tf.minimum((step + 1) * batch_size, count), dtype=tf.int64)

    def batch(step: tf.Tensor) -> tuple:
        indices = sampled(step)
        if augmentation:
            inputs = augmented(source, indices, augmentation, tf.gather(draws, indices))
        else:
            inputs = _pixels_as_floats(source.load(indices))
        return inputs, *(tf.gather(values, indices) for values in targets)

    steps = _steps(count, batch_size)
    return _ready(_batches(source, lambda _: (sampled, batch), 0, 0, steps), steps)


def _batches(
    source: Source,
    functions: Callable[[tf.Tensor | int], tuple[Callable, Callable]],
    epoch: tf.Tensor | int,
    start: int,
    steps: int,
) -> tf.data.Dataset:
    """The batches of steps from `start` on; the error of one that fails names the file, as TensorFlow's does not."""
    _, batch = functions(epoch)

    @tf.autograph.experimental.do_not_convert
    def numbered(step: tf.Tensor) -> tuple:
        return step, batch(step)

    found = tf.data.Dataset.range(start, steps).map(numbered, num_parallel_calls=tf.data.AUTOTUNE)
    if source.blame is None:
        return found.map(lambda _, batch: batch)

    def blame(step: np.ndarray, epoch: np.ndarray) -> None:
        sampled, batch = functions(int(epoch))
        assert source.blame is not None
        source.blame(sampled(tf.constant(step)).numpy())
        # No file was to blame: what failed says so itself.
        batch(tf.constant(step))
        raise RuntimeError(f"What failed a moment ago does not now: train again. Received: step {step}")

    @tf.autograph.experimental.do_not_convert
    def checked(expected: tf.Tensor, found: tuple) -> tuple:
        step, batch = found

        def refuse() -> tuple:
            with tf.control_dependencies([tf.numpy_function(blame, [expected, epoch], [])]):
                return tf.nest.map_structure(tf.identity, batch)

        return expected + 1, tf.cond(step == expected, lambda: batch, refuse)

    # A batch that fails is left out, so that the next one, or the one behind the last, stands in its place.
    _, spec = found.element_spec
    nothing = tf.nest.map_structure(lambda each: tf.zeros([size or 0 for size in each.shape], each.dtype), spec)
    end = tf.data.Dataset.from_tensors((tf.constant(steps, tf.int64), nothing))
    followed = found.ignore_errors().concatenate(end)
    return followed.scan(tf.constant(start, tf.int64), checked).take(steps - start)


def _targets(source: Source) -> list[tf.Tensor]:
    """Labels, and weights if there are any."""
    with tf.device("CPU"):
        return [tf.constant(values) for values in (source.labels, source.weights) if values is not None]


def _pixels_as_floats(inputs: Any) -> Any:
    return tf.cast(inputs, tf.float32) if getattr(inputs, "dtype", None) == tf.uint8 else inputs


def _ready(dataset: tf.data.Dataset, steps: int) -> tf.data.Dataset:
    """Of known length, and prefetched: to the GPU where there is exactly one."""
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps))
    devices = tf.config.list_logical_devices("GPU")
    if len(devices) != 1 or tf.distribute.has_strategy():
        return dataset.prefetch(2)
    dataset = dataset.apply(tf.data.experimental.prefetch_to_device(devices[0].name, buffer_size=2))
    # The copy to the device forgets the length, and tf.data can assert one on the CPU only.
    dataset.cardinality = lambda: tf.constant(steps, tf.int64)
    return dataset


def _steps(count: int, batch_size: int) -> int:
    return -(-count // batch_size)
