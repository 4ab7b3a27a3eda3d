"""Tables of time series: regular spacing, sorting, filling, one-hot words, and errors that name the row."""

import numpy as np
import pandas as pd
import pytest
from kerasdl.data.series.time_table import read_series
from kerasdl.errors import BadInput


def frame(rows=30, **columns):
    days = pd.date_range("2020-01-01", periods=rows).strftime("%Y-%m-%d")
    return pd.DataFrame({"day": days, "y": np.arange(rows) ** 1.5, "x": np.arange(rows) % 7, **columns}).astype(object)


def read(table, covariates=(), **options):
    defaults = {"time": [], "series": None, "test_share": 1 / 3, "sort": False, "fill": None}
    return read_series(table, ["y"], covariates, **{**defaults, **options})


def with_cell(row, column, value):
    table = frame()
    table.loc[row, column] = value
    return table


def test_series_are_split_by_name_and_part():
    found = read(frame(which=["b"] * 12 + ["a"] * 18), series="which", time=["day"])
    assert [(name, len(each.table), each.train_rows, each.spacing) for name, each in found.items()] == [
        ("b", 12, 8, "daily"), ("a", 18, 12, "daily"),
    ]  # fmt: skip


def test_rows_are_sorted_on_request():
    shuffled = frame().sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(
        read(shuffled, time=["day"], sort=True)[""].table, read(frame(), time=["day"])[""].table
    )


def test_words_become_one_channel_per_word():
    (found,) = read(frame(wind=["N", "S", None] + ["N"] * 27), ["wind"], fill="forward").values()
    assert list(found.table) == ["y", "wind=N", "wind=S"]
    assert found.table.to_numpy()[:4, 1:].tolist() == [[1, 0], [0, 1], [0, 1], [1, 0]]


@pytest.mark.parametrize("dtype", [object, "str"])
def test_missing_words_are_the_last_ones_whatever_the_type_of_the_column(dtype):
    table = frame(wind=["N", "S", None] + ["N"] * 27).astype({"y": float, "wind": dtype})
    (found,) = read(table, ["wind"], fill="linear").values()
    assert found.table.to_numpy()[:4, 1:].tolist() == [[1, 0], [0, 1], [0, 1], [1, 0]]


def test_filled_targets_are_not_observed():
    (found,) = read(frame().drop(index=5), time=["day"], fill="linear").values()
    assert np.flatnonzero(~found.observed).tolist() == [5]
    assert found.table["y"].iloc[5] == pytest.approx((4**1.5 + 6**1.5) / 2)


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (with_cell(7, "y", "much"), {}, "Column 'y'.*row 7.*Received: 'much'"),
        (with_cell(7, "y", "inf"), {}, "row 7"),
        (with_cell(7, "x", "much"), {"covariates": ["x"]}, "Column 'x'.*row 7"),
        (with_cell(7, "y", None), {}, "Column 'y' has 1 missing values in 30 rows, the first at row 7: fill them"),
        (with_cell(7, "day", None), {"time": ["day"]}, "has 1 missing time stamps, the first at row 7"),
        (with_cell(7, "day", "2020-01-07"), {"time": ["day"]}, "1 time stamps are duplicated, the first at row 7"),
        (with_cell(7, "day", "2020-03-07"), {"time": ["day"]}, "1 rows are earlier.*first at row 8.*--sort"),
        (with_cell(7, "day", "2020-01-08 11:00"), {"time": ["day"]}, "not regularly spaced.*2 differ.*row 7"),
        (frame().drop(index=[7, 8]), {"time": ["day"]}, "2 time stamps are missing.*2020-01-08 .*after row 6.*--fill"),
        (frame(), {"sort": True}, "Sorting needs a time column"),
        (frame(200, wind=[f"w{index}" for index in range(200)]), {"covariates": ["wind"]}, "133 different words"),
        (frame(which=["a"] * 29 + [None]), {"series": "which"}, "1 rows have no value, the first at row 29"),
        (with_cell(slice(0, 19), "y", None), {"fill": "linear"}, r"no value in the training part of columns \['y'\]"),
    ],
)
def test_errors_name_the_row_or_column(table, options, message):
    with pytest.raises(BadInput, match=message):
        read(table, **options)


def doubled(**columns):
    """The last day of `frame()` twice more, with other values, and the first once more, with its own."""
    table = frame()
    more = [table.iloc[[29]].assign(y=7), table.iloc[[0]], table.iloc[[29]].assign(y=1)]
    return pd.concat([table, *more], ignore_index=True).assign(**columns)


def test_duplicates_are_counted_and_named():
    message = (
        "^2 time stamps are duplicated, the first at row 30: 3 rows repeat the time stamp of an earlier row, 1 of them "
        r"with equal values. Merge them \(duplicates='first', 'last' or 'mean'; --duplicates\), or name .*"
        r"series=; --series\). Received: 2020-01-30"
    )
    with pytest.raises(BadInput, match=message):
        read(doubled(), time=["day"])


@pytest.mark.parametrize(
    ("duplicates", "last"), [("first", 29**1.5), ("last", 1.0), ("mean", pytest.approx((29**1.5 + 7 + 1) / 3))]
)
def test_duplicates_are_merged_on_request(duplicates, last):
    table = doubled(wind=["S"] + ["N"] * 28 + ["S", "N", "S", "E"])
    (found,) = read(table, ["wind"], time=["day"], duplicates=duplicates, sort=True, fill="forward").values()
    assert (len(found.table), found.merged, found.spacing) == (30, 3, "daily")
    assert found.table["y"].iloc[-1] == last
    assert found.table["y"].iloc[0] == 0
    words = found.table.filter(like="wind=").iloc[-1]
    assert words[words == 1].index.tolist() == ([] if duplicates == "last" else ["wind=S"])


def test_rows_of_two_series_are_no_duplicates():
    table = pd.concat([frame(which="a"), frame(which="b"), frame(which="b").tail(1)])
    found = read(table, time=["day"], series="which", duplicates="last")
    assert [(len(each.table), each.merged) for each in found.values()] == [(30, 0), (30, 1)]


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (frame(), {"duplicates": "last"}, "name its column.*Received: duplicates='last'"),
        (frame(), {"duplicates": "median", "time": ["day"]}, "must be one of.*Received: duplicates='median'"),
        (frame(), {"fill": "mean"}, "fill must be None, 'linear' or 'forward'. Received: fill='mean'"),
        (frame().astype({"day": "datetime64[ns]"}), {"covariates": ["day"]}, "column 'day' holds dates: convert"),
        (frame(box=[[1]] * 30), {"covariates": ["box"]}, r"Column 'box' \(object\) holds values of type list"),
        (pd.concat([frame(), frame()[["y"]]], axis=1), {}, r"must be unique: rename columns. Received: \['y'\]"),
        (frame().drop(columns=["y", "x"]), {"covariates": ["x"]}, r"No column 'y', 'x': the table has \['day'\]"),
    ],
)
def test_more_errors(table, options, message):
    with pytest.raises(BadInput, match=message):
        read(table, **options)
