"""From samples to batches: the order of an epoch, its augmentation, and the device that it is for."""

from typing import Any

import tensorflow as tf
from kerasdl.data.augment import Augmentation
from kerasdl.data.sources import Source
from kerasdl.epochs import EpochCounter


def epoch_batches(
    source: Source, epoch: tf.Tensor | int, *, batch_size: int, seed: int, augmentation: Augmentation | None
) -> tf.data.Dataset:
    """The batches of one training epoch: a pure function of (source, seed, epoch).

    Args:
        source: The samples.
        epoch: Which epoch, from 0.
        batch_size: Samples a batch; the last may be smaller.
        seed: Of the order and the augmentation.
        augmentation: What the images go through, or None.

    Returns:
        A dataset of (images, labels), and sample weights where the source has them, of known length. A sample that
        would be alone in the last batch joins the one before: BatchNormalization learns nothing good from one.

    Example:
        >>> third = epoch_batches(source, 2, batch_size=64, seed=0, augmentation=None)
    """
    count = len(source.labels)
    steps = _training_steps(count, batch_size)
    seed_pair = tf.stack([tf.cast(seed, tf.int64), tf.cast(epoch, tf.int64)])
    # Drawn for the whole epoch at once, so that a sample's row does not depend on where it falls.
    draws = tf.random.stateless_uniform((count, augmentation.draws), seed_pair) if augmentation else None
    targets = _targets(source)

    def batch(step: tf.Tensor) -> tuple:
        end = tf.where(step == steps - 1, tf.constant(count, tf.int64), (step + 1) * batch_size)
        places = tf.range(step * batch_size, end, dtype=tf.int64)
        # The raw op, for tf.random.experimental.index_shuffle does not let the rounds be set: at its 4, neighbours in
        # the permutation of a small set are correlated.
        indices = tf.raw_ops.RandomIndexShuffle(
            index=places,
            seed=tf.repeat([tf.stack([*tf.unstack(seed_pair), 0])], tf.size(places), axis=0),
            max_index=tf.constant(count - 1, tf.int64),
            rounds=12,
        )
        inputs = source.load(indices)
        if augmentation:
            inputs = augmentation(inputs, tf.gather(draws, indices))
        return _pixels_as_floats(inputs), *(tf.gather(values, indices) for values in targets)

    return tf.data.Dataset.range(steps).map(batch, num_parallel_calls=tf.data.AUTOTUNE)


def training(source: Source, *, batch_size: int, seed: int, augmentation: Augmentation | None) -> tf.data.Dataset:
    """Epoch after epoch: every iteration of the dataset is the next one; arguments as for `epoch_batches`."""
    with tf.device("CPU"):
        counter = EpochCounter(tf.Variable(0, dtype=tf.int64, trainable=False, name="epoch"))

    def next_epoch(_: tf.Tensor) -> tf.data.Dataset:
        epoch = counter.variable.assign_add(1) - 1
        return epoch_batches(source, epoch, batch_size=batch_size, seed=seed, augmentation=augmentation)

    epochs = tf.data.Dataset.range(1).flat_map(next_epoch)
    return _ready(epochs, _training_steps(len(source.labels), batch_size))


def validation(source: Source, *, batch_size: int) -> tf.data.Dataset:
    """The samples in their order, unchanged, all of them."""
    count, targets = len(source.labels), _targets(source)
    steps = _steps(count, batch_size)

    def batch(step: tf.Tensor) -> tuple:
        indices = tf.range(step * batch_size, tf.minimum((step + 1) * batch_size, count), dtype=tf.int64)
        return _pixels_as_floats(source.load(indices)), *(tf.gather(values, indices) for values in targets)

    return _ready(tf.data.Dataset.range(steps).map(batch, num_parallel_calls=tf.data.AUTOTUNE), steps)


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


def _training_steps(count: int, batch_size: int) -> int:
    return _steps(count, batch_size) - (count % batch_size == 1 and 1 < batch_size < count)


def _steps(count: int, batch_size: int) -> int:
    return -(-count // batch_size)
