import numpy as np
import pytest
from kerasdl import models
from kerasdl.export import series_model


def test_inputs_and_outputs_are_in_the_users_units():
    inner = models.forecaster((12, 2), 1, horizon=3, skip=None, units=(4,))
    windows = np.random.default_rng(0).standard_normal((5, 12, 2)) * [0.5, 3.0] + [1_000_000.0, -7.0]
    exported = series_model(inner, (np.array([1_000_000.0, -7.0]), np.array([0.5, 3.0])))
    scaled = (windows.astype("float32") - np.array([1_000_000.0, -7.0])) / [0.5, 3.0]
    expected = inner.predict(scaled, verbose=0) * 0.5 + 1_000_000.0
    np.testing.assert_allclose(exported.predict(windows, verbose=0), expected, atol=0.07)  # float32 steps by 0.0625


def test_scale_must_have_one_number_per_channel():
    with pytest.raises(ValueError, match="per channel. Received: 1 and 1 for windows of 2 channels"):
        series_model(models.forecaster((12, 2), 1, units=(4,)), ([0.0], [1.0]))
