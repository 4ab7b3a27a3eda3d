import kerasdl  # isort: skip
import keras
import numpy as np
import pytest
from kerasdl.layers import PredictionIntervals

# The first of two channels is forecast; its standard deviation is 2.
WINDOWS = np.tile([[[-2.0, 9.0], [2.0, 7.0]]], (9, 1, 1))
ZERO = np.zeros((9, 1, 1))
ERRORS = np.array([-1, 2, -3, 4, 5, 6, -7, 8, 9.0])[:, None, None]


def adapted(*levels):
    layer = PredictionIntervals(levels, name="intervals")
    layer.adapt(ZERO, WINDOWS, ERRORS)
    return layer


def test_an_interval_is_as_wide_as_the_share_of_errors():
    # Of nine errors the fifth is at half of ten, and the eighth at eight tenths: 5 and 8.
    found = adapted(0.5, 0.8)([ZERO + 10, WINDOWS])
    assert found.shape == (9, 1, 5, 1)
    np.testing.assert_allclose(found[0, 0, :, 0], [2, 5, 10, 15, 18], rtol=1e-5)


def test_it_is_eight_times_as_wide_in_windows_of_sixteen_times_the_deviation():
    np.testing.assert_allclose(adapted(0.5)([ZERO, 16 * WINDOWS])[0, 0, :, 0], [-40, 0, 40], rtol=1e-5)


def test_of_few_windows_the_largest_error_is_the_width():
    np.testing.assert_allclose(adapted(0.99)([ZERO, WINDOWS])[0, 0, :, 0], [-9, 0, 9], rtol=1e-5)


def test_it_holds_that_share_of_values_of_the_same_kind():
    random = np.random.default_rng(0)
    windows, errors = random.normal(size=(4000, 8, 2)), random.standard_t(3, size=(4000, 2, 1))
    layer = PredictionIntervals([0.8, 0.95])
    layer.adapt(np.zeros((2000, 2, 1)), windows[:2000], errors[:2000])
    ends = layer([np.zeros((2000, 2, 1)), windows[2000:]]).numpy()
    held = [((ends[:, :, low] <= errors[2000:]) & (errors[2000:] <= ends[:, :, -1 - low])).mean() for low in (1, 0)]
    assert held == pytest.approx([0.8, 0.95], abs=0.02)


def test_the_quantiles_are_named_by_symmetry():
    assert PredictionIntervals().quantiles == pytest.approx([0.025, 0.1, 0.5, 0.9, 0.975])


def test_float32_under_any_policy_and_serialization(tmp_path):
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    inputs = [keras.Input((1, 1)), keras.Input((2, 2))]
    layer = adapted(0.5, 0.8)
    model = keras.Model(inputs, layer(inputs))
    assert model.output_shape == (None, 1, 5, 1)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("intervals").levels == [0.5, 0.8]
    found = loaded([ZERO + 1000, WINDOWS])
    assert found.dtype == "float32"
    assert np.array_equal(found, layer([ZERO + 1000, WINDOWS]))


@pytest.mark.parametrize("levels", [[], [0.0], [1.0], [0.9, 0.8], [0.8, 0.8]])
def test_levels_that_are_none_raise(levels):
    with pytest.raises(ValueError, match="levels must ascend between 0 and 1"):
        PredictionIntervals(levels)


def test_a_window_with_too_few_channels_raises():
    with pytest.raises(ValueError, match="one channel per output. Received: 2 channels for 3 outputs"):
        PredictionIntervals()([np.zeros((9, 1, 3)), WINDOWS])


assert kerasdl
