import kerasdl  # isort: skip
import keras
import numpy as np
from kerasdl.layers import WindowNormalization

WINDOWS = np.array([[[1.0, 5.0], [3.0, 5.0], [5.0, 5.0]], [[100.0, -1.0], [300.0, 0.0], [500.0, 1.0]]])


def test_each_channel_of_each_window_is_standardized():
    found = WindowNormalization()(WINDOWS).numpy()
    by_hand = 1.5**0.5  # 2 divided by the standard deviation of 1, 3, 5
    np.testing.assert_allclose(found[0, :, 0], [-by_hand, 0, by_hand], rtol=1e-5)
    np.testing.assert_allclose(found[1, :, 0], [-by_hand, 0, by_hand], rtol=1e-5)
    assert (found[0, :, 1] == 0).all()  # a constant channel


def test_last_channels_may_be_left_unchanged():
    layer = WindowNormalization.from_config(WindowNormalization(1).get_config())
    assert np.array_equal(layer(WINDOWS)[..., 1], WINDOWS[..., 1])
    assert np.array_equal(layer(WINDOWS)[..., 0], WindowNormalization()(WINDOWS)[..., 0])


def test_float32_under_any_policy_and_serialization():
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    layer = keras.layers.deserialize(keras.layers.serialize(WindowNormalization()))
    assert layer(WINDOWS).dtype == "float32"
    # 1001 and 1003 are the same number in bfloat16.
    assert layer(np.array([[[1001.0], [1003.0]]])).numpy().round(2).tolist() == [[[-1.0], [1.0]]]


assert kerasdl
