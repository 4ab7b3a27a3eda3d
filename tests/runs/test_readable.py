from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.runs.readable import duration, readable, shown, titled


@pytest.mark.parametrize(
    ("name", "value", "interval", "said"),
    [
        ("accuracy", 0.9724, (0.951, 0.986), "97.2 % (95.1 to 98.6)"),
        ("accuracy", 0.9997, (0.9994, 1.0), "99.970 % (99.940 to 100.000)"),
        ("accuracy", 0.5, (0.1, 0.9), "50 % (10 to 90)"),
        ("rmse", 50318.0, (48200.0, 52900.0), "50318 (48200 to 52900)"),
        ("loss", 0.098, (0.051, 0.17), "0.098 (0.051 to 0.170)"),
        ("loss", 0.5, (0.5, 0.5), "0.50 (0.50 to 0.50)"),
        ("test_accuracy", 0.98765, None, "98.77 %"),
        ("loss", 0.123456, None, "0.1235"),
        ("loss", nan, None, "nan"),
        ("loss", 0.123456, (nan, nan), "0.1235"),
        ("valid_images", 12345, None, "12,345"),
        ("is_best", True, None, "True"),
        ("recommended", "ngrams", None, "ngrams"),
        ("rehearsal", {"steps": [500, 1000], "loss": [0.31256, 0.3]}, None, "steps 500, 1,000; loss 0.3126, 0.3"),
        ("test_accuracy", [0.5, 0.25], None, "50.00 %, 25.00 %"),
        ("skipped", [], None, "none"),
        ("baselines", {}, None, "none"),
    ],
)
def test_a_metric_has_the_digits_that_its_interval_supports(name, value, interval, said):
    assert readable(name, value, interval) == said


@settings(max_examples=50)
@given(st.text(max_size=9), st.floats(), st.none() | st.tuples(st.floats(), st.floats()))
def test_any_numbers_are_written(name, value, interval):
    assert readable(name, value, interval)
    assert isinstance(duration(value), str)


def test_names_and_values():
    assert [titled(each) for each in ("peak_lr", "rmse_price", "f1", "")] == ["Peak LR", "RMSE price", "F1", ""]
    assert shown("x" * 3000).endswith("xx…")
    assert len(shown(["x" * 3000], 60)) == 60
    assert [duration(each) for each in (59.96, 60.4, 3600, inf, None)] == [
        "1 min 0 s",
        "1 min 0 s",
        "1 h 0 min",
        "",
        "",
    ]
