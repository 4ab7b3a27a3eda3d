import time

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.images.augment import geometry
from kerasdl.data.images.resampling import project, resample
from scipy import ndimage

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 12, 2), dtype=np.uint8)


def sampled(image, matrix, size):
    return resample(tf.constant(image[None]), tf.constant(matrix[None], tf.float32), size)[0].numpy()


@settings(max_examples=20)
@given(height=st.integers(1, 12), width=st.integers(1, 12))
def test_the_identity_is_exact(height, width):
    image = PIXELS[:height, :width]
    assert (sampled(image, np.eye(3), (height, width)) == image).all()


def test_the_identity_gives_the_largest_centered_window():
    image = np.tile(np.arange(12, dtype=np.uint8)[None, :, None], (4, 1, 1))
    assert sampled(image, np.eye(3), (4, 4))[..., 0].tolist() == [[4, 5, 6, 7]] * 4
    assert sampled(image.astype("float32"), np.eye(3), (2, 2))[..., 0].tolist() == [[4.5, 6.5]] * 2
    # Reflected beyond the border of the image, not that of the window.
    shifted = geometry.translation(tf.constant([6.0]), tf.constant([0.0]))[0].numpy()
    assert sampled(image, shifted, (4, 4))[..., 0].tolist() == [[1, 0, 0, 1]] * 4


def test_a_projection_of_pixels_is_from_the_upper_left_corner():
    image = PIXELS[None]
    assert np.array_equal(project(image, [[1.0, 0, 0, 0, 1, 0, 0, 0]], (4, 5)), image[:, :4, :5])
    assert np.array_equal(project(image, [[1.0, 0, 2, 0, 1, 1, 0, 0]], (4, 5)), image[:, 1:5, 2:7])


def by_scipy(image, row, size):
    """Bilinear samples of a projection, reflected beyond the border."""
    y, x = np.mgrid[: size[0], : size[1]].astype(float)
    depth = row[6] * x + row[7] * y + 1
    points = [(row[3] * x + row[4] * y + row[5]) / depth, (row[0] * x + row[1] * y + row[2]) / depth]
    planes = [ndimage.map_coordinates(plane, points, order=1, mode="reflect") for plane in np.moveaxis(image, -1, 0)]
    return np.stack(planes, axis=-1)


TURN = [0.9, 0.3, -2.3, -0.35, 1.1, 1.7, 0.004, -0.003]


@pytest.mark.parametrize("channels", range(1, 6))
def test_a_projection_equals_scipy_for_any_number_of_channels(channels):
    image = np.random.default_rng(1).integers(0, 256, (40, 50, channels)).astype("float32")
    expected = by_scipy(image.astype(float), TURN, (30, 44))
    assert np.abs(project(image[None], [TURN], (30, 44))[0] - expected).max() < 0.01
    rounded = project(image[None].astype(np.uint8), [TURN], (30, 44))
    assert rounded.dtype == tf.uint8
    assert np.abs(rounded[0].numpy() - expected).max() < 0.51


def test_other_integers_are_sampled_as_float32():
    found = project(PIXELS[None].astype(np.int32), [TURN], (9, 9))
    assert np.array_equal(found, project(PIXELS[None].astype(np.float32), [TURN], (9, 9)))


@pytest.mark.parametrize("channels", [1, 3])
def test_points_far_beyond_the_border_are_reflected_at_once(channels):
    image = np.random.default_rng(1).integers(0, 256, (40, 50, channels), dtype=np.uint8)
    started = time.process_time()
    # 1e9 is a multiple of twice the width, 80,000,007 is 7 more than a multiple of twice the height.
    far = project(image[None], np.array([[1, 0, 1e9, 0, 1, 80_000_007, 0, 0]]), (20, 20))[0]
    assert np.array_equal(far, image[7:27, :20])
    assert time.process_time() - started < 2


def test_across_the_horizon_images_equal_scipy():
    """The depth of column 10 is 0.05; that of column 12 is negative."""
    row = [1.0, 0.2, 3, 0.1, 1, 2, -0.095, 0]
    image = np.random.default_rng(1).integers(0, 256, (40, 50, 3)).astype("float32")
    found = project(image[None], [row], (20, 20))[0].numpy()
    assert np.abs(found - by_scipy(image.astype(float), row, (20, 20))).max() < 0.3
    # At the horizon itself there is nothing to see; the upper left pixel stands there.
    found = project(image[None], [[1.0, 0, 0, 0, 1, 0, -0.125, 0]], (2, 9))[0]
    assert np.array_equal(found[:, 8], image[[0, 0], [0, 0]])


def test_sides_of_more_than_16_bits_and_single_pixels():
    wide = np.random.default_rng(1).integers(0, 256, (1, 2, 40_000, 3), dtype=np.uint8)
    assert np.array_equal(project(wide, [[1.0, 0, 39_000, 0, 1, 0, 0, 0]], (2, 900)), wide[:, :, 39_000:39_900])
    one = wide[:, :1, :1]
    assert np.array_equal(project(one, [TURN], (3, 4)), np.broadcast_to(one, (1, 3, 4, 3)))


def test_one_projection_serves_all_images():
    both = np.stack([PIXELS, PIXELS[::-1]])
    assert np.array_equal(project(both, [TURN], (9, 9)), project(both, [TURN, TURN], (9, 9)))


def test_no_images_give_no_images():
    assert project(PIXELS[None][:0], np.zeros((0, 8)), (4, 5)).shape == (0, 4, 5, 2)


def test_a_dataset_of_projections_gives_the_same_bits_at_any_parallelism():
    images = np.random.default_rng(1).integers(0, 256, (32, 24, 31, 3), dtype=np.uint8)
    rows = np.float64(TURN) + np.random.default_rng(2).normal(0, 0.001, (32, 8))

    def made(parallel):
        data = tf.data.Dataset.from_tensor_slices((images, rows)).batch(4)
        return np.concatenate([*data.map(lambda x, y: project(x, y, (16, 16)), num_parallel_calls=parallel)])

    assert np.array_equal(made(1), made(4))
    assert np.array_equal(made(1), project(images, rows, (16, 16)))
