"""The contract of every pipeline."""

from dataclasses import replace
from importlib import import_module

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.images.augment import Augmentation, MixUp, standard
from kerasdl.data.images.changes import ImageChanges
from kerasdl.data.images.pictures import Pictures
from kerasdl.data.images.stores import ArrayStore
from kerasdl.data.pipeline import Plan, epoch_batches

from tests.contracts import ALL_PIPELINES, IMAGE_PIPELINES, PIPELINES


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


@pytest.mark.parametrize("name", ALL_PIPELINES)
def test_every_iteration_is_another_epoch(name):
    def targets():
        return np.concatenate([batch[1].numpy() for batch in data.train])

    data = ALL_PIPELINES[name]()
    first, second = targets(), targets()
    assert not np.array_equal(first, second)
    # Labels are mixed, or samples drawn anew, in some.
    if name not in {"mixed", "cut and mixed", "balanced"}:
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
    values = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    names = [str(index) for index in range(count)]
    return Pictures(names, np.arange(count) % 2, ArrayStore(values), np.arange(count)).source((2, 2))


def indices_of(batches):
    return np.concatenate([images[:, 0, 0, 0] for images, *_ in batches]).astype(int)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 53, 200])
def test_every_sample_is_given_once_an_epoch(count):
    batches = arrays(epoch_batches(counted(count), 3, Plan(batch_size=8, seed=5)))
    indices = indices_of(batches)
    assert sorted(indices) == list(range(count))
    assert (np.concatenate([labels for _, labels in batches]) == indices % 2).all()


def test_no_sample_is_left_alone_in_training():
    for count, sizes in ((17, [8, 9]), (18, [8, 8, 2]), (1, [1]), (9, [9])):
        batches = arrays(epoch_batches(counted(count), 0, Plan(batch_size=8, seed=5)))
        assert [len(labels) for _, labels in batches] == sizes


@pytest.mark.parametrize("start", [1, 4, 6])
def test_an_epoch_is_a_function_of_seed_and_epoch_and_of_any_step(start):
    plan = Plan(batch_size=8, seed=5, changes=ImageChanges(standard(), MixUp(), classes=2))
    whole = arrays(epoch_batches(counted(53), 3, plan))
    assert equal(whole[start:], arrays(epoch_batches(counted(53), 3, plan, start=start)))
    assert not equal(whole, arrays(epoch_batches(counted(53), 4, plan)))


@pytest.mark.parametrize(("count", "workers"), [(53, 2), (53, 3), (17, 2), (33, 4), (9, 8)])
def test_workers_share_an_epoch_without_repeats_in_as_many_steps(count, workers):
    plans = [Plan(batch_size=8, seed=5, shard=(index, workers)) for index in range(workers)]
    parts = [arrays(epoch_batches(counted(count), 3, plan)) for plan in plans]
    assert sorted(index for part in parts for index in indices_of(part)) == list(range(count))
    assert len({len(part) for part in parts}) == 1


def test_a_worker_that_is_not_there():
    with pytest.raises(ValueError, match="Workers count from 0. Received: worker 2 of 2"):
        epoch_batches(counted(9), 0, Plan(batch_size=8, seed=0, shard=(2, 2)))


def test_samples_come_as_often_as_their_weights_say():
    weights = np.arange(20) % 4  # mean 1.5: those of weight 3 twice an epoch, of 1 in two epochs of three
    plan = Plan(batch_size=8, seed=5, weights=weights)
    epochs = [
        np.bincount(indices_of(arrays(epoch_batches(counted(20), epoch, plan))), minlength=20) for epoch in range(30)
    ]
    assert all(count.sum() == 20 for count in epochs)
    for weight, counts in ((0, {0}), (1, {0, 1}), (2, {1, 2}), (3, {2})):
        assert {int(count) for epoch in epochs for count in epoch[weights == weight]} == counts
    np.testing.assert_allclose(np.mean(epochs, axis=0), weights / 1.5, atol=0.25)


def test_a_sample_drawn_twice_is_augmented_twice():
    weights = np.eye(1, 8)[0]
    plan = Plan(batch_size=8, seed=5, weights=weights, changes=ImageChanges(Augmentation(brightness=0.9)))
    pictures = epoch_batches(_shades(), 0, plan).get_single_element()[0].numpy()
    assert len(np.unique(pictures[:, 0, 0, 0])) == 8


def _shades():
    values = np.full((8, 2, 2, 1), 100, np.uint8)
    return Pictures(list("abcdefgh"), np.arange(8) % 2, ArrayStore(values), np.arange(8)).source((2, 2))


def test_neighbours_in_the_order_are_not_correlated():
    def order(epoch):
        batches = epoch_batches(counted(200), epoch, Plan(batch_size=50, seed=0))
        return np.concatenate([images[:, 0, 0, 0] for images, _ in batches])

    correlations = [np.corrcoef(order(epoch)[:-1], order(epoch)[1:])[0, 1] for epoch in range(25)]
    # 199 pairs have a deviation of 0.071, the mean of 25 epochs one of 0.014.
    assert abs(np.mean(correlations)) < 0.045
    assert np.std(correlations) < 0.11


@pytest.mark.parametrize("name", IMAGE_PIPELINES)
def test_parallelism_does_not_matter(name):
    data, again = IMAGE_PIPELINES[name](), IMAGE_PIPELINES[name]()
    one_thread = tf.data.Options()
    one_thread.threading.private_threadpool_size = 1
    one_thread.threading.max_intra_op_parallelism = 1
    assert equal(arrays(data.train), arrays(again.train.with_options(one_thread)))


@pytest.mark.parametrize("name", ["augmented", "mixed", "cut and mixed", "files"])
def test_eager_equals_graph(name, monkeypatch):
    data = IMAGE_PIPELINES[name]()
    graph = arrays(data.epoch(1))
    # What tf.data.experimental.enable_debug_mode sets, which nothing public takes back.
    monkeypatch.setattr(import_module("tensorflow.python.data.ops.debug_mode"), "DEBUG_MODE", True)
    eager = arrays(data.epoch(1))
    for (left, labels), (right, again) in zip(graph, eager, strict=True):
        np.testing.assert_allclose(left, right, atol=0.02)
        np.testing.assert_allclose(labels, again, atol=1e-6)


@pytest.mark.parametrize("name", ["mixed", "balanced", "files"])
def test_an_epoch_can_begin_at_any_step_and_be_shared(name):
    data = IMAGE_PIPELINES[name]()
    list(data.train)
    second = arrays(data.train)
    assert equal(second, arrays(data.epoch(1)))
    assert equal(second[3:], arrays(data.epoch(1, start=3)))
    parts = [replace(data, shard=(index, 2)).epoch(1) for index in range(2)]
    assert sum(len(labels) for part in parts for _, labels in arrays(part)) == len(data.train_names)


def small(data):
    outputs = len(data.classes or data.numbers)
    model = keras.Sequential([keras.Input((9, 7, 3)), keras.layers.Flatten(), keras.layers.Dense(outputs)])
    model.compile(keras.optimizers.SGD(1e-9), data.loss)
    return model


@pytest.mark.parametrize("name", ["augmented", "mixed"])
def test_it_trains_over_two_devices(name, two_devices):
    data = IMAGE_PIPELINES[name]()
    with two_devices.scope():
        model = small(data)
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
    small(data).fit(data.train, validation_data=data.valid, epochs=2, verbose=0, shuffle=False)
