import kerasdl  # isort: skip
import keras
import numpy as np
import pytest
from kerasdl.layers import WindowForecast

WINDOW = np.array([[[1.0, 9.0], [2.0, 9.0], [3.0, 9.0], [6.0, 9.0]]])  # of the first: mean 3, variance 3.5
NOTHING, ONE = np.zeros((1, 5, 1)), np.ones((1, 5, 1))


@pytest.mark.parametrize(
    ("season", "expected"), [(1, [6, 6, 6, 6, 6]), (3, [2, 3, 6, 2, 3]), (4, [1, 2, 3, 6, 1]), (0, [3, 3, 3, 3, 3])]
)
def test_of_itself_it_repeats_the_season(season, expected):
    assert WindowForecast(season)([NOTHING, WINDOW]).numpy().ravel().tolist() == expected


def test_what_is_added_is_in_deviations_of_the_window_or_as_it_is():
    np.testing.assert_allclose(WindowForecast(1)([ONE, WINDOW])[0, :, 0], [6 + 3.5**0.5] * 5, rtol=1e-5)
    assert WindowForecast(1, scaled=False)([ONE, WINDOW]).numpy().ravel().tolist() == [7] * 5


def test_in_float32_under_any_policy_and_with_a_configuration():
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    layer = keras.layers.deserialize(keras.layers.serialize(WindowForecast(3, scaled=False)))
    found = layer([NOTHING, WINDOW + 1000])
    assert found.dtype == "float32"
    assert found.numpy().ravel().tolist() == [1002, 1003, 1006, 1002, 1003]


@pytest.mark.parametrize("inputs", [[NOTHING, WINDOW[:, :2]], [np.zeros((1, 5, 3)), WINDOW]])
def test_windows_that_are_too_short_or_too_narrow(inputs):
    with pytest.raises(ValueError, match=r"a season of 3 rows.*Received: windows \(1, "):
        WindowForecast(3)(inputs)


assert kerasdl
