import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data import augment
from kerasdl.data.augment import Augmentation
from scipy import ndimage


def pictures(count=3, height=12, width=17, channels=2):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, channels), dtype=np.uint8)


def uniform(count, seed=0):
    return np.random.default_rng(seed).random((count, Augmentation.draws)).astype("float32")


def reference(image, matrix):
    """Bilinear sampling at matrix @ (x, y) about the centre, reflected beyond the border, by SciPy."""
    height, width, _ = image.shape
    y, x = np.mgrid[:height, :width].astype(float)
    down, right = (height - 1) / 2, (width - 1) / 2
    points = np.stack([x - right, y - down, np.ones_like(x)])
    sx, sy, _ = np.tensordot(matrix, points, 1)
    return np.stack(
        [
            ndimage.map_coordinates(plane, [sy + down, sx + right], order=1, mode="reflect")
            for plane in np.moveaxis(image, -1, 0)
        ],
        axis=-1,
    )


@settings(max_examples=30, deadline=None)
@given(
    angle=st.floats(-180, 180),
    factor=st.floats(0.6, 1.8),
    right=st.floats(-6, 6),
    down=st.floats(-6, 6),
    mirrored=st.booleans(),
    height=st.integers(2, 14),
    width=st.integers(2, 14),
)
def test_composed_geometry_equals_scipy(angle, factor, right, down, mirrored, height, width):
    image = pictures(1, height, width)[0].astype("float32")
    parts = [
        augment.reflection(tf.constant([mirrored])),
        augment.rotation(tf.constant([angle], tf.float32)),
        augment.scaling(tf.constant([factor], tf.float32)),
        augment.translation(tf.constant([right], tf.float32), tf.constant([down], tf.float32)),
    ]
    matrix = (parts[0] @ parts[1] @ parts[2] @ parts[3])[0].numpy().astype(float)
    sampled = augment.resample(tf.constant(image[None]), tf.constant(matrix[None], tf.float32))[0]
    # Where a point falls within float32's error of a pixel's border either neighbour may be taken.
    assert np.quantile(np.abs(sampled.numpy() - reference(image, matrix)), 0.9) < 0.2


def test_geometry_by_hand():
    image = np.zeros((1, 5, 5, 1), "float32")
    image[0, 0, 2] = 1  # at the top, in the middle

    def at(matrix):
        return np.argwhere(augment.resample(tf.constant(image), matrix)[0, :, :, 0].numpy() > 0.9).tolist()

    one = tf.ones(1)
    assert at(augment.rotation(90 * one)) == [[2, 4]]
    assert at(augment.translation(one, -one)) == []
    assert at(augment.translation(-2 * one, 0 * one)) == [[0, 0]]
    assert at(augment.translation(one, 2 * one)) == [[1, 3], [2, 3]]  # and its reflection in the border
    assert at(augment.scaling(0.5 * one))[-1] == [1, 2]


def test_flips_are_exact():
    images = pictures()
    flipped = augment.resample(tf.cast(images, tf.float32), augment.reflection(tf.constant([True, False, True])))
    assert (flipped.numpy() == np.stack([images[0, :, ::-1], images[1], images[2, :, ::-1]])).all()


def test_no_strength_changes_no_bit():
    images = pictures()
    assert (Augmentation()(tf.constant(images), uniform(3)).numpy() == images).all()


def test_what_happens_to_a_sample_does_not_depend_on_its_batch():
    images, draws = pictures(5), uniform(5)
    augmentation = augment.standard(flip=True)
    whole = augmentation(tf.constant(images), draws).numpy()
    alone = augmentation(tf.constant(images[3:4]), draws[3:4]).numpy()
    assert (whole[3:4] == alone).all()
    assert not (whole[3] == images[3]).all()


def test_eager_equals_graph():
    images, draws = tf.constant(pictures()), tf.constant(uniform(3))
    augmentation = augment.standard(flip=True)
    graph = tf.function(augmentation.__call__)(images, draws)
    np.testing.assert_allclose(augmentation(images, draws), graph, atol=1e-3)


@settings(max_examples=30, deadline=None)
@given(brightness=st.floats(-3, 3), contrast=st.floats(0.3, 3))
def test_lighting_keeps_order_and_range(brightness, contrast):
    table = augment.lighting_table(tf.constant([brightness], tf.float32), tf.constant([contrast], tf.float32))[0]
    assert (np.diff(table) >= -1e-3).all()
    assert 0 <= table[0] <= table[-1] <= 255


def test_lighting_by_hand():
    table = augment.lighting_table(tf.constant([1.0]), tf.constant([2.0]))[0]
    share = 100 / 255
    logit = 2 * np.log(share / (1 - share)) + 1
    assert float(table[100]) == pytest.approx(255 / (1 + np.exp(-logit)), abs=1e-3)


@pytest.mark.parametrize("half", [0.49, 0.51])
def test_half_of_the_images_are_flipped(half):
    image = pictures(1)
    draws = np.full((1, Augmentation.draws), half, "float32")
    flipped = Augmentation(flip=True)(tf.constant(image), draws).numpy()
    assert (flipped == (image[:, :, ::-1] if half < 0.5 else image)).all()


@pytest.mark.parametrize("arguments", [{"rotate": -1}, {"crop": 1.0}, {"brightness": -0.1}])
def test_strengths_out_of_range(arguments):
    with pytest.raises(ValueError, match="Received: "):
        Augmentation(**arguments)
