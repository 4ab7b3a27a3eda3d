import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data.images.augment.augmentation import Augmentation
from kerasdl.data.images.augment.mixing import MixUp
from kerasdl.data.images.changes import ImageChanges
from kerasdl.data.images.pictures import Pictures
from kerasdl.data.images.stores import ArrayStore

from tests.data.images.pictures import PIXELS

SOURCE = Pictures(list("abcd"), np.arange(4), ArrayStore(PIXELS), np.arange(4)).source((30, 47))
INDICES = tf.constant([2, 0], tf.int64)
SEED = tf.constant([1, 2, 3], tf.int64)
ROTATION = ImageChanges(Augmentation(rotate=20, brightness=0.3))


def test_without_augmentation_nothing_is_drawn_and_images_are_unchanged():
    plain = ImageChanges()
    assert plain.draw(5, (1, 2)) is None
    assert np.array_equal(plain.load(SOURCE, INDICES, None), PIXELS[[2, 0]])


def test_augmentation_without_draws_leaves_images_unchanged():
    assert np.array_equal(ROTATION.load(SOURCE, INDICES, None), PIXELS[[2, 0]])


def test_without_mixing_a_batch_is_unchanged():
    inputs, labels = tf.cast(PIXELS, tf.float32), tf.range(4)
    mixed, same = ImageChanges(classes=4).mix(inputs, labels, SEED)
    assert mixed is inputs
    assert same is labels


def test_draws_have_one_row_per_place_and_depend_on_the_seed():
    draws = ROTATION.draw(5, (1, 2))
    assert draws.shape == (5, Augmentation.num_draws)
    assert np.array_equal(draws, ROTATION.draw(5, (1, 2)))
    assert not np.array_equal(draws, ROTATION.draw(5, (1, 3)))


def test_an_image_is_a_pure_function_of_its_index_and_draws():
    draws = ROTATION.draw(2, (1, 2))
    first = ROTATION.load(SOURCE, INDICES, draws)
    assert (first.dtype, first.shape) == (tf.float32, (2, 30, 47, 3))
    assert np.array_equal(first, ROTATION.load(SOURCE, INDICES, draws))
    assert np.array_equal(ROTATION.load(SOURCE, INDICES[::-1], draws[::-1]), first[::-1])
    assert not np.array_equal(first, PIXELS[[2, 0]])


def test_mixing_is_a_pure_function_of_the_batch_and_the_seed():
    inputs, labels = tf.cast(PIXELS, tf.float32), tf.range(4)
    changes = ImageChanges(mixing=MixUp(), classes=4)
    images, shares = changes.mix(inputs, labels, SEED)
    expected = MixUp().mix(inputs, labels, SEED, classes=4)
    assert np.array_equal(images, expected[0])
    assert np.array_equal(shares, expected[1])
    assert np.asarray(shares).sum(axis=1) == pytest.approx(1)
    assert not np.array_equal(shares, changes.mix(inputs, labels, SEED + 1)[1])
