import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.images.augment import geometry
from kerasdl.data.images.resampling import project, resample

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
    assert sampled(image, np.eye(3), (2, 2))[..., 0].tolist() == [[4.5, 6.5]] * 2
    # Reflected beyond the border of the image, not that of the window.
    shifted = geometry.translation(tf.constant([6.0]), tf.constant([0.0]))[0].numpy()
    assert sampled(image, shifted, (4, 4))[..., 0].tolist() == [[1, 0, 0, 1]] * 4


def test_a_projection_of_pixels_is_from_the_upper_left_corner():
    image = PIXELS[None]
    assert np.array_equal(project(image, [[1.0, 0, 0, 0, 1, 0, 0, 0]], (4, 5)), image[:, :4, :5])
    assert np.array_equal(project(image, [[1.0, 0, 2, 0, 1, 1, 0, 0]], (4, 5)), image[:, 1:5, 2:7])
