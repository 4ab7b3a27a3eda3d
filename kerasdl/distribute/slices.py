"""Slices of a batch: which of its rows are whose."""

from typing import Any

import tensorflow as tf


def bounds(size: Any, index: Any, count: int) -> tuple[Any, Any]:
    """Begin and end of slice `index` when `size` rows are divided into `count` slices, the first of them longer by one.

    Args:
        size: Rows of the whole batch, a number or a tensor.
        index: Which slice, from 0; a number or a tensor.
        count: Number of slices; some are empty if there are more than rows.

    Example:
        >>> [bounds(10, index, 4) for index in range(4)]
        [(0, 3), (3, 6), (6, 8), (8, 10)]
    """
    least, longer = size // count, size % count
    smaller = tf.minimum if tf.is_tensor(size) or tf.is_tensor(index) else min
    return index * least + smaller(longer, index), (index + 1) * least + smaller(longer, index + 1)


def bounds_of_device(size: Any, shard: tuple[int, int], devices: int, device: Any) -> tuple[Any, Any]:
    """Begin and end of the slice of one device of a worker, of `workers * devices` slices.

    Those of worker k have the numbers that leave the remainder k when divided by `workers`. This is the order in which
    Keras puts the predictions together.

    Args:
        size: Rows of the whole batch, a number or a tensor.
        shard: (worker, workers).
        devices: Devices of each worker.
        device: Which of them, a number or a tensor.

    Example:
        >>> bounds_of_device(10, (1, 2), 2, 1)
        (8, 10)
    """
    worker, workers = shard
    return bounds(size, worker + device * workers, workers * devices)


def own_rows(size: Any, shard: tuple[int, int], devices: int = 1) -> tf.Tensor:
    """The rows of a batch that one worker has, int64.

    With several devices per worker, it has one slice for each; see `bounds_of_device`.

    Args:
        size: Rows of the whole batch.
        shard: (worker, workers).
        devices: Devices of each worker.

    Example:
        >>> own_rows(10, (1, 2)).numpy().tolist()
        [5, 6, 7, 8, 9]
        >>> own_rows(10, (1, 2), devices=2).numpy().tolist()
        [3, 4, 5, 8, 9]
    """
    size = tf.cast(size, tf.int64)
    if shard[1] * devices == 1:
        return tf.range(size)
    pieces = [bounds_of_device(size, shard, devices, device) for device in range(devices)]
    return tf.concat([tf.range(begin, end) for begin, end in pieces], axis=0)
