"""Time series: windows, splits, defaults, and errors."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data import series
from kerasdl.data.splits import Part
from kerasdl.errors import BadInput


def frame(rows=30, **columns):
    days = pd.date_range("2020-01-01", periods=rows).strftime("%Y-%m-%d")
    return pd.DataFrame({"day": days, "y": np.arange(rows) ** 1.5, "x": np.arange(rows) % 7, **columns}).astype(object)


def make(table=None, **options):
    return series.from_frame(
        frame() if table is None else table, **{"target": "y", "lookback": 4, "batch_size": 5, **options}
    )


def stacked(dataset):
    windows, futures = zip(*[(window.numpy(), future.numpy()) for window, future in dataset], strict=True)
    return np.concatenate(windows), np.concatenate(futures)


@settings(max_examples=5)
@given(st.data())
def test_windows_equal_slices_by_hand(data):
    lookback, horizon, stride = (data.draw(st.integers(1, 5)) for _ in range(3))
    rows = data.draw(st.lists(st.integers(24, 40), min_size=1, max_size=3))
    table = pd.concat([frame(count, which=f"s{index}") for index, count in enumerate(rows)], ignore_index=True)
    table["y"] = np.arange(len(table)) ** 1.5
    found = make(table, lookback=lookback, horizon=horizon, stride=stride, covariates=["x"], series="which")

    cuts = [count - round(count / 3) for count in rows]
    parts = [group[["y", "x"]].to_numpy(float) for _, group in table.groupby("which")]
    known = np.concatenate([part[:cut] for part, cut in zip(parts, cuts, strict=True)])
    scaled = [(part - known.mean(0)) / known.std(0) for part in parts]
    expected = {"train": [], "valid": []}
    for part, cut in zip(scaled, cuts, strict=True):
        for origin in range(lookback, len(part) - horizon + 1):
            of_test = origin >= cut
            if of_test or (origin + horizon <= cut and (origin - lookback) % stride == 0):
                pair = part[origin - lookback : origin], part[origin : origin + horizon, :1]
                expected["valid" if of_test else "train"].append(pair)
    windows, futures = (np.stack(each) for each in zip(*expected["valid"], strict=True))
    np.testing.assert_allclose(stacked(found.valid)[0], windows, atol=1e-5)
    np.testing.assert_allclose(stacked(found.valid)[1], futures, atol=1e-5)

    given_windows, given_futures = stacked(found.train)
    order = np.argsort(given_futures[:, 0, 0])  # targets increase, so sorting restores the order
    windows, futures = (np.stack(each) for each in zip(*expected["train"], strict=True))
    np.testing.assert_allclose(given_windows[order], windows, atol=1e-5)
    np.testing.assert_allclose(given_futures[order], futures, atol=1e-5)


def test_batches_hold_every_window():
    found = make(horizon=2)
    for dataset, origins in ((found.train, found.train_origins), (found.valid, found.valid_origins)):
        batches = [(window.shape, future.shape, window.dtype, future.dtype) for window, future in dataset]
        assert len(batches) == dataset.cardinality() == -(-len(origins) // 5)
        assert sum(window[0] for window, *_ in batches) == len(origins)
        assert all((w[1:], f[1:]) == ((4, 1), (2, 1)) and a == b == "float32" for w, f, a, b in batches)


@settings(max_examples=4)
@given(st.integers(20, 29), st.sampled_from([None, "linear", "forward"]), st.floats(-1e6, 1e6))
def test_training_does_not_depend_on_the_test_part(row, fill, value):
    table = frame(wind=np.where(np.arange(30) % 2, "N", "S"))
    if fill:
        table.loc[[0, 9, 19, 20, 25], "y"] = None  # row 19 is the last of the training part
    changed = table.copy()
    changed.loc[row, ["y", "x", "wind"]] = [value, value, "NW"]
    one, two = (make(each, covariates=["x", "wind"], fill=fill) for each in (table, changed))
    assert np.array_equal(one.scale.mean, two.scale.mean)
    assert np.array_equal(one.scale.std, two.scale.std)
    assert one.channels == two.channels == ("y", "x", "wind=N", "wind=S")
    assert all(np.array_equal(a, b) for a, b in zip(stacked(one.train), stacked(two.train), strict=True))


def test_the_test_part_is_filled_forward_and_filled_targets_are_not_tested():
    table = frame()
    table["y"] = np.arange(30) * 10.0
    table.loc[[3, 4, 22, 23], "y"] = None
    linear, forward = make(table, fill="linear"), make(table, fill="forward")
    assert linear.values[[3, 4, 22, 23], 0].tolist() == [30, 40, 210, 210]
    assert forward.values[[3, 4, 22, 23], 0].tolist() == [20, 20, 210, 210]
    assert linear.valid_origins.tolist() == [20, 21, *range(24, 30)]


def test_missing_days_are_filled_in():
    found = make(frame().drop(index=[5, 6, 25]), time="day", fill="linear")
    assert len(found.values) == 30
    assert found.values[5, 0] == pytest.approx(4**1.5 + (7**1.5 - 4**1.5) / 3)
    assert str(found.times[5])[:10] == "2020-01-06"
    assert found.valid_origins.tolist() == [*range(20, 25), *range(26, 30)]


def test_naive_forecasts_by_hand():
    table = frame()
    table["y"] = np.arange(30)
    found = make(table, horizon=5, season=3)
    assert found.naive([10])[0, :, 0].tolist() == [9, 9, 9, 9, 9]
    assert found.naive([10], 3)[0, :, 0].tolist() == [7, 8, 9, 7, 8]
    assert found.futures([10])[0, :, 0].tolist() == [10, 11, 12, 13, 14]
    assert found.windows([10])[0, :, 0].tolist() == [6, 7, 8, 9]
    assert found.better_naive == "naive"


def test_the_better_naive_forecast_is_chosen_on_the_training_part():
    table = frame()
    table["y"] = np.where(np.arange(30) < 20, np.arange(30) % 4 * 10, 5)  # seasonal in the training part only
    assert make(table, season=4).better_naive == "seasonal"
    assert make(table, season=4, lookback=3).better_naive == "naive"  # a window shorter than the season


def test_baselines_by_hand():
    table = frame()
    table["y"] = np.arange(30) % 3 * 10.0  # 0, 10, 20; 20 rows for training, the last of them 10
    found = make(table, horizon=2, season=3)
    by_name = {name: each[0, :, 0].tolist() for name, each in found.baselines(np.array([20, 21])).items()}
    change = 10 / 19
    assert by_name.pop("ridge") == pytest.approx([20, 0], abs=1e-3)
    assert by_name == {
        "persistence": [10, 10],
        "seasonal": [20, 0],
        "mean": pytest.approx([9.5, 9.5]),  # the sum of 20 values is 190
        "drift": pytest.approx([10 + change, 10 + 2 * change]),
    }
    assert "seasonal" not in make(table, season=None).baselines(np.array([20]))


def test_baselines_know_nothing_of_the_test_part():
    changed = frame()
    changed.loc[25:, "y"] = 1e6
    one, two = (make(each).baselines(np.array([20, 24])) for each in (frame(), changed))
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_a_rehearsal_splits_the_training_part_of_each_series():
    table = pd.concat([frame(which="a"), frame(which="b")])
    found = make(table, series="which", horizon=2)
    rehearsal = found.rehearsal
    # Of each series 20 rows and 15 windows; the later four begin at row 15, and the earlier ones end before it.
    assert rehearsal.train_origins.tolist() == [*range(4, 14), *range(34, 44)]
    assert rehearsal.valid_origins.tolist() == [*range(15, 19), *range(45, 49)]
    assert rehearsal.series == {"a": (0, 15, 20), "b": (30, 45, 50)}
    windows, futures = map(found.scale.undo, stacked(rehearsal.valid))
    np.testing.assert_allclose(windows, found.windows(rehearsal.valid_origins), rtol=1e-5)
    np.testing.assert_allclose(futures, found.futures(rehearsal.valid_origins), rtol=1e-5)
    assert rehearsal.counter is not found.counter
    assert np.array_equal(stacked(found.in_order)[1], found.labels(Part.TRAIN).astype("float32"))
    # The windows are too short for a naive forecast of this season.
    assert make(season=7).rehearsal.season is None


def test_a_rehearsal_of_a_single_window():
    found = make(lookback=19)
    assert found.rehearsal.train_origins.tolist() == found.rehearsal.valid_origins.tolist() == [19]
    assert np.isfinite(found.baselines(found.valid_origins)["ridge"]).all()


def test_printing_and_counts():
    table = pd.concat([frame(which="a"), frame(which="b")])
    found = make(table, target=["y", "x"], time="day", series="which", horizon=2)
    assert str(found) == (
        "60 daily rows of 2 series: 30 training and 18 test windows, from 4 rows of 2 channels to 2 of y, x, season 7"
    )
    assert found.counts == {"rows": 60, "series": 2, "train_windows": 30, "valid_windows": 18}
    assert found.series == {"a": (0, 20, 30), "b": (30, 50, 60)}
    assert "tf" not in repr(found)


@pytest.mark.parametrize(
    ("frequency", "season"), [("h", 24), ("D", 7), ("B", 5), ("W", 52), ("MS", 12), ("QS", 4), ("YS", None)]
)
def test_the_default_season_follows_the_spacing(frequency, season):
    times = pd.date_range("1900-01-01", periods=120, freq=frequency)
    table = pd.DataFrame({"t": times, "y": np.arange(120.0)})
    assert make(table, time="t").season == season
    assert make(table, time="t", season=None).season is None
    assert make(table, time="t", season=9).season == 9
    assert make(table[:12], time="t", lookback=2).season in (
        None,
        7,
        5,
        4,
    )  # None if the training part is shorter than a season


def test_default_lookback():
    hours = pd.DataFrame({"t": pd.date_range("2020-01-01", periods=600, freq="h"), "y": np.arange(600.0)})
    assert make(hours, time="t", lookback=None).lookback == 48
    assert make(hours, lookback=None).lookback == 24
    assert make(lookback=None).lookback == 6  # (20 - 1) // 3


def test_printing_shows_how_many_rows_were_merged():
    twice = pd.concat([frame(), frame().tail(2)])
    assert str(make(twice, time="day", duplicates="last", sort=True)).endswith("; 2 duplicate rows were merged")
    assert "merged" not in str(make())


def test_default_batch_size():
    def first(rows):
        return len(next(iter(make(frame(rows), batch_size=None).train))[0])

    assert (first(30), first(240), first(1500)) == (8, 19, 64)


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (frame(), {"target": "z"}, r"No column 'z': the table has \['day', 'y', 'x'\]"),
        (frame(), {"target": ()}, "Name the column to forecast"),
        (frame(), {"covariates": ["y"]}, "one role only, but 'y' has several"),
        (frame(), {"time": "y"}, "one role only"),
        (frame(), {"lookback": 20}, "too short.*need 31 rows.*Received: 30 rows"),
        (
            frame(),
            {"horizon": 11},
            "too short: a lookback of 4 and a horizon of 11, .*33% of the rows for the test, need 32 rows",
        ),
        (frame(5), {"lookback": None, "horizon": 9}, "too short"),
        # At once, not after a search among a billion numbers.
        (frame(), {"lookback": 10**9}, "too short.*need 1500000001 rows"),
        (frame(), {"lookback": None, "horizon": 10**9}, "too short.*need 2999999999 rows"),
        (frame(which=["a"] * 27 + ["b"] * 3), {"series": "which"}, "The series 'b' is too short"),
        (frame(), {"horizon": 0}, "horizon must be at least 1"),
        (frame(), {"stride": 0}, "stride"),
        (frame(), {"batch_size": 0}, "batch_size"),
        (frame(), {"lookback": 0}, "lookback"),
        (frame(), {"test_share": 1.0}, "test_share=1.0"),
        (frame(), {"season": 21}, "season must be between 1 and 20.*Received: season=21"),
        (frame(), {"test_share": 0.01}, "too short"),
    ],
)
def test_errors_name_the_wrong_argument(table, options, message):
    with pytest.raises(BadInput, match=message):
        make(table, **options)


def test_errors_of_a_file_give_the_line(tmp_path):
    path = tmp_path / "sales.csv"
    frame().assign(y=[*range(29), "much"]).to_csv(path, index=False)
    with pytest.raises(BadInput, match="line 31.*Received: 'much'"):
        series.from_csv(path, target="y")
    frame().to_csv(path, index=False, sep=";")
    assert np.array_equal(series.from_csv(path, target="y", time="day", lookback=4).values, make().values)


@pytest.mark.parametrize(
    ("name", "options", "persistence", "seasonal"),
    [
        ("airline-passengers", {"time": "Month", "target": "Passengers"}, 48.04, 41.85),
        ("monthly-sunspots", {"time": "Month", "target": "Sunspots"}, 18.47, 36.48),
        ("daily-min-temperatures", {"time": "Date", "target": "Temp", "fill": "linear"}, 2.617, 3.632),
        ("ETT-small/ETTh1", {"time": "date", "target": "OT"}, 0.6302, 2.141),
    ],
)
def test_baselines_on_real_series(real_data, name, options, persistence, seasonal):
    found = series.from_csv(real_data / "timeseries" / f"{name}.csv", **options)
    truth = found.futures(found.valid_origins)
    errors = [found.naive(found.valid_origins, season) - truth for season in (1, found.season)]
    assert [float(np.sqrt((each**2).mean())) for each in errors] == pytest.approx([persistence, seasonal], rel=3e-4)


def test_unusual_time_columns_of_real_files(real_data):
    folder = real_data / "timeseries"
    with pytest.raises(BadInput, match=r"line 2.*omit the time column \(no --time\).*Received: '1-01'"):
        series.from_csv(folder / "shampoo.csv", target="Sales", time="Month")
    assert series.from_csv(folder / "shampoo.csv", target="Sales").counts["rows"] == 36
    hours = ["year", "month", "day", "hour"]
    found = series.from_csv(
        folder / "pollution.csv", target="pm2.5", time=hours, covariates=["DEWP", "cbwd"], fill="forward"
    )
    assert (found.spacing, found.season, found.channels[2:]) == (
        "hourly",
        24,
        ("cbwd=NE", "cbwd=NW", "cbwd=SE", "cbwd=cv"),
    )


def test_windows_are_drawn_with_what_followed_and_what_was_forecast():
    found = make(horizon=3, time="day")
    (ax,) = found.draw([2], ["worst"], forecasts=np.array([[[1.0], [2.0], [3.0]]])).axes[:1]
    origin = found.valid_origins[2]
    assert ax.get_title() == f"{np.datetime64('2020-01-01') + origin}: worst"
    window, truth, forecast = (line.get_xydata().tolist() for line in ax.lines)
    assert window == [[step, (origin + step) ** 1.5] for step in range(-4, 0)]
    assert truth == [[step, (origin + step) ** 1.5] for step in range(3)]
    assert forecast == [[0, 1], [1, 2], [2, 3]]
    with pytest.raises(BadInput, match=r"Forecasts must be \(1, 3, 1\). Received: \(1, 2, 1\)"):
        found.draw([2], ["worst"], forecasts=np.zeros((1, 2, 1)))


def test_each_target_has_a_panel_of_its_own_and_series_are_named():
    table = pd.concat([frame(which=name, z=np.arange(30.0)) for name in ("a", "b")])
    found = make(table, target=["y", "z"], series="which")
    axes = found.draw([0], ["x"]).axes
    assert [ax.get_title() for ax in axes] == ["y, a, row 20: x", "z, a, row 20: x"]
    assert axes[1].lines[1].get_ydata().tolist() == [20]
    assert found.caption(found.valid_labels[0]) == "y 89.44, z 20"  # 20 ** 1.5


def test_the_caption_of_several_steps_has_the_first_and_the_last():
    found = make(horizon=3)
    assert found.caption(found.valid_labels[0]) == "y 89.44 … 103.2"  # 20 ** 1.5, 22 ** 1.5


def test_known_channels_lead_by_the_horizon():
    table = frame()
    table.loc[27:, "y"] = None
    found = make(table, known=["x"], covariates=[], horizon=3)
    # 27 rows with a target, of which 18 train; a window of four ends with the x of the three steps to forecast.
    assert (found.channels, found.known, len(found.values)) == (("y", "x"), 1, 27)
    assert found.windows([18])[0, :, 1].tolist() == [row % 7 for row in (17, 18, 19, 20)]
    assert found.windows([18])[0, :, 0].tolist() == [row**1.5 for row in (14, 15, 16, 17)]
    # The scale is that of the training part itself.
    assert found.scale.mean[1] == np.mean(np.arange(18) % 7)
    assert "from 4 rows of 2 channels (1 known ahead) to 3 of y" in str(found)
    with pytest.raises(BadInput, match="'y' has 3 missing values"):
        make(table, covariates=["x"])


def test_known_values_of_the_test_part_are_all_that_training_may_see():
    changed = frame()
    changed.loc[20:, ["y", "w"]] = 1e6
    one, two = (make(each, known=["x"], covariates=["w"], horizon=3) for each in (frame(w=1.0), changed.fillna(1.0)))
    assert np.array_equal(one.scale.mean, two.scale.mean)
    assert all(np.array_equal(a, b) for a, b in zip(stacked(one.train), stacked(two.train), strict=True))


def test_the_default_lookback_reaches_the_horizon_if_something_is_known():
    assert make(lookback=None, known=["x"], horizon=8).lookback == 8
    assert make(lookback=None, covariates=["x"], horizon=8).lookback == 4
    with pytest.raises(BadInput, match="lookback must be at least the horizon. Received: lookback=4"):
        make(known=["x"], horizon=5)


def test_a_calendar_needs_time_stamps_and_two_cycles():
    with pytest.raises(BadInput, match=r"needs a time column: name it \(time=; --time\)"):
        make(calendar=True)
    with pytest.raises(BadInput, match="too short for a calendar.*Received: columns"):
        make(frame().head(20), time="day", calendar=True)
    assert make(time="day", calendar=True).channels == ("y", "week sine", "week cosine")
