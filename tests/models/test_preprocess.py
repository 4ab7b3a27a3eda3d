import keras
import numpy as np
import pytest
from kerasdl.models.preprocess import preprocess_layer

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


def test_a_deviation_of_zero():
    with pytest.raises(ValueError, match="must be positive"):
        preprocess_layer((0.5, 0.0), name="stem_preprocess")
