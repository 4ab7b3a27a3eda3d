import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kerasdl.data.images.augment import geometry
from kerasdl.data.images.decoding.crops import crops_of
from kerasdl.data.images.decoding.decode import decode
from kerasdl.data.images.decoding.header import JPEG, PNG, Header
from kerasdl.data.images.resampling import resample
from kerasdl.data.images.stores import ArrayStore, EncodedStore
from PIL import Image

from tests.data.images.pictures import encoded, turned

RANDOM = np.random.default_rng(0)
# Like a photograph: large shapes with some detail.
SCENE = np.asarray(
    Image.fromarray(RANDOM.integers(0, 256, (12, 17, 3), dtype=np.uint8)).resize((203, 149), Image.Resampling.BICUBIC)
)


def matrix(angle=0.0, factor=1.0, right=0.0, down=0.0, mirrored=False):
    one = tf.ones(1)
    parts = [
        geometry.reflection(tf.constant([mirrored]), tf.constant([False])),
        geometry.rotation(angle * one),
        geometry.scaling(factor * one),
        geometry.translation(right * one, down * one),
    ]
    return geometry.compose(*parts)


def store(file, channels=3):
    return EncodedStore([file], ["it"], channels=channels, background=100, are_files=False)


def seen(file, transform, size, channels=3):
    return store(file, channels).resampled(tf.constant([0], tf.int64), transform, size)[0].numpy().astype(int)


def whole_seen(file, transform, size, channels=3):
    """The same from the whole image, decoded at full size, and not rounded."""
    picture = decode(file, channels=channels, background=100)
    return resample(tf.cast(picture, tf.float32)[None], transform, size)[0].numpy()


def same_but_for_rounding(found, expected):
    """Matrices are computed in float32 for one and in float64 for the other, so that halves round up or down."""
    return np.abs(found - expected).max() <= 0.501


transforms = st.builds(
    matrix,
    angle=st.floats(-180, 180),
    factor=st.floats(0.6, 3.0),
    right=st.floats(-40, 40),
    down=st.floats(-40, 40),
    mirrored=st.booleans(),
)


@settings(max_examples=25)
@given(orientation=st.integers(1, 8), transform=transforms, size=st.sampled_from([(149, 149), (120, 180), (200, 90)]))
@example(orientation=3, transform=matrix(angle=0.0, factor=1.2), size=(149, 149))
def test_the_decoded_window_covers_everything_that_is_sampled(orientation, transform, size):
    """Without downscaling, the window gives the same result as the whole image."""
    file = turned(SCENE, orientation, quality=92)
    crop = crops_of([Header(JPEG, 149, 203, orientation)], transform.numpy(), size)
    expected = whole_seen(file, transform, size)
    found = seen(file, transform, size)
    if crop.step[0] == 0:
        assert same_but_for_rounding(found, expected)
    else:
        assert np.abs(found - expected).mean() < 8


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "GIF"])
@pytest.mark.parametrize("channels", [1, 3])
def test_other_formats_give_the_same_result(kind, channels):
    file = encoded(SCENE[:40, :50], kind)
    transform = matrix(angle=20, factor=1.2, right=3)
    found, expected = seen(file, transform, (32, 40), channels), whole_seen(file, transform, (32, 40), channels)
    assert found.shape == (32, 40, channels)
    assert same_but_for_rounding(found, expected)


def test_transparent_and_cmyk_images_in_grayscale():
    layers = np.concatenate([SCENE[:40, :50], np.arange(2000, dtype=np.uint8).reshape(40, 50, 1)], axis=2)
    for file in (encoded(layers), encoded(Image.fromarray(SCENE[:40, :50]).convert("CMYK"), "JPEG")):
        found, expected = seen(file, matrix(angle=9), (32, 32), 1), whole_seen(file, matrix(angle=9), (32, 32), 1)
        assert same_but_for_rounding(found, expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_identity_and_a_flip_are_exact(orientation, kind):
    file = turned(SCENE, orientation, kind, quality=92)
    picture = decode(file, channels=3)
    assert np.array_equal(seen(file, tf.eye(3)[None], picture.shape[:2]), picture)
    mirrored = seen(file, matrix(mirrored=True), picture.shape[:2])
    assert np.array_equal(mirrored, picture[:, ::-1])


@pytest.mark.parametrize("ratio", [2, 4, 8])
def test_large_photographs_are_downscaled_while_decoding(ratio):
    large = np.asarray(Image.fromarray(SCENE).resize((203 * ratio, 149 * ratio), Image.Resampling.BICUBIC))
    file = encoded(large, "JPEG", quality=95)
    crop = crops_of([Header(JPEG, *large.shape[:2])], tf.eye(3)[None].numpy(), (149, 203))
    assert (crop.step.tolist(), crop.window.tolist()) == ([[2, 4, 8].index(ratio) + 1], [[0, 0, 149, 203]])
    expected = np.asarray(Image.fromarray(large).resize((203, 149), Image.Resampling.BOX)).astype(int)
    assert np.abs(seen(file, tf.eye(3)[None], (149, 203)) - expected).mean() < 2


def test_only_the_window_of_a_zoom_is_decoded():
    crops = crops_of([Header(JPEG, 300, 400), Header(PNG, 300, 400)], np.tile(np.eye(3), (2, 1, 1)), (100, 100))
    # The central square at half the size, and a margin of eight pixels.
    assert crops.window.tolist() == [[0, 17, 150, 166]] * 2
    assert crops.step.tolist() == [1, 1]
    zoomed = crops_of([Header(JPEG, 300, 400)], matrix(factor=4.0).numpy(), (100, 100))
    assert zoomed.window.tolist() == [[104, 154, 92, 92]]


def test_an_image_does_not_depend_on_its_batch():
    files = [turned(SCENE, orientation) for orientation in (1, 6)] + [encoded(SCENE)]
    several = EncodedStore(files, list("abc"), channels=3, background=255, are_files=False)
    transforms = tf.concat([matrix(angle=5), matrix(angle=9, factor=1.1), matrix(factor=1.3)], axis=0)
    together = several.resampled(tf.constant([0, 1, 2], tf.int64), transforms, (64, 48)).numpy()
    for index in range(3):
        alone = several.resampled(tf.constant([index], tf.int64), transforms[index : index + 1], (64, 48)).numpy()
        assert np.array_equal(alone[0], together[index])


@pytest.mark.parametrize("kind", ["PNG", "BMP", "JPEG"])
def test_much_larger_images_are_averaged(kind):
    """A checkerboard of black and white pixels, four times the size, becomes gray."""
    board = np.kron(np.indices((128, 128)).sum(axis=0) % 2, np.ones((2, 2)))[..., None].repeat(3, axis=2)
    file = encoded((255 * board).astype(np.uint8), kind, **({"quality": 95} if kind == "JPEG" else {}))
    gray = seen(file, matrix(angle=7), (60, 60))
    assert np.abs(gray - 127.5).max() < 12
    array = ArrayStore((255 * board).astype(np.uint8)[None]).resampled(tf.constant([0]), matrix(angle=7), (60, 60))
    assert np.abs(array.numpy() - 127.5).max() < 12


def test_a_transform_across_the_horizon_samples_the_whole_image():
    file, transform = encoded(SCENE), tf.constant([[[1.0, 0.1, 3], [0, 1, 2], [0.011, 0.004, 1]]], tf.float64)
    expected = whole_seen(file, transform, (149, 149))
    assert np.mean(np.abs(seen(file, transform, (149, 149)) - expected) > 1) < 0.02
