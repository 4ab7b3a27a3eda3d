import kerasdl  # isort: skip
import keras
import numpy as np
import pytest
from kerasdl.layers import WindowForecast

WINDOW = np.array([[[1.0, 9.0], [2.0, 9.0], [3.0, 9.0], [6.0, 9.0]]])  # first channel: mean 3, variance 3.5
ZERO, ONE = np.zeros((1, 5, 1)), np.ones((1, 5, 1))


@pytest.mark.parametrize(
    ("season", "expected"), [(1, [6, 6, 6, 6, 6]), (3, [2, 3, 6, 2, 3]), (4, [1, 2, 3, 6, 1]), (0, [3, 3, 3, 3, 3])]
)
def test_naive_forecast_repeats_the_season(season, expected):
    assert WindowForecast(season)([ZERO, WINDOW]).numpy().ravel().tolist() == expected


def test_correction_is_scaled_by_the_standard_deviation_or_not():
    np.testing.assert_allclose(WindowForecast(1)([ONE, WINDOW])[0, :, 0], [6 + 3.5**0.5] * 5, rtol=1e-5)
    assert WindowForecast(1, scaled=False)([ONE, WINDOW]).numpy().ravel().tolist() == [7] * 5


def test_float32_under_any_policy_and_serialization():
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    layer = keras.layers.deserialize(keras.layers.serialize(WindowForecast(3, scaled=False)))
    found = layer([ZERO, WINDOW + 1000])
    assert found.dtype == "float32"
    assert found.numpy().ravel().tolist() == [1002, 1003, 1006, 1002, 1003]


@pytest.mark.parametrize("inputs", [[ZERO, WINDOW[:, :2]], [np.zeros((1, 5, 3)), WINDOW]])
def test_windows_with_too_few_rows_or_channels(inputs):
    with pytest.raises(ValueError, match=r"at least 3 rows.*Received: windows \(1, "):
        WindowForecast(3)(inputs)


assert kerasdl
