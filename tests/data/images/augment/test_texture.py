import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.images.augment import texture
from scipy import ndimage

SEEDS = tf.constant([[1, 2], [3, 4], [5, 6]])


def batch(count=3, height=40, width=30):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3)).astype("float32")


def numbers(*values):
    return tf.constant(values, tf.float32)


@settings(max_examples=20)
@given(sigma=st.floats(0.1, 2.5), height=st.integers(8, 12), width=st.integers(8, 12))
def test_blur_equals_scipy(sigma, height, width):
    images = batch(1, height, width)
    expected = ndimage.gaussian_filter(images, (0, sigma, sigma, 0), radius=(0, 8, 8, 0), mode="reflect")
    np.testing.assert_allclose(texture.blur(tf.constant(images), numbers(sigma), radius=8), expected, atol=0.01)


def test_blur_of_an_image_smaller_than_its_radius():
    images = batch(1, 3, 1)
    seen = texture.blur(tf.constant(images), numbers(2.0), radius=6)
    expected = ndimage.gaussian_filter(images, (0, 2, 2, 0), radius=(0, 6, 6, 0), mode="reflect")
    np.testing.assert_allclose(seen, expected, atol=0.01)


def test_no_change_is_exact():
    images, none = tf.constant(batch()), tf.zeros(3)
    assert np.array_equal(texture.blur(images, none, radius=3), images)
    assert np.array_equal(texture.add_noise(images, none, SEEDS), images)
    assert np.array_equal(texture.erase(images, none, none, none, none, SEEDS), images)


def test_noise_has_its_standard_deviation_and_is_independent_per_sample():
    grey = tf.fill((3, 64, 64, 3), 127.0)
    noisy = texture.add_noise(grey, numbers(5, 10, 20), SEEDS).numpy() - 127
    np.testing.assert_allclose(noisy.std(axis=(1, 2, 3)), [5, 10, 20], rtol=0.03)
    assert np.abs(noisy.mean(axis=(1, 2, 3))).max() < 0.6
    assert np.array_equal(noisy[1:2], texture.add_noise(grey[1:2], numbers(10), SEEDS[1:2]).numpy() - 127)
    assert abs(np.corrcoef(noisy[0].ravel(), noisy[1].ravel())[0, 1]) < 0.04
    assert abs(np.corrcoef(noisy[0, ..., 0].ravel(), noisy[0, ..., 1].ravel())[0, 1]) < 0.06


def test_noise_stays_in_range():
    noisy = texture.add_noise(tf.constant(batch()), numbers(50, 50, 50), SEEDS).numpy()
    assert (noisy.min(), noisy.max()) == (0, 255)


def test_erasing_by_hand():
    images = tf.fill((1, 40, 30, 3), -1.0)
    erased = texture.erase(images, numbers(0.2), numbers(0.5), numbers(1), numbers(0), SEEDS[:1]).numpy()[0]
    assert (erased[:20, 24:] >= 0).all()
    erased[:20, 24:] = -1
    assert (erased == -1).all()


def test_erased_pixels_are_uniform_noise():
    images, whole = tf.constant(batch(3, 64, 64)), tf.ones(3)
    pixels = texture.erase(images, whole, whole, whole, whole, SEEDS).numpy()
    assert set(np.unique(pixels)) == set(range(256))
    assert pixels.mean() == pytest.approx(127.5, rel=0.01)
    assert pixels.std() == pytest.approx(256 / 12**0.5, rel=0.01)
