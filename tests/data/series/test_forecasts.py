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
    # The window's deviation, in units of the scale, to the power of 3/4; z is constant.
    radius = 2 * (np.std(table()["y"].to_numpy()[-6:].astype(float)) / 2) ** 0.75
    np.testing.assert_allclose(found["y 90 %"] - found["y"], radius, rtol=1e-3)
    np.testing.assert_allclose(found["y"] - found["y 10 %"], radius, rtol=1e-3)
    np.testing.assert_allclose(found["z 90 %"] - found["z"], 2 * 4 * 1e-5**0.375, rtol=1e-2)


def promoted(rows, ahead):
    """Sales of 10, doubled on promotion days, each third to fifth; for the last rows only the plan is known."""
    random = np.random.default_rng(1)
    days = np.cumsum(random.integers(3, 6, size=rows))
    promo = np.isin(np.arange(rows), days)
    sales = 10.0 * (1 + promo) + random.normal(0, 0.3, rows)
    frame = pd.DataFrame({"day": pd.date_range("2021-03-01", periods=rows), "sales": sales, "promo": promo * 1.0})
    frame.loc[rows - ahead :, "sales"] = np.nan
    return frame, sales[rows - ahead :]


def of_ridge(data):
    model = models.forecaster((data.lookback, len(data.channels)), 1, horizon=data.horizon, units=(2,), skip="ridge",
                              known=data.known)  # fmt: skip
    part = data.rehearsal
    model.get_layer("head_forecast").adapt(data.in_order, part.in_order, part.valid)
    return model


def test_known_columns_are_used_for_the_steps_of_the_forecast():
    frame, sales = promoted(320, 3)
    same = {"target": "sales", "time": "day"}
    data = series.from_frame(frame, known=["promo"], lookback=8, horizon=3, **same)
    assert (data.channels, data.known, len(data.values)) == (("sales", "promo"), 1, 317)
    model = of_ridge(data)
    predictions = data.scale.undo(np.pad(model.predict(data.valid, verbose=0), ((0, 0), (0, 0), (0, 1))))[..., :1]
    errors = predictions - data.futures(data.valid_origins)
    assert np.sqrt((errors**2).mean()) < 0.5
    without = series.from_frame(frame[:-3], covariates=["promo"], lookback=8, horizon=3, **same)
    errors = without.baselines(without.valid_origins)["ridge"] - without.futures(without.valid_origins)
    assert np.sqrt((errors**2).mean()) > 2
    # The exported model, fed from the table, equals itself fed from the pipeline, and the plan decides.
    exported = export.series_model(model, (data.scale.mean, data.scale.std))
    origin = data.valid_origins[-1]
    cut = frame.assign(sales=frame["sales"].where(np.arange(320) < origin))
    found = series.forecast(exported, cut, known=["promo"], **same)
    assert np.array_equal(found["sales"], exported.predict(data.windows([origin]), verbose=0)[0, :, 0])
    assert found["sales"].to_numpy() == pytest.approx(predictions[-1, :, 0], rel=1e-5)
    assert found.index[0] == frame["day"][origin]
    ahead = series.forecast(exported, frame, known=["promo"], **same)
    assert ahead["sales"].to_numpy() == pytest.approx(sales, abs=1.5)
    with pytest.raises(BadInput, match="needs column 'promo' of the 3 rows after the end: add rows.*Received: 2 such"):
        series.forecast(exported, frame[:-1], known=["promo"], **same)
    with pytest.raises(BadInput, match="column 'promo' of the 3 rows.*Received: 1 such rows"):
        series.forecast(exported, frame.assign(promo=frame["promo"].drop(index=318)), known=["promo"], **same)


def test_the_calendar_goes_on_after_the_end():
    days = pd.date_range("2020-01-01", periods=150)
    frame = pd.DataFrame({"day": days, "y": np.sin(2 * np.pi * days.day_of_week / 7)})
    data = series.from_frame(frame, target="y", time="day", calendar=True, lookback=2, horizon=2, season=None)
    # A year is longer than the training part.
    assert (data.channels, data.known) == (("y", "week sine", "week cosine"), 2)
    exported = export.series_model(of_ridge(data), (data.scale.mean, data.scale.std))
    found = series.forecast(exported, frame, target="y", time="day", calendar=True, channels=data.channels)
    assert found["y"].to_numpy() == pytest.approx(np.sin(2 * np.pi * found.index.day_of_week / 7), abs=0.02)


def test_known_words_and_several_series():
    parts = [
        promoted(90, 2)[0].assign(shop=shop, promo=lambda each: each["promo"].map({0: "no", 1: "yes"})) for shop in "ab"
    ]
    frame = pd.concat(parts)
    options = {"target": "sales", "series": "shop", "time": "day", "known": ["promo"]}
    data = series.from_frame(frame, lookback=5, horizon=2, **options)
    assert (data.channels, data.known) == (("sales", "promo=no", "promo=yes"), 2)
    exported = export.series_model(of_ridge(data), (data.scale.mean, data.scale.std))
    found = series.forecast(exported, frame, channels=data.channels, **options)
    expected = 10.0 + 10 * (frame.groupby("shop").tail(2)["promo"] == "yes")
    assert found["sales"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1.5)
