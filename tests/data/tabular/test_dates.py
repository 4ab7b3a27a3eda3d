"""Dates: inferred formats, and conversion to ISO 8601."""

import pandas as pd
import pytest
from kerasdl.data.tabular.columns import column_of
from kerasdl.data.tabular.dates import date_form, iso_dates
from kerasdl.errors import BadInput


@pytest.mark.parametrize(
    "values",
    [
        pd.to_datetime(["2016-07-31", "2016-08-01"]),
        pd.to_datetime(["2016-07-31", "2016-08-01"], utc=True),
        ["2016-03-27T01:00:00+01:00", "2016-03-27T03:00:00+02:00"],
        ["31.07.16", "01.08.16"],
        ["07/31/2016 05:05 PM", "08/01/2016 07:00 AM"],
        ["2016-07-31 17:05", *["2016-08-01"] * 9],
        ["2016-07-31", "9999-12-31"],
    ],
    ids=lambda values: str(values[0]),
)
def test_dates_are_recognized_in_many_formats(values):
    assert column_of(pd.Series(values, name="since")).kind == "date"


def test_the_month_comes_first_in_ambiguous_dates():
    assert date_form(pd.Series(["01/02/2016", "03/04/2016"])) == "%m/%d/%Y"
    assert date_form(pd.Series(["01/02/2016", "31/01/2016"])) == "%d/%m/%Y"
    assert date_form(pd.Series(["soon", "later"])) is None


def test_time_zones_are_converted_to_utc():
    column = pd.Series(["2016-03-27T01:00:00+01:00", "2016-03-27T03:00:00+02:00"])
    assert iso_dates(column, None).tolist() == ["2016-03-27 00:00:00", "2016-03-27 01:00:00"]


def test_dates_are_read_in_the_given_format():
    column = pd.Series(["01.02.2016", None], index=pd.RangeIndex(2, 4, name="line"), name="since", dtype=object)
    assert iso_dates(column, "%d.%m.%Y").tolist() == ["2016-02-01 00:00:00", ""]
    column[2] = "2016-02-01"
    with pytest.raises(BadInput, match="such as 31.07.2016, but line 2 is not one"):
        iso_dates(column, "%d.%m.%Y")


def test_numbers_are_dates_as_their_text_is():
    days = pd.Series([20160731, 20160801])
    for column in (days, days.astype(float), days.astype(str), days.astype("Int64")):
        assert iso_dates(column, None).tolist() == ["2016-07-31 00:00:00", "2016-08-01 00:00:00"]
    with pytest.raises(BadInput, match="row 0 is not one: correct it. Received: 5"):
        iso_dates(pd.Series([5, 6]), None)
