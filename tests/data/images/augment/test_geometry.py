import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.images.augment import geometry
from kerasdl.data.images.resampling import resample
from scipy import ndimage


def batch(count=3, height=12, width=17, channels=2):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, channels), dtype=np.uint8)


def one(number):
    return tf.constant([number], tf.float32)


def picture_points(matrix, size, picture):
    """The image point of each output pixel, in image pixels, by hand: x and y, each (height, width)."""
    (height, width), (picture_height, picture_width) = size, picture
    y, x = np.mgrid[:height, :width].astype(float)
    x, y, w = np.tensordot(matrix, np.stack([x - (width - 1) / 2, y - (height - 1) / 2, np.ones_like(x)]), 1)
    scale = min(picture_height / height, picture_width / width)
    return (picture_width - 1) / 2 + scale * x / w, (picture_height - 1) / 2 + scale * y / w


def reference(image, matrix, size):
    """Bilinear sampling, reflected beyond the border, by SciPy."""
    x, y = picture_points(matrix, size, image.shape[:2])
    planes = [ndimage.map_coordinates(plane, [y, x], order=1, mode="reflect") for plane in np.moveaxis(image, -1, 0)]
    return np.stack(planes, axis=-1)


def sampled(image, matrix, size):
    return resample(tf.constant(image[None]), tf.constant(matrix[None], tf.float32), size)[0].numpy()


sides = st.integers(2, 14)


@settings(max_examples=40)
@given(
    angle=st.floats(-180, 180),
    lean=st.floats(-40, 40),
    factor=st.floats(0.6, 1.8),
    shift=st.tuples(st.floats(-6, 6), st.floats(-6, 6)),
    slant=st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)),
    mirrored=st.tuples(st.booleans(), st.booleans()),
    size=st.tuples(sides, sides),
    picture=st.tuples(sides, sides),
)
def test_composed_geometry_equals_scipy(angle, lean, factor, shift, slant, mirrored, size, picture):
    image = batch(1, *picture)[0].astype("float32")
    matrix = geometry.compose(
        geometry.perspective(one(slant[0]), one(slant[1]), size),
        geometry.reflection(*(tf.constant([side]) for side in mirrored)),
        geometry.rotation(one(angle)),
        geometry.shearing(one(lean)),
        geometry.scaling(one(factor), one(shift[1]), one(1.0)),
        geometry.translation(one(shift[0]), one(shift[1])),
    )[0].numpy()
    # Within float32's error of a pixel border, either neighbor may be sampled.
    difference = np.abs(sampled(image, matrix, size) - reference(image, matrix, size))
    assert np.quantile(difference, 0.9) < 0.5


@settings(max_examples=30)
@given(angle=st.floats(-180, 180), factor=st.floats(0.5, 2), right=st.floats(-5, 5), point=st.tuples(sides, sides))
def test_a_composition_applies_transforms_one_after_the_other(angle, factor, right, point):
    parts = [
        geometry.perspective(one(0.2), one(-0.1), (10, 8)),
        geometry.rotation(one(angle)),
        geometry.scaling(one(factor), one(3.0), one(-2.0)),
        geometry.translation(one(right), one(1.0)),
    ]
    moved = np.array([*point, 1.0])
    for part in reversed(parts):
        moved = part[0].numpy().astype(float) @ moved
        moved /= moved[2]
    at_once = geometry.compose(*parts)[0].numpy() @ np.array([*point, 1.0])
    np.testing.assert_allclose(at_once / at_once[2], moved, atol=2e-3, rtol=1e-3)


def test_transforms_by_hand():
    image = np.zeros((1, 5, 5, 1), "float32")
    image[0, 0, 2] = 1  # at the top, in the middle

    def at(matrix):
        return np.argwhere(resample(tf.constant(image), matrix, (5, 5))[0, :, :, 0].numpy() > 0.9).tolist()

    assert at(geometry.rotation(one(90))) == [[2, 4]]
    assert at(geometry.translation(one(1), one(-1))) == []
    assert at(geometry.translation(one(-2), one(0))) == [[0, 0]]
    assert at(geometry.translation(one(1), one(2))) == [[1, 3], [2, 3]]  # and its reflection in the border
    assert at(geometry.scaling(one(0.5)))[-1] == [1, 2]
    assert at(geometry.scaling(one(0.5), one(0), one(2)))[-1] == [2, 2]  # half as far from the lowest row
    assert at(geometry.reflection(tf.constant([False]), tf.constant([True]))) == [[4, 2]]
    assert at(geometry.shearing(one(45))) == [[0, 4]]
    assert at(geometry.window(one(1), one(1), one(0), one(-2)))[-1] == [2, 2]


@pytest.mark.parametrize("corner", [(-1, -1), (-1, 1), (1, -1), (1, 1)])
def test_perspective_moves_the_corners_as_documented(corner):
    left, top = 0.2, -0.1
    x, y = corner
    matrix = geometry.perspective(one(left), one(top), (6, 8))[0].numpy()
    # On the left edge (x = -1) the corner moves out by the share `left`, on the right edge it moves in.
    seen = np.array([4 * (x - top * x * y), 3 * (y - left * x * y), 1])
    source = matrix @ seen
    np.testing.assert_allclose(source / source[2], [4 * x, 3 * y, 1], atol=1e-5)


def test_flips_and_dihedral_are_exact():
    square = batch(8, 9, 9)
    seen = resample(tf.constant(square), geometry.dihedral(tf.range(8)), (9, 9)).numpy()
    for index, (image, original) in enumerate(zip(seen, square, strict=True)):
        turned = np.rot90(original, -(index // 2))
        assert (image == (turned[:, ::-1] if index % 2 else turned)).all(), index
    images = batch()
    mirrored = geometry.reflection(tf.constant([True, False, True]), tf.constant([False, True, True]))
    flipped = resample(tf.constant(images), mirrored, (12, 17)).numpy()
    assert (flipped == np.stack([images[0, :, ::-1], images[1, ::-1], images[2, ::-1, ::-1]])).all()
