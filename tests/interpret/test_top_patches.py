import keras
import numpy as np
import pytest
from keras import layers
from kerasdl.errors import BadInput
from kerasdl.interpret import top_patches

EDGE = np.array([[-1.0, 0, 1]] * 3)  # dark on the left, bright on the right


def edges(padding="valid"):
    """Filter 0 is excited by vertical edges, filter 1 by horizontal ones; then a maximum over pairs."""
    convolution = layers.Conv2D(2, 3, padding=padding, use_bias=False, activation="relu", name="edges")
    model = keras.Sequential([keras.Input((12, 12, 1)), convolution, layers.MaxPooling2D(2, name="pool")])
    convolution.set_weights([np.stack([EDGE, EDGE.T], axis=-1)[:, :, None]])
    return model


def pictures(count=20):
    """Noise below 20; an even image has a vertical edge, an odd one a horizontal edge, the later the brighter."""
    random = np.random.default_rng(0)
    images = random.integers(0, 20, (count, 12, 12, 1)).astype("float32")
    for number in range(count):
        place = random.integers(3, 9)
        bright = np.s_[:, place:] if number % 2 == 0 else np.s_[place:, :]
        images[number][bright] += 100 + 5 * number
    return images


def in_batches(images, size=6):
    return [(images[start : start + size], None) for start in range(0, len(images), size)]


def test_the_top_patches_of_an_edge_filter_are_edges():
    images = pictures()
    found = top_patches(edges(), in_batches(images), "edges", [0, 1])
    assert list(found) == [0, 1]
    for number, patches in found.items():
        assert [patch.index % 2 for patch in patches] == [number] * 9
        assert min(patch.index for patch in patches) >= 2
        assert [patch.activation for patch in patches] == sorted((patch.activation for patch in patches), reverse=True)
        for patch in patches:
            top, left, bottom, right = patch.place
            assert (bottom - top, right - left) == (3, 3)
            assert np.array_equal(patch.pixels, images[patch.index, top:bottom, left:right])
            turned = patch.pixels[..., 0] if number == 0 else patch.pixels[..., 0].T
            assert (turned[:, 2] - turned[:, 0]).min() > 80
            assert patch.activation == (turned * EDGE).sum()


def test_patches_are_as_wide_as_the_layer_sees_and_end_with_the_image():
    images = np.zeros((1, 12, 12, 1))
    images[0, :, 11:] = 1
    (patch,) = top_patches(edges("same"), in_batches(images), "pool", [0])[0]
    assert (patch.activation, patch.place) == (3, (0, 9, 3, 12))


def test_of_equal_patches_the_first_images_are_taken_each_once():
    images = np.repeat(pictures(1), 5, axis=0)
    found = top_patches(edges(), in_batches(images, 2), "edges", [0], count=3)[0]
    assert [patch.index for patch in found] == [0, 1, 2]
    assert len(top_patches(edges(), in_batches(images, 2), "edges", [0])[0]) == 5


def test_the_dataset_is_read_once_and_its_batches_are_not_kept():
    read = iter(in_batches(pictures()))
    patches = top_patches(edges(), read, "edges", [0])[0]
    assert next(read, None) is None
    assert all(patch.pixels.base is None for patch in patches)


def test_bad_filters_layers_and_datasets_are_refused():
    with pytest.raises(BadInput, match=r"layer='edges' with outputs of shape \(6, 10, 10, 2\), filters=\[2\]"):
        top_patches(edges(), in_batches(pictures()), "edges", [2])
    with pytest.raises(BadInput, match="no such layer"):
        top_patches(edges(), in_batches(pictures()), "edge", [0])
    with pytest.raises(BadInput, match="an empty dataset"):
        top_patches(edges(), [], "edges", [0])
