import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.distribute.parts import divisible, has_a_part, slices

from tests.distribute import job


def arrays(dataset):
    return [each.tolist() for each in dataset.as_numpy_iterator()]


def test_any_dataset_is_divided_by_hand():
    batches = tf.data.Dataset.range(7).batch(4)
    assert [arrays(slices(batches, (worker, 2), 1)) for worker in range(2)] == [[[0, 1], [4, 5]], [[2, 3], [6]]]
    # Two devices: first those of all workers, then the second ones.
    found = slices(batches, (1, 2), 2)
    assert arrays(found) == [[1], [3], [5], []]
    assert found.cardinality() == 4
    assert slices(batches.repeat(), (0, 2), 1).cardinality() == tf.data.INFINITE_CARDINALITY
    assert slices(batches.filter(lambda _: True), (0, 2), 1).cardinality() == tf.data.UNKNOWN_CARDINALITY


def test_a_pipeline_gives_its_part_and_who_has_a_part_is_left_alone():
    batches = tf.data.Dataset.range(4).batch(2)
    asked = []

    def part(shard, devices):
        asked.append((shard, devices))
        return tf.data.Dataset.from_tensors(tf.constant([8, 9, 10])).repeat(2)

    # The part of a worker is divided among its devices.
    assert arrays(slices(divisible(batches, part), (1, 3), 2)) == [[8, 9], [10]] * 2
    assert asked == [((1, 3), 2)]
    assert arrays(slices(has_a_part(batches), (1, 3), 1)) == [[0, 1], [2, 3]]


@pytest.fixture
def model(two_devices):
    with two_devices.scope():
        built = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(3)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        built.compile("sgd", loss, run_eagerly=True)
    return built


def test_a_fit_begins_with_the_first_epoch(two_devices, model):
    """Keras takes a batch before it to build the model."""
    data = job.data_of("images", count=20, batch_size=8)
    model.fit(data.train, epochs=2, verbose=0, shuffle=False)
    assert int(data.counter.variable) == 2
    for _ in two_devices.experimental_distribute_dataset(data.train):
        pass
    assert int(data.counter.variable) == 3


def test_class_weights_are_divided_with_the_batches(model):
    """Keras maps the dataset, which is another one then, and divided as any dataset."""
    data = job.data_of("images", count=20, batch_size=8)
    before = model.get_weights()
    model.fit(data.train, class_weight={0: 0.0, 1: 0.0, 2: 0.0}, verbose=0, shuffle=False)
    assert int(data.counter.variable) == 1
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))
