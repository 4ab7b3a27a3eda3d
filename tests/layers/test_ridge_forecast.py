import kerasdl  # isort: skip
import keras
import numpy as np
import pytest
from kerasdl.layers import RidgeForecast

# The next value is the sum of the last two; the second channel does not matter.
WINDOWS = np.random.default_rng(0).normal(size=(40, 4, 2)).astype("float32")
BATCHES = [(WINDOWS, WINDOWS[:, -2:, :1].sum(axis=1, keepdims=True))]
ZERO = np.zeros((40, 1, 1), "float32")


def adapted(**options):
    layer = RidgeForecast(**options)
    layer.adapt(BATCHES, BATCHES, BATCHES)
    return layer


def test_it_forecasts_what_the_regression_says_plus_the_change():
    np.testing.assert_allclose(adapted()([ZERO, WINDOWS]), BATCHES[0][1], atol=1e-3)
    np.testing.assert_allclose(adapted(scaled=False)([ZERO + 2, WINDOWS]), BATCHES[0][1] + 2, atol=1e-3)
    expected = BATCHES[0][1][:, 0, 0] + WINDOWS[..., 0].std(axis=1)
    np.testing.assert_allclose(adapted()([ZERO + 1, WINDOWS])[:, 0, 0], expected, atol=2e-3)


def test_until_it_is_adapted_the_forecast_is_zero_and_it_never_learns():
    layer = RidgeForecast()
    assert not layer([ZERO, WINDOWS]).numpy().any()
    assert (layer.trainable_weights, [each.shape for each in layer.weights]) == ([], [(4, 2, 1, 1), (1, 1)])


def test_float32_under_any_policy_and_serialization(tmp_path):
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    inputs = [keras.Input((1, 1)), keras.Input((4, 2))]
    model = keras.Model(inputs, RidgeForecast(season=3, name="ridge")(inputs))
    model.get_layer("ridge").adapt(BATCHES, BATCHES, BATCHES)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.get_layer("ridge").season == 3
    found = loaded([ZERO, WINDOWS])
    assert found.dtype == "float32"
    assert np.array_equal(found, model([ZERO, WINDOWS]))
    np.testing.assert_allclose(found, BATCHES[0][1], atol=1e-3)


def test_a_window_that_is_too_short_raises():
    with pytest.raises(ValueError, match=r"at least 9 rows.*Received: windows"):
        RidgeForecast(9)([ZERO, WINDOWS])


assert kerasdl
