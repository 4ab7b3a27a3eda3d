"""An index of times is the time column, with the same checks."""

import numpy as np
import pandas as pd
import pytest
from kerasdl.data import series
from kerasdl.data.series.time_index import with_time_index
from kerasdl.errors import BadInput

DAYS = pd.date_range("2020-03-01", periods=40, name="day")
INDICES = {
    "times": DAYS,
    "zoned": DAYS.tz_localize("Europe/Berlin"),
    "periods": DAYS.to_period("D"),
    "dates": pd.Index(DAYS.date),
    "text": pd.Index(DAYS.strftime("%d.%m.%Y")),
}


def frame(index):
    return pd.DataFrame({"y": np.arange(40) ** 1.5}, index)


def make(table, **options):
    return series.from_frame(table, target="y", lookback=4, **options)


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_an_index_of_times_is_the_time_column(index):
    ordered, shuffled = make(frame(index)), frame(index).sample(frac=1, random_state=0)
    assert (ordered.spacing, ordered.season) == ("daily", 7)
    assert ordered.times.astype("datetime64[D]").tolist() == DAYS.to_numpy().astype("datetime64[D]").tolist()
    with pytest.raises(BadInput, match=r"rows are earlier than the previous row, the first at row 1: sort them"):
        make(shuffled)
    assert np.array_equal(make(shuffled, sort=True).values, ordered.values)
    with pytest.raises(BadInput, match=r"1 time stamps are duplicated, the first at row 40: 1 rows"):
        make(pd.concat([frame(index), frame(index).tail(1)]))
    with pytest.raises(BadInput, match=r"1 time stamps are missing from a daily.*frame.reset_index\(drop=True\)"):
        make(frame(index).drop(index[20]))
    assert make(frame(index).drop(index[20]), fill="linear").counts["rows"] == 40


def test_a_named_time_column_is_kept():
    table = frame(DAYS[::-1]).assign(hour=pd.date_range("2020-01-01", periods=40, freq="h"))
    assert make(table, time="hour").spacing == "hourly"
    assert make(frame(DAYS).assign(day=range(40))).spacing == "daily"


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(40),
        pd.Index(range(1980, 2020)),
        pd.Index([f"r{i}" for i in range(40)]),
        pd.to_timedelta(range(40), unit="h"),
        pd.Index([(i, "a") for i in range(40)], tupleize_cols=False),
        pd.Index([b"%d" % i for i in range(40)]),
        pd.MultiIndex.from_arrays([pd.to_timedelta(range(40), unit="h"), range(40)]),
    ],
)
def test_another_index_numbers_the_rows(index):
    assert make(frame(index)).spacing is None


def test_levels_of_the_index_are_columns():
    shops = pd.concat({shop: frame(DAYS) for shop in "ab"}, names=["shop"])
    assert list(make(shops, time="day", series="shop").series) == ["a", "b"]
    with pytest.raises(BadInput, match=r"several levels, one of them times.*Received: levels \['shop', 'day'\]"):
        make(shops)
    assert make(frame(DAYS), time="day").spacing == "daily"
    table, time = with_time_index(frame(pd.MultiIndex.from_product([["a", "b"], range(20)])), (), ["y"])
    assert (list(table), time) == (["y"], ())


def test_missing_times_of_an_index_are_named():
    with pytest.raises(BadInput, match="'day' has 1 missing time stamps, the first at row 3"):
        make(frame(DAYS.where(DAYS[3] != DAYS)))
