import numpy as np
import pandas as pd
import pytest
from kerasdl.data.series.time_cycles import cycles_too_long, time_cycles
from kerasdl.errors import BadInput


def test_a_quarter_of_a_circle_is_a_sine_of_one():
    # 6:00 on a Monday, and the same hour of Wednesday.
    found = time_cycles(pd.DatetimeIndex(["2024-01-01 06:00", "2024-01-01 18:00", "2024-01-02 06:00"]))
    assert found["day sine"].to_numpy() == pytest.approx([1, -1, 1])
    assert found["day cosine"].to_numpy() == pytest.approx([0, 0, 0], abs=1e-9)
    week = 2 * np.pi * np.array([0.25, 0.75, 1.25]) / 7
    assert found["week sine"].to_numpy() == pytest.approx(np.sin(week))
    assert found["year cosine"].to_numpy() == pytest.approx(np.cos(week * 7 / 366))


@pytest.mark.parametrize(
    ("freq", "cycles"),
    [("h", {"day", "week", "year"}), ("D", {"week", "year"}), ("W", {"year"}), ("MS", {"year"}), ("QE", {"year"})],
)
def test_cycles_are_longer_than_the_spacing(freq, cycles):
    assert {name.split()[0] for name in time_cycles(pd.date_range("2020-01-01", periods=9, freq=freq))} == cycles


def test_years_have_no_calendar():
    with pytest.raises(BadInput, match="a year or more apart. Received: a step of 36"):
        time_cycles(pd.date_range("2020-01-01", periods=9, freq="YS"))


def test_the_last_day_of_a_leap_year_is_next_to_the_first():
    found = time_cycles(pd.date_range("2023-12-30", periods=800))
    steps = np.hypot(np.diff(found["year sine"]), np.diff(found["year cosine"]))
    assert steps == pytest.approx(2 * np.pi / 365, rel=0.01)


def test_two_cycles_are_needed():
    times = pd.date_range("2020-01-01", "2021-12-30")
    assert cycles_too_long(["week sine", "year sine", "holiday"], times) == ["year sine"]
    assert cycles_too_long(["year sine"], pd.date_range("2020-01-01", "2022-01-01")) == []
