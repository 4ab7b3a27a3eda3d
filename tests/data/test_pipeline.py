"""Epochs of samples that show their index."""

from dataclasses import replace
from importlib import import_module
from itertools import chain

import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.images.augment import Augmentation, MixUp, standard
from kerasdl.data.images.changes import ImageChanges
from kerasdl.data.images.pictures import Pictures
from kerasdl.data.images.stores import ArrayStore
from kerasdl.data.pipeline import Changes, Plan, epoch_batches, training, validation
from kerasdl.data.source import array_source


def numbers(count):
    """Samples that are their own index."""
    return array_source(np.arange(count), np.arange(count) % 2, [str(index) for index in range(count)])


def images(count):
    """Images whose pixels are their own index."""
    values = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    names = [str(index) for index in range(count)]
    return Pictures(names, np.arange(count) % 2, ArrayStore(values), np.arange(count)).source((2, 2))


def arrays(dataset):
    return [tuple(each.numpy() for each in batch) for batch in dataset]


def equal(left, right):
    return len(left) == len(right) and all(
        np.array_equal(a, b) for one, other in zip(left, right, strict=True) for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("count", [1, 2, 7, 8, 53, 200])
def test_every_sample_is_given_once_per_epoch(count):
    batches = arrays(epoch_batches(numbers(count), 3, Plan(batch_size=8, seed=5)))
    indices = np.concatenate([inputs for inputs, _ in batches])
    assert sorted(indices) == list(range(count))
    assert (np.concatenate([labels for _, labels in batches]) == indices % 2).all()


def test_no_sample_is_alone_in_a_training_batch():
    for count, sizes in ((17, [8, 9]), (18, [8, 8, 2]), (1, [1]), (9, [9])):
        batches = arrays(epoch_batches(numbers(count), 0, Plan(batch_size=8, seed=5)))
        assert [len(labels) for _, labels in batches] == sizes


@pytest.mark.parametrize("start", [1, 4, 6])
def test_an_epoch_is_a_function_of_seed_and_epoch_and_can_begin_at_any_step(start):
    plan = Plan(batch_size=8, seed=5, changes=ImageChanges(standard(), MixUp(), classes=2))
    whole = arrays(epoch_batches(images(53), 3, plan))
    assert equal(whole[start:], arrays(epoch_batches(images(53), 3, plan, start=start)))
    if start == 1:
        assert not equal(whole, arrays(epoch_batches(images(53), 4, plan)))


def test_an_epoch_has_no_other_steps():
    with pytest.raises(ValueError, match="An epoch has 7 steps. Received: start=8"):
        epoch_batches(numbers(53), 0, Plan(batch_size=8, seed=0), start=8)


@pytest.mark.parametrize(("count", "workers"), [(53, 2), (53, 3), (17, 2), (35, 4), (10, 9)])
def test_workers_have_slices_of_every_batch(count, workers):
    plan = Plan(batch_size=8, seed=5)
    parts = [
        arrays(epoch_batches(numbers(count), 3, replace(plan, shard=(worker, workers)))) for worker in range(workers)
    ]
    whole = arrays(epoch_batches(numbers(count), 3, plan))
    for batch, *slices in zip(whole, *parts, strict=True):
        assert equal([batch], [[np.concatenate(leaves) for leaves in zip(*slices, strict=True)]])
        sizes = [len(labels) for _, labels in slices]
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[0] - sizes[-1] <= 1
    # The same, asked of the datasets that a strategy divides.
    divided = training(numbers(count), plan)
    expected = epoch_batches(numbers(count), 0, replace(plan, shard=(1, workers)))
    assert equal(arrays(divided._part_of_worker((1, workers), 1)), arrays(expected))
    valid = validation(numbers(count), batch_size=8)
    parts = [arrays(valid._part_of_worker((worker, workers), 1)) for worker in range(workers)]
    inputs = [np.concatenate([inputs for inputs, _ in slices]) for slices in zip(*parts, strict=True)]
    assert [each.tolist() for each in inputs] == [each.tolist() for each, _ in arrays(valid)]


@pytest.mark.parametrize(("count", "workers"), [(1, 1), (8, 1), (17, 1), (53, 1), (17, 2), (53, 3)])
def test_batches_of_one_length_keep_every_promise(count, workers):
    lengths = np.arange(count) * 7 % 5
    plans = [Plan(batch_size=8, seed=5, lengths=lengths, shard=(index, workers)) for index in range(workers)]
    parts = [arrays(epoch_batches(numbers(count), 3, plan)) for plan in plans]
    assert len({len(part) for part in parts}) == 1
    shares = [[len(labels) for _, labels in part] for part in parts]
    plain = [replace(plan, lengths=None) for plan in plans]
    assert shares == [[len(labels) for _, labels in epoch_batches(numbers(count), 3, plan)] for plan in plain]
    steps = [np.concatenate([inputs for inputs, _ in step]) for step in zip(*parts, strict=True)]
    assert sorted(np.concatenate(steps)) == list(range(count))
    # They are of one pool: the batches follow each other in length but for their order.
    assert list(chain.from_iterable(sorted(sorted(lengths[step]) for step in steps))) == sorted(lengths)
    start = len(parts[0]) // 2
    for part, plan in zip(parts, plans, strict=True):
        assert equal(part[start:], arrays(epoch_batches(numbers(count), 3, plan, start=start)))


def test_batches_of_one_length_hold_samples_by_their_weights():
    weights, lengths = np.arange(40) % 2, np.arange(40) // 10
    plan = Plan(batch_size=10, seed=5, weights=weights, lengths=lengths)
    batches = [inputs for inputs, _ in arrays(epoch_batches(numbers(40), 0, plan))]
    assert np.bincount(np.concatenate(batches), minlength=40).tolist() == [0, 2] * 20
    assert sorted(np.unique(lengths[batch]).tolist() for batch in batches) == [[0], [1], [2], [3]]


def test_samples_come_as_often_as_their_weights_say():
    weights = np.arange(20) % 4  # mean 1.5: those of weight 3 twice an epoch, of 1 in two epochs of three
    dataset = training(numbers(20), Plan(batch_size=20, seed=5, weights=weights))
    epochs = [np.bincount(inputs, minlength=20) for inputs, _ in arrays(dataset.repeat(30))]  # of one batch each
    assert len(epochs) == 30
    assert all(count.sum() == 20 for count in epochs)
    for weight, counts in ((0, {0}), (1, {0, 1}), (2, {1, 2}), (3, {2})):
        assert {int(count) for epoch in epochs for count in epoch[weights == weight]} == counts
    np.testing.assert_allclose(np.mean(epochs, axis=0), weights / 1.5, atol=0.25)


def test_a_sample_drawn_twice_is_augmented_twice():
    values = np.full((8, 2, 2, 1), 100, np.uint8)
    source = Pictures(list("abcdefgh"), np.arange(8) % 2, ArrayStore(values), np.arange(8)).source((2, 2))
    changes = ImageChanges(Augmentation(brightness=0.9))
    plan = Plan(batch_size=8, seed=5, weights=np.eye(1, 8)[0], changes=changes)
    shades = epoch_batches(source, 0, plan).get_single_element()[0].numpy()
    assert len(np.unique(shades[:, 0, 0, 0])) == 8


def test_training_draws_loads_and_mixes_by_the_plan():
    class Recorded(Changes):
        def draw(self, count, seed):
            return tf.range(count, dtype=tf.float32) + tf.cast(seed[1] * 100, tf.float32)

        def load(self, source, indices, draws):
            return tf.stack([tf.cast(source.load(indices), tf.float32), draws], axis=1)

        def mix(self, inputs, labels, seed):
            return inputs, labels + seed[2] * 10

    (inputs, labels), *_ = arrays(epoch_batches(numbers(6), 2, Plan(batch_size=3, seed=1, changes=Recorded()), start=1))
    assert (inputs[:, 1] == 200 + inputs[:, 0]).all()  # in epoch 2, each sample has the draw of its place
    assert (labels // 10 == 1).all()
    assert ((labels % 10) == inputs[:, 0] % 2).all()


@pytest.mark.parametrize(("batch_size", "shard"), [(0, (0, 1)), (1, (0, 0)), (1, (2, 2))])
def test_plans_that_cannot_be(batch_size, shard):
    with pytest.raises(ValueError, match="At least one sample per batch, and workers count from 0"):
        Plan(batch_size=batch_size, seed=0, shard=shard)


def test_eager_equals_graph(monkeypatch):
    plan = Plan(batch_size=8, seed=5, changes=ImageChanges(standard(flip=True), MixUp(), classes=2))
    graph = arrays(epoch_batches(images(20), 1, plan))
    # What tf.data.experimental.enable_debug_mode sets, for which there is no public way back.
    monkeypatch.setattr(import_module("tensorflow.python.data.ops.debug_mode"), "DEBUG_MODE", True)
    eager = arrays(epoch_batches(images(20), 1, plan))
    for (left, labels), (right, again) in zip(graph, eager, strict=True):
        np.testing.assert_allclose(left, right, atol=0.02)
        np.testing.assert_allclose(labels, again, atol=1e-6)
