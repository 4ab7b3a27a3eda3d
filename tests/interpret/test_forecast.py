from types import SimpleNamespace

import kerasdl  # isort: skip
import keras
import numpy as np
import pandas as pd
import pytest
from kerasdl.data import series
from kerasdl.interpret import Forecast
from kerasdl.layers import PredictionIntervals


def steps(*rows):
    """Forecasts of one target: one row per origin."""
    return np.array(rows, float)[..., None]


@pytest.fixture
def found():
    return Forecast(
        predictions=steps([1, 2], [3, 6]),
        targets=steps([1, 4], [3, 4]),
        baselines={"persistence": steps([0, 0], [1, 1]), "seasonal": steps([1, 3], [3, 1])},
    )


def test_scores_by_hand(found):
    assert found.rmse == pytest.approx(2**0.5)  # errors 0, -2, 0, 2
    assert found.mae == 1
    assert found.baseline_rmse == pytest.approx((10 / 4) ** 0.5)  # seasonal: 0, -1, 0, -3; persistence is worse
    assert found.best_baseline[0] == "seasonal"
    assert found.baseline_scores == pytest.approx({"persistence_rmse": 7.5**0.5, "seasonal_rmse": 2.5**0.5})
    assert found.ratio == pytest.approx((8 / 10) ** 0.5)
    assert found.scores == {"rmse": found.rmse, "mae": found.mae, "ratio": found.ratio}


def test_errors_by_step_by_hand(found):
    by_step = {name: values.tolist() for name, values in found.rmse_by_step.items()}
    assert by_step == {
        "forecast": [0, 2],
        "persistence": pytest.approx([(5 / 2) ** 0.5, (25 / 2) ** 0.5]),
        "seasonal": pytest.approx([0, 5**0.5]),
    }


def test_a_perfect_baseline_cannot_be_beaten(found):
    assert Forecast(found.predictions, found.targets, {"truth": found.targets}).ratio == float("inf")


def test_shapes_that_differ_and_no_baseline_raise(found):
    with pytest.raises(ValueError, match=r"one shape \(origins, horizon, targets\)"):
        Forecast(found.predictions[:1], found.targets, found.baselines)
    with pytest.raises(ValueError, match="one baseline at least"):
        Forecast(found.predictions, found.targets, {})


def test_the_old_name_of_the_best_baseline_works_with_a_warning(found):
    with pytest.warns(DeprecationWarning, match="better_baseline is deprecated.*use Forecast.best_baseline"):
        assert found.better_baseline[0] == "seasonal"


def test_a_backtest_is_in_the_users_units():
    frame = pd.DataFrame({"a": np.arange(60) ** 2, "b": 500.0 - np.arange(60)})
    data = series.from_frame(frame, target=["a", "b"], lookback=4, horizon=3, season=2, batch_size=7)
    # A model that predicts the last value plus one more standard deviation per step.
    window = keras.Input((4, 2))
    model = keras.Model(window, keras.layers.Lambda(lambda x: x[:, -1:] + np.arange(3.0)[:, None])(window))
    found = Forecast.of(model, data)
    origins = range(40, 58)
    assert np.array_equal(found.targets[:, 2, 0], [(origin + 2) ** 2 for origin in origins])
    assert np.array_equal(found.baselines["persistence"][:, 2, 1], [500 - (origin - 1) for origin in origins])
    assert np.array_equal(found.baselines["seasonal"][:, 2, 0], [(origin - 2) ** 2 for origin in origins])
    assert list(found.baselines) == ["persistence", "seasonal", "mean", "drift", "ridge"]
    std = (np.arange(40) ** 2).std()
    np.testing.assert_allclose(found.predictions[:, 2, 0], [(o - 1) ** 2 + 2 * std for o in origins], rtol=1e-5)


def test_intervals_hold_the_share_of_their_targets(found):
    wide, narrow = (found.targets - 1, found.targets + 1), (found.targets, found.targets - np.array([[[0], [1]]]))
    both = Forecast(found.predictions, found.targets, found.baselines, {0.5: narrow, 0.975: wide})
    assert both.coverage == {"coverage_50": 0.5, "coverage_97.5": 1}
    assert found.coverage == {}
    assert both.finite.intervals[0.5][1].tolist() == narrow[1].tolist()
    with pytest.raises(ValueError, match="one shape"):
        Forecast(found.predictions, found.targets, found.baselines, {0.5: (found.targets, found.targets[:1])})


def test_intervals_of_a_backtest_are_in_the_users_units():
    data = series.from_frame(pd.DataFrame({"a": np.arange(60.0) ** 2}), target="a", lookback=4, horizon=2)
    window = keras.Input((4, 1))
    model = keras.Model(window, window[:, -2:])
    layer = PredictionIntervals([0.5, 0.9])
    windows = data.scale.apply(data.windows(data.valid_origins))
    layer.adapt(windows[:, -2:], windows, data.valid_labels)
    found = Forecast.of(model, data, intervals=layer)
    assert list(found.intervals) == [0.5, 0.9]
    # Adapted to these very forecasts: of 19 origins ten and eighteen are held, if rounding puts none outside.
    assert list(found.coverage.values()) == pytest.approx([10 / 19, 18 / 19], abs=1.1 / 19)
    low, high = found.intervals[0.9]
    np.testing.assert_allclose((low + high) / 2, found.predictions, rtol=1e-5)


def test_a_model_of_two_outputs_is_refused_by_name():
    inputs = keras.Input((4, 1))
    model = keras.Model(inputs, [inputs, inputs * 2], name="two")
    data = SimpleNamespace(valid=[(np.ones((2, 4, 1)), None)])
    with pytest.raises(ValueError, match="must have one output.*Received: 'two'"):
        Forecast.of(model, data)


def test_it_is_shown_in_one_line_and_in_a_notebook_with_its_errors(found):
    assert repr(found) == "Forecast(2 origins, 2 steps, 1 target: rmse 1.414, mae 1, ratio 0.8944)"
    assert found._repr_html_().startswith(f'<p>{found!r}</p><img src="data:image/png;base64,iVBOR')


assert kerasdl


def test_a_model_worse_than_the_best_baseline_is_named():
    truth = np.zeros((3, 1, 1))
    found = Forecast(truth + 2, truth, {"mean": truth + 3, "drift": truth + 1})
    assert found.warning == "The model is worse than the best baseline (drift): RMSE 2 instead of 1."
    assert Forecast(truth, truth, {"drift": truth + 1}).warning == ""
    # A model that is a baseline but for rounding is not worse.
    assert Forecast(truth + 1 + 1e-6, truth, {"drift": truth + 1}).warning == ""
