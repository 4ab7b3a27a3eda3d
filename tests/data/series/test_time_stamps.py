"""Time stamps: parsing, and regular spacings."""

import numpy as np
import pandas as pd
import pytest
from kerasdl.data.series.time_stamps import continued, read_times, regular_grid
from kerasdl.errors import BadInput


def stamps(*cells, **columns):
    frame = pd.DataFrame({"t": cells} if cells else columns, dtype=object)
    return [str(stamp) for stamp in read_times(frame, list(frame))]


@pytest.mark.parametrize(
    ("cells", "last"),
    [
        (["1949-01", "1949-02"], "1949-02-01 00:00:00"),
        (["1749", "1750"], "1750-01-01 00:00:00"),
        (["2020-01-01 13:00", "2020-01-01 14:00"], "2020-01-01 14:00:00"),
        (["20200101", "20200102"], "2020-01-02 00:00:00"),
        (["1/1/2020 0:00", "1/1/2020 1:00"], "2020-01-01 01:00:00"),
        (["2020-01-01T01:00:00+01:00", "2020-01-01T03:00:00+02:00"], "2020-01-01 01:00:00"),  # as UTC
        (["13/02/2020", "14/02/2020"], "2020-02-14 00:00:00"),  # there is no month 13
        (["01/02/2020", "01/03/2020"], "2020-01-03 00:00:00"),  # ambiguous: the month comes first
        ([f"01/{month:02}/2020" for month in range(1, 13)] + ["01/01/2021"], "2021-01-01 00:00:00"),
    ],
)
def test_common_formats_are_read(cells, last):
    assert stamps(*cells)[-1] == last


def test_the_regularly_spaced_reading_is_preferred():
    months = stamps(*[f"01/{month:02}/2020" for month in range(1, 13)], "01/01/2021")
    assert months[1] == "2020-02-01 00:00:00"


def test_local_time_is_preferred_to_utc_if_it_alone_is_regular():
    days = pd.date_range("2020-03-28", periods=3, tz="Europe/Berlin")  # the second day has 23 hours
    for cells in (days, days.astype(str), days.strftime("%Y-%m-%d %H:%M:%S.%f%z")):
        assert stamps(*cells) == [f"2020-03-{day} 00:00:00" for day in (28, 29, 30)]
    hours = pd.date_range("2020-03-29", periods=4, freq="h", tz="Europe/Berlin")
    assert stamps(*hours)[-1] == "2020-03-29 02:00:00"


def test_month_ends_are_continued_by_month_ends():
    assert continued(pd.DatetimeIndex(["2020-01-31", "2020-02-29"]), 1)[0] == pd.Timestamp("2020-03-31")
    assert continued(pd.DatetimeIndex(["2020-01-30", "2020-02-29", "2020-03-29"]), 1)[0] == pd.Timestamp("2020-04-29")


def test_one_time_stamp_cannot_be_continued():
    with pytest.raises(BadInput, match=r"Two rows at least are needed.*Received: \['2020-01-01'\]"):
        continued(pd.DatetimeIndex(["2020-01-01"]), 1)


def test_time_stamps_from_several_columns():
    parts = {"Year": ["2020", "2020"], "month": ["1", "1"], "day": ["31", "31"], "hour": ["0", "13"]}
    assert stamps(**parts)[1] == "2020-01-31 13:00:00"
    assert stamps(year=["2020", "2020"], month=["1", "2"])[1] == "2020-02-01 00:00:00"
    assert stamps(date=["2020-01-31", "2020-01-31"], at=["00:00", "13:00"])[1] == "2020-01-31 13:00:00"


def test_datetime_columns_lose_only_their_time_zone():
    frame = pd.DataFrame({"t": pd.date_range("2020-01-01", periods=3, tz="UTC")})
    assert (read_times(frame, ["t"]).to_numpy() == frame["t"].dt.tz_localize(None).to_numpy()).all()


@pytest.mark.parametrize("cells", [["1-01", "1-02"], ["0", "1"], ["1.5", "2.5"]])
def test_errors_name_the_cell_and_suggest_omitting_the_column(cells):
    with pytest.raises(BadInput, match=f"'t', row 0, is not a readable time stamp.*omit the time column.*'{cells[0]}'"):
        stamps(*cells)


def test_errors_name_the_first_wrong_or_missing_cell():
    with pytest.raises(BadInput, match="row 2, is not a readable time stamp.*Received: 'soon'"):
        stamps("2020-01-01", "2020-01-02", "soon", "2020-01-04")
    with pytest.raises(BadInput, match="has 1 missing time stamps, the first at row 1"):
        stamps("2020-01-01", None)
    with pytest.raises(BadInput, match="is not a readable time stamp"):
        stamps(year=["2020", "2020"], month=["1", "13"])


@pytest.mark.parametrize(
    ("frequency", "spacing"),
    [
        ("h", "hourly"),
        ("15min", "every 15min"),
        ("D", "daily"),
        ("B", "business-daily"),
        ("W", "weekly"),
        ("MS", "monthly"),
        ("ME", "monthly"),
        ("QS", "quarterly"),
        ("QE", "quarterly"),
        ("YS", "yearly"),
        ("4MS", "every 4 months"),
    ],
)
def test_spacings_are_found_despite_a_missing_time_stamp(frequency, spacing):
    whole = pd.date_range("2019-12-31", periods=40, freq=frequency)
    grid, found = regular_grid(whole[np.arange(40) != 7])
    assert found == spacing
    assert list(grid) == list(whole)


def test_irregular_time_stamps_have_no_grid():
    assert regular_grid(pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-03 07:00"])) is None
    assert regular_grid(pd.DatetimeIndex(["1900-01-01 00:00:00", "1900-01-01 00:00:01", "2020-01-01"])) is None
