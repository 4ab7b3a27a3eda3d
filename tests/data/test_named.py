import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.named import map_named

ROW, TEXT = tf.TensorSpec((2,), tf.float32), tf.TensorSpec((), tf.string)


def parse(text):
    """Two copies of a number that is written out; anything else fails."""
    return tf.fill((2,), tf.strings.to_number(text))


def parsed(*texts):
    return map_named(parse, (tf.constant(texts),), tf.strings.join(["row ", tf.constant(texts)]), signature=ROW)


def test_rows_are_stacked_in_order():
    assert parsed("3", "1", "2").numpy().tolist() == [[3, 3], [1, 1], [2, 2]]
    assert parsed("7").numpy().tolist() == [[7, 7]]


def test_the_shape_is_known():
    dataset = tf.data.Dataset.from_tensor_slices(["1", "2"]).batch(2, drop_remainder=True)
    spec = dataset.map(lambda texts: map_named(parse, (texts,), texts, signature=ROW)).element_spec
    assert spec.shape.as_list() == [2, 2]


@pytest.mark.parametrize(
    ("texts", "named"),
    [(["1", "x", "3"], "row x"), (["x", "2", "y"], "row x, row y"), (["x"], "row x"), (["ä"], "row ä")],
)
def test_every_row_that_fails_is_named_and_no_other(texts, named):
    for attempt in (parsed, tf.function(parsed)):
        with pytest.raises(tf.errors.InvalidArgumentError, match=rf"bad_files says why.*Received: {named}\]"):
            attempt(*texts)


def test_a_missing_file_is_named(tmp_path):
    paths = tf.constant([__file__, str(tmp_path / "gone.jpg")])
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"Received: {tmp_path}/gone.jpg\]"):
        map_named(tf.io.read_file, (paths,), paths, signature=tf.TensorSpec((), tf.string))


def test_a_failure_that_has_passed_is_not_blamed_on_a_row():
    tries = tf.Variable(0)

    def fails_once(row):
        with tf.control_dependencies([tf.debugging.Assert(tries.assign_add(1) > 1, ["at first"])]):
            return tf.identity(row)

    with pytest.raises(tf.errors.InvalidArgumentError, match="can be now; one of these: a, b"):
        map_named(
            fails_once, (tf.constant(["1", "2"]),), tf.constant(["a", "b"]), signature=tf.TensorSpec((), tf.string)
        )


def pictures(folder, count):
    for index in range(count):
        pixels = np.full((4, 4, 3), index, np.uint8)
        tf.io.write_file(str(folder / f"{index}.png"), tf.io.encode_png(pixels))
    return [str(folder / f"{index}.png") for index in range(count)]


def pipeline(paths, batch_size):
    """An epoch of a pipeline as those of kerasdl are: batches of indices, mapped in parallel within a flat_map."""
    table = tf.constant(paths)

    def picture(path):
        return tf.ensure_shape(tf.io.decode_png(tf.io.read_file(path), channels=3), (4, 4, 3))

    def batch(step):
        names = tf.gather(table, tf.range(step * batch_size, (step + 1) * batch_size))
        images = map_named(picture, (names,), names, signature=tf.TensorSpec((4, 4, 3), tf.uint8))
        return tf.cast(images, tf.float32), tf.zeros(batch_size)

    steps = len(paths) // batch_size

    def epoch(_):
        return tf.data.Dataset.range(steps).map(batch, num_parallel_calls=tf.data.AUTOTUNE)

    return tf.data.Dataset.range(1).flat_map(epoch).apply(tf.data.experimental.assert_cardinality(steps))


def test_order_and_bits_are_kept_in_parallel(tmp_path):
    dataset = pipeline(pictures(tmp_path, 40), 4)
    for _ in range(2):
        assert np.concatenate([images[:, 0, 0, 0] for images, _ in dataset]).tolist() == list(range(40))


def test_a_file_spoilt_in_the_middle_of_training_is_named(tmp_path):
    paths = pictures(tmp_path, 12)
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")

    class Spoil(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                (tmp_path / "7.png").write_bytes(b"garbage")

    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Received: \S*/7.png\]"):
        model.fit(pipeline(paths, 4), epochs=4, verbose=0, shuffle=False, callbacks=[Spoil()])
