import keras
import numpy as np
import pytest
from kerasdl.models.preprocess import fitted_to, preprocess_layer, preprocessed

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


def test_caffe_is_blue_green_and_red_minus_their_means():
    images = preprocessed(PIXELS, "caffe", name="stem_preprocess")
    np.testing.assert_allclose(images[0, 0, 0], [255 - 103.939, 51 - 116.779, 0 - 123.68], rtol=1e-6)
    gray = preprocessed(np.full((1, 1, 1, 1), 200.0), "caffe", name="stem_preprocess")
    assert float(gray[0, 0, 0, 0]) == pytest.approx(200 - 344.398 / 3)


def test_caffe_has_no_meaning_for_four_channels():
    with pytest.raises(ValueError, match=r"Pass another preprocess=.*Received: preprocess='caffe', 4 channels"):
        preprocessed(np.zeros((1, 1, 1, 4)), "caffe", name="stem_preprocess")


def test_statistics_are_fitted_to_the_channels():
    gray = preprocessed(np.full((1, 1, 1, 1), 255.0), "imagenet", name="stem_preprocess")
    assert float(gray[0, 0, 0, 0]) == pytest.approx((1 - 1.347 / 3) / (0.678 / 3), rel=1e-5)
