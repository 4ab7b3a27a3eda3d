"""A function applied to every row of a batch, whose error names the row: the file that does not decode."""

from collections.abc import Callable

import tensorflow as tf

Inputs = tuple[tf.Tensor, ...]


@tf.autograph.experimental.do_not_convert
def map_named(
    function: Callable[..., tf.Tensor], inputs: Inputs, names: tf.Tensor, *, signature: tf.TensorSpec
) -> tf.Tensor:
    """As `tf.map_fn`, but the error tells by name which rows failed.

    TensorFlow's own error says what was wrong, but never with which file. Here the rows that fail are left out, which
    costs nothing; when the result comes out too short, each row is tried again by itself.

    Args:
        function: From a row of each input to one tensor of fixed shape; may read files.
        inputs: (count, ...) each.
        names: Strings (count,): what the error calls the rows.
        signature: Shape and dtype of what the function returns.

    Returns:
        (count, *signature.shape), in the order of the inputs.

    Raises:
        tf.errors.InvalidArgumentError: When a row fails; names every one that does.

    Example:
        >>> paths = tf.constant(["cat.jpg", "dog.jpg"])
        >>> map_named(lambda path: thumbnail(tf.io.read_file(path)), (paths,), paths,
        ...           signature=tf.TensorSpec((64, 64, 3), tf.uint8)).shape
        TensorShape([2, 64, 64, 3])
    """
    count = tf.size(names, tf.int64)
    done = _whatever_succeeds(function, inputs, count, signature)

    def refuse() -> tf.Tensor:
        # Not tf.debugging.Assert, which words its message otherwise when it is called eagerly.
        blame = _blame(function, inputs, names, signature)
        with tf.control_dependencies([tf.raw_ops.Assert(condition=False, data=[blame], summarize=1)]):
            return tf.identity(done)

    complete = tf.cond(tf.equal(tf.shape(done, tf.int64)[0], count), lambda: done, refuse)
    # Not ensure_shape, which may be asked, and complain of the length, before the names are found.
    complete.set_shape((names.shape[0], *signature.shape))
    return complete


def _whatever_succeeds(
    function: Callable[..., tf.Tensor], rows: Inputs, count: tf.Tensor, signature: tf.TensorSpec
) -> tf.Tensor:
    """The results of the rows at which the function does not fail, stacked."""
    done = tf.data.Dataset.from_tensor_slices(rows).map(function).ignore_errors().batch(tf.maximum(count, 1))
    nothing = tf.zeros((0, *signature.shape), signature.dtype)
    unknown = tf.TensorSpec((None, *signature.shape), signature.dtype)
    # Not get_single_element, which fails where every row does.
    return done.reduce(tf.ensure_shape(nothing, unknown.shape), lambda _, batch: tf.ensure_shape(batch, unknown.shape))


def _blame(function: Callable[..., tf.Tensor], inputs: Inputs, names: tf.Tensor, signature: tf.TensorSpec) -> tf.Tensor:
    """What to say of the rows at which the function fails."""

    def fails(row: Inputs) -> tf.Tensor:
        alone = tuple(each[None] for each in row)
        return tf.equal(tf.shape(_whatever_succeeds(function, alone, tf.constant(1, tf.int64), signature))[0], 0)

    failed = tf.map_fn(fails, inputs, fn_output_signature=tf.bool)
    listed = tf.strings.reduce_join(tf.boolean_mask(names, failed), separator=", ")
    advice = "Cannot be read or decoded (kerasdl.data.check.bad_files says why): mend or remove. Received: "
    passing = "Could not be read a moment ago, but can be now; one of these: "
    every = tf.strings.reduce_join(names, separator=", ")
    return tf.where(tf.reduce_any(failed), tf.strings.join([advice, listed]), tf.strings.join([passing, every]))
