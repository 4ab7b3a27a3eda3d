import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data import augment
from kerasdl.data.augment import Augmentation


def pictures(count=3, height=12, width=17, channels=2):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, channels), dtype=np.uint8)


def uniform(count, seed=0):
    return np.random.default_rng(seed).random((count, Augmentation.draws)).astype("float32")


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
