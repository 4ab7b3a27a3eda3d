"""Reading encoded files in the graph: the numbers in their bytes, and errors where they are not as they must be."""

from collections.abc import Callable

import tensorflow as tf


def number(digits: tf.Tensor, *, big: tf.Tensor | bool) -> tf.Tensor:
    """The unsigned whole number, int64, that bytes (..., count) hold; the first is the largest digit where `big`."""
    places = 256 ** tf.range(digits.shape[-1], dtype=tf.int64)
    return tf.reduce_sum(tf.cast(digits, tf.int64) * tf.where(big, places[::-1], places), axis=-1)


def insist(condition: tf.Tensor, value: tf.Tensor, complaint: Callable[[], tf.Tensor]) -> tf.Tensor:
    """`value`; or, where the condition does not hold, an error with the text that `complaint` makes.

    Raises:
        tf.errors.InvalidArgumentError: The condition does not hold; worded alike eagerly and in graphs.

    Example:
        >>> insist(tf.constant(2) > 1, tf.constant(2), lambda: tf.constant("Too small. Received: 2")).numpy()
        2
    """

    def refuse() -> tf.Tensor:
        # Not tf.debugging.Assert, which words its message otherwise when it is called eagerly.
        refusal = tf.raw_ops.Assert(condition=False, data=[complaint()], summarize=1)
        with tf.control_dependencies([refusal]):
            return tf.identity(value)

    return tf.cond(condition, lambda: tf.identity(value), refuse)
