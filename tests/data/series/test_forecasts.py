"""Forecasts beyond the end of a table, by a model whose forecast is known: the last season, repeated."""

import numpy as np
import pandas as pd
import pytest
from kerasdl import export, models
from kerasdl.data import series
from kerasdl.errors import BadInput
from kerasdl.layers import PredictionIntervals

MONTHS = pd.date_range("2019-01-31", periods=20, freq="ME")


def table(**columns):
    return pd.DataFrame({"month": MONTHS, "y": np.arange(20.0), **columns})


def seasonal(channels=1, outputs=1, horizon=4):
    """An untrained forecaster repeats the last three rows."""
    model = models.forecaster((6, channels), outputs, horizon=horizon, units=(2,), skip="seasonal", season=3)
    return export.series_model(model, (np.zeros(channels), np.ones(channels)))


def test_the_forecast_follows_the_end_of_the_table():
    found = series.forecast(seasonal(), table(), target="y", time="month")
    np.testing.assert_allclose(found["y"], [17, 18, 19, 17], rtol=1e-5)
    assert found.index.name == "month"
    assert found.index.astype(str).tolist() == ["2020-09-30", "2020-10-31", "2020-11-30", "2020-12-31"]
    of_index = series.forecast(seasonal(), table().set_index("month"), target="y")
    pd.testing.assert_frame_equal(of_index, found)
    without = series.forecast(seasonal(), table(), target="y")
    assert (without.index.name, without.index.tolist()) == ("step", [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("freq", "last", "expected"),
    [
        ("h", "2020-01-01 23:00", "2020-01-02 00:00"),
        ("15min", "2020-01-01 23:45", "2020-01-02 00:00"),
        ("B", "2020-01-03", "2020-01-06"),
        ("D", "2020-01-03", "2020-01-04"),
        ("W", "2020-02-23", "2020-03-01"),
        ("MS", "2020-12-01", "2021-01-01"),
        ("QE", "2020-09-30", "2020-12-31"),
        ("YS", "2020-01-01", "2021-01-01"),
    ],
)
def test_time_stamps_go_on_by_clock_or_calendar(freq, last, expected):
    times = pd.date_range(end=last, periods=20, freq=freq)
    found = series.forecast(seasonal(horizon=1), table(month=times), target="y", time="month")
    assert found.index[0] == pd.Timestamp(expected)


@pytest.mark.parametrize(("first", "expected"), [("2019-12-30", "2020-01-04"), ("2019-12-27", "2020-01-06")])
def test_days_are_business_days_if_the_table_omits_a_weekend(first, expected):
    days = pd.DataFrame({"day": pd.date_range(first, "2020-01-03", freq="B")}).assign(y=1.0)
    model = models.forecaster((5, 1), 1, horizon=1, units=(2,), skip="naive")
    found = series.forecast(export.series_model(model, ([0.0], [1.0])), days, target="y", time="day")
    assert found.index[0] == pd.Timestamp(expected)


def test_the_targets_are_the_first_channels_of_the_training():
    frame, both = table(z=1.0, w=2.0), seasonal(channels=3)
    right = series.forecast(both, frame, target="y", covariates=["w", "z"], channels=("y", "z", "w"))
    np.testing.assert_allclose(right["y"], [17, 18, 19, 17], rtol=1e-5)
    first = r"first channels, \['y'\]: name them as target, in this order. Received: target=\['z'\]"
    with pytest.raises(BadInput, match=first):
        series.forecast(both, frame, target="z", covariates=["y", "w"], channels=("y", "z", "w"))
    with pytest.raises(BadInput, match=r"first channels, \['y', 'z'\].*Received: target=\['z', 'y'\]"):
        series.forecast(seasonal(2, 2), frame, target=["z", "y"], channels=("y", "z"))
    with pytest.raises(BadInput, match=r"the model forecasts 1\. Received: target=\['y', 'z'\]"):
        series.forecast(seasonal(2), frame, target=["y", "z"])
    with pytest.raises(BadInput, match=r"the model forecasts 2\. Received: target=\['y'\]"):
        series.forecast(seasonal(2, 2), frame, target="y", covariates=["z"])


def test_several_series_and_words():
    wind = {"channels": ["y", "wind=N", "wind=S"], "covariates": ["wind"]}
    both = pd.concat([table(wind="N", site="a"), table(wind="E", site="b").assign(y=lambda each: each["y"] + 100)])
    found = series.forecast(seasonal(3, horizon=2), both, target="y", time="month", series="site", **wind)
    assert found.index.names == ["site", "month"]
    np.testing.assert_allclose(found["y"], [17, 18, 117, 118], rtol=1e-5)


def test_the_table_is_read_as_in_training():
    shuffled = pd.concat([table(), table().tail(1)]).sample(frac=1, random_state=0)
    options = {"target": "y", "time": "month", "sort": True, "duplicates": "mean"}
    np.testing.assert_allclose(series.forecast(seasonal(), shuffled, **options)["y"], [17, 18, 19, 17], rtol=1e-5)
    gap = series.forecast(seasonal(), table().drop(index=18), target="y", time="month", fill="forward")
    np.testing.assert_allclose(gap["y"], [17, 17, 19, 17], rtol=1e-5)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (table(), {"target": "z", "covariates": ["w"]}, r"No column 'z', 'w': the table has \['month', 'y'\]"),
        (table().head(5), {}, "needs the last 6 rows: add rows. Received: 5 rows"),
        (table(x=1.0), {"covariates": ["x"]}, r"takes 1 channels: pass those.*Received: channels \['y', 'x'\]"),
        (table().head(1), {"time": "month"}, "needs the last 6 rows"),
        (
            table(x=2.0),
            {"covariates": ["x"], "channels": ["y"]},
            r"Columns \['x'\] hold words here but numbers in",
        ),
    ],
)
def test_errors_say_what_is_missing(frame, options, message):
    with pytest.raises(BadInput, match=message):
        series.forecast(seasonal(), frame, **{"target": "y", **options})


def test_the_ends_of_intervals_are_columns():
    model = models.forecaster((6, 2), 2, horizon=4, units=(2,), skip="seasonal", season=3)
    intervals = PredictionIntervals([0.8])
    intervals.adapt(np.zeros((1, 4, 2)), np.array([[[-1.0, 1]] * 3 + [[1.0, -1]] * 3]), np.full((1, 4, 2), [1.0, 2.0]))
    exported = export.series_model(model, ([10, 20], [2, 4]), intervals=intervals)
    assert exported.output_shape == (None, 4, 3, 2)
    found = series.forecast(exported, table(z=1.0), target=["y", "z"])
    assert list(found) == ["y", "z", "y 10 %", "y 90 %", "z 10 %", "z 90 %"]
    # A radius of one deviation of the window's last six rows, 15 to 20 less 18; z is constant.
    deviation = np.std(table()["y"].to_numpy()[-6:].astype(float))
    np.testing.assert_allclose(found["y 90 %"] - found["y"], deviation, rtol=1e-3)
    np.testing.assert_allclose(found["y"] - found["y 10 %"], deviation, rtol=1e-3)
    np.testing.assert_allclose(found["z 90 %"] - found["z"], 2 * 4 * 1e-5**0.5, rtol=1e-2)
