"""The contract of every pipeline."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.augment import standard
from kerasdl.data.pipeline import epoch_batches
from kerasdl.data.sources import array_source

from tests.contracts import ALL_PIPELINES, PIPELINES


@pytest.fixture(params=PIPELINES.values(), ids=PIPELINES)
def make(request):
    return request.param


def arrays(dataset):
    return [(images.numpy(), labels.numpy()) for images, labels in dataset]


def equal(left, right):
    return len(left) == len(right) and all(
        np.array_equal(a, b) and np.array_equal(c, d) for (a, c), (b, d) in zip(left, right, strict=True)
    )


@pytest.fixture(params=ALL_PIPELINES.values(), ids=ALL_PIPELINES)
def make_any(request):
    return request.param


def leaves(dataset):
    """Every array of an epoch: inputs, targets and weights, batch after batch; NaN is padding."""
    return [leaf.numpy() for batch in dataset for leaf in tf.nest.flatten(batch)]


def same(left, right):
    return len(left) == len(right) and all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(left, right, strict=True)
    )


def test_the_same_seed_gives_the_same_bits(make_any):
    one, two = make_any(), make_any()
    assert same(leaves(one.train), leaves(two.train))
    assert same(leaves(one.train), leaves(two.train))
    assert not same(leaves(one.train), leaves(make_any(seed=1).train))


def test_every_iteration_is_another_epoch(make_any):
    def targets():
        return np.concatenate([batch[1].numpy() for batch in data.train])

    data = make_any()
    first, second = targets(), targets()
    assert not np.array_equal(first, second)
    assert np.array_equal(np.sort(first, axis=0), np.sort(second, axis=0))


def test_lengths_are_known_and_validation_is_pure(make_any):
    data = make_any()
    assert data.train.cardinality() == len(list(data.train)) > 1
    assert data.valid.cardinality() == len(list(data.valid)) >= 1
    assert same(leaves(data.valid), leaves(data.valid))
    for dataset in (data.train, data.valid):
        floats = {leaf.dtype.name for batch in dataset for leaf in tf.nest.flatten(batch) if leaf.dtype.is_floating}
        assert floats == {"float32"} or floats == set()


def test_length_is_known_and_the_last_batch_is_kept(make):
    data = make()
    for dataset, names in ((data.train, data.train_names), (data.valid, data.valid_names)):
        batches = arrays(dataset)
        assert len(batches) == dataset.cardinality() == -(-len(names) // 8)
        assert sum(len(labels) for _, labels in batches) == len(names)
        assert all(images.dtype == np.float32 and images.shape[1:] == data.shape for images, _ in batches)


def test_validation_is_pure_and_in_order(make):
    data = make()
    assert equal(arrays(data.valid), arrays(data.valid))
    pictures = np.random.default_rng(0).integers(0, 256, (53, 9, 7, 3), dtype=np.uint8)
    expected = np.stack([pictures[int(name[6:-1])] for name in data.valid_names])
    assert np.array_equal(np.concatenate([images for images, _ in arrays(data.valid)]), expected)


def test_training_and_validation_are_apart_and_complete(make):
    data = make()
    assert sorted([*data.train_names, *data.valid_names]) == sorted(f"image[{index}]" for index in range(53))


def counted(count):
    """Images that tell their index."""
    pictures = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    return array_source(pictures, np.arange(count) % 2, [str(index) for index in range(count)])


@pytest.mark.parametrize("count", [1, 2, 7, 8, 53, 200])
def test_every_sample_is_given_once_an_epoch(count):
    batches = arrays(epoch_batches(counted(count), 3, batch_size=8, seed=5, augmentation=None))
    indices = np.concatenate([images[:, 0, 0, 0] for images, _ in batches]).astype(int)
    assert sorted(indices) == list(range(count))
    assert (np.concatenate([labels for _, labels in batches]) == indices % 2).all()


def test_no_sample_is_left_alone_in_training():
    for count, sizes in ((17, [8, 9]), (18, [8, 8, 2]), (1, [1]), (9, [9])):
        batches = arrays(epoch_batches(counted(count), 0, batch_size=8, seed=5, augmentation=None))
        assert [len(labels) for _, labels in batches] == sizes


def test_an_epoch_is_a_function_of_seed_and_epoch_and_of_any_step():
    options = {"batch_size": 8, "seed": 5, "augmentation": standard()}
    whole = arrays(epoch_batches(counted(53), 3, **options))
    assert equal(whole[4:], arrays(epoch_batches(counted(53), 3, **options).skip(4)))
    assert not equal(whole, arrays(epoch_batches(counted(53), 4, **options)))


def test_neighbours_in_the_order_are_not_correlated():
    def order(epoch):
        batches = epoch_batches(counted(200), epoch, batch_size=50, seed=0, augmentation=None)
        return np.concatenate([images[:, 0, 0, 0] for images, _ in batches])

    correlations = [np.corrcoef(order(epoch)[:-1], order(epoch)[1:])[0, 1] for epoch in range(40)]
    # 199 pairs have a deviation of 0.071, the mean of 40 epochs one of 0.011.
    assert abs(np.mean(correlations)) < 0.035
    assert np.std(correlations) < 0.11


def test_parallelism_does_not_matter():
    data = PIPELINES["augmented"]()
    one_thread = tf.data.Options()
    one_thread.threading.private_threadpool_size = 1
    again = PIPELINES["augmented"]()
    assert equal(arrays(data.train), arrays(again.train.with_options(one_thread)))


def small():
    model = keras.Sequential([keras.Input((9, 7, 3)), keras.layers.Flatten(), keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_it_trains_over_two_devices(make, two_devices):
    data = make()
    with two_devices.scope():
        model = small()
    history = model.fit(data.train, validation_data=data.valid, epochs=2, verbose=0, shuffle=False).history
    assert np.isfinite(history["val_loss"]).all()


def test_batches_prefetched_to_a_device_are_the_same(make, monkeypatch):
    expected = make()
    second = tf.config.list_logical_devices("CPU")[1]
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [second] if kind == "GPU" else [])
    data = make()
    assert next(iter(data.train))[0].device.endswith("CPU:1")
    assert data.train.cardinality() == expected.train.cardinality()
    next(iter(expected.train))
    assert equal(arrays(data.train), arrays(expected.train))
    assert equal(arrays(data.valid), arrays(expected.valid))
    small().fit(data.train, validation_data=data.valid, epochs=2, verbose=0, shuffle=False)
