import keras
import numpy as np
import pytest
from kerasdl.models.preprocess import fitted_to, preprocess_layer

PIXELS = np.array([[[[0, 51, 255]]]], dtype="uint8")


@pytest.mark.parametrize(
    ("preprocess", "expected"),
    [
        ("unit", [0, 0.2, 1]),
        ("symmetric", [-1, -0.6, 1]),
        ((0.5, 0.25), [-2, -1.2, 2]),
        (((0, 0.2, 0.5), (1, 0.5, 0.25)), [0, 0, 2]),
        ("imagenet", [-0.485 / 0.229, (0.2 - 0.456) / 0.224, (1 - 0.406) / 0.225]),
    ],
)
def test_scaling_by_hand(preprocess, expected):
    layer = preprocess_layer(preprocess, name="stem_preprocess")
    np.testing.assert_allclose(layer(PIXELS)[0, 0, 0], expected, atol=1e-6)
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert np.array_equal(again(PIXELS), layer(PIXELS))


def test_standard_deviation_of_zero():
    with pytest.raises(ValueError, match="must be positive"):
        preprocess_layer((0.5, 0.0), name="stem_preprocess")


def test_imagenet_statistics_for_other_channels():
    assert fitted_to("imagenet", 1) == ([pytest.approx(1.347 / 3)], [pytest.approx(0.678 / 3)])
    assert fitted_to("imagenet", 4) == ([0.485, 0.456, 0.406, 0.485], [0.229, 0.224, 0.225, 0.229])


@pytest.mark.parametrize("preprocess", [None, "unit", (0.5, 0.25), ((0.1, 0.2), 0.25)])
def test_matching_statistics_are_unchanged(preprocess):
    assert fitted_to(preprocess, 2) is preprocess


def test_statistics_that_do_not_match_the_channels():
    with pytest.raises(ValueError, match=r"one per channel \(2\)\. Received: preprocess="):
        fitted_to(((0.1, 0.2, 0.3), 0.25), 2)
