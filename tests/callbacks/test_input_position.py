import numpy as np
import pytest
import tensorflow as tf
from kerasdl.callbacks.input_position import _DIFFERS, _operations

from tests.contracts import _arrays, batches


def differs(dataset):
    return any(map(_DIFFERS.search, _operations(dataset)))


def of_keras(shuffle):
    """The dataset that Keras makes of arrays."""
    from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

    return ArrayDataAdapter(np.zeros((9, 2)), np.zeros(9), batch_size=4, shuffle=shuffle).get_tf_dataset()


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        (lambda: batches(), False),
        (lambda: batches().map(lambda x, y: (x + tf.random.stateless_normal([6], [1, 2]), y)).prefetch(2), False),
        (lambda: batches().map(lambda x, y: (x + tf.random.normal([6]), y)), True),
        (lambda: batches().shuffle(9), True),
        (lambda: tf.data.Dataset.from_generator(lambda: iter([1]), tf.int32), True),
        (lambda: tf.data.Dataset.range(2).flat_map(lambda _: batches().shuffle(9)), True),
        (lambda: of_keras(shuffle=False), False),
        (lambda: of_keras(shuffle=True), True),
        (lambda: _arrays(augment=None).train, True),  # the next iteration is another epoch
        (lambda: _arrays(augment=None).valid, False),
    ],
    ids=[
        "arrays",
        "stateless",
        "random",
        "shuffled",
        "generator",
        "inner",
        "keras",
        "keras shuffled",
        "epochs",
        "valid",
    ],
)
def test_what_gives_the_same_batches_again(dataset, expected):
    assert differs(dataset()) is expected
