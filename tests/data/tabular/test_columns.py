"""Columns: typed by what they hold, and raw values for the exported model."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from kerasdl.data.tabular.columns import column_of, key, raw_inputs, raw_values
from kerasdl.errors import BadInput

WORDS = ["red", "blue", "red", None, "green", "blue"]


def column(values, name="size"):
    return pd.Series(values, name=name, index=pd.RangeIndex(2, 2 + len(values), name="line"), dtype=object)


@pytest.mark.parametrize(
    ("values", "kind", "note"),
    [
        (["1", "2.5", None], "number", "1 to 2.5, 1 missing"),
        (WORDS, "category", "3 values"),
        (["007", "008", "007"], "category", "2 values"),
        ([True, False, True], "category", "2 values"),
        (["2016-07-31", "2016-08-01"], "date", "2016-07-31 00:00:00 to 2016-08-01 00:00:00"),
        (["1/2/2016", "31/1/2016", None], "date", "2016-01-31 00:00:00 to 2016-02-01 00:00:00, read as %d/%m/%Y"),
        ([None, None], "left out", "holds nothing"),
        (["x", "x"], "left out", "holds one value"),
        ([str(number) for number in range(30)], "left out", "numbers the rows"),
        ([f"name {number}" for number in range(30)], "left out", "hardly a value comes twice"),
    ],
)
def test_columns_are_typed_by_their_cells(values, kind, note):
    found = column_of(column(values))
    assert (found.kind, found.note) == (kind, note)


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
def test_dates_are_known_however_they_are_written(values):
    assert column_of(pd.Series(values, name="since")).kind == "date"


def test_a_time_zone_is_taken_off():
    column = pd.Series(["2016-03-27T01:00:00+01:00", "2016-03-27T03:00:00+02:00"])
    assert raw_values(column, "date")[:, 0].tolist() == ["2016-03-27 00:00:00", "2016-03-27 01:00:00"]


def test_what_pandas_calls_a_category_is_one():
    assert column_of(pd.Series(pd.Categorical([20, 30, 20] * 9), name="size")).kind == "category"


def test_seconds_since_1970_keep_their_digits():
    seconds = 1.7e9 + np.arange(600) * 7 % 600
    layer = column_of(pd.Series(seconds, name="seconds")).preprocessor
    scaled = layer(raw_values(pd.Series(seconds), "number")).numpy()[:, 0]
    np.testing.assert_allclose(scaled, (seconds - seconds.mean()) / seconds.std(), atol=1e-5)


@pytest.mark.parametrize(
    ("values", "kind"), [(["1", "2", "1"], "category"), ([str(n) for n in range(30)], "number"), (WORDS, "left out")]
)
def test_the_user_may_say_what_a_column_holds(values, kind):
    assert column_of(column(values), kind).kind == kind


def test_missing_numbers_become_the_median_and_a_flag():
    layer = column_of(column(["1", "3", None, "8"])).preprocessor
    # The mean and deviation are those of 1, 3, 3, 8.
    std = np.std([1, 3, 3, 8])
    np.testing.assert_allclose(layer(np.array([[np.nan], [8.0]])), [[-0.75 / std, 1], [4.25 / std, 0]], rtol=1e-6)
    assert column_of(column(["1", "3"])).preprocessor(np.array([[1.0]])).shape == (1, 1)


def test_words_have_a_slot_for_the_unknown_and_one_for_the_missing():
    found = column_of(column(WORDS))
    indices = found.preprocessor(tf.constant([["red"], ["blue"], [""], ["green"], ["violet"]])).numpy().ravel()
    # What training saw once is as good as unknown.
    assert indices.tolist() == [2, 1, 3, 0, 0]
    assert found.cardinality == 4


def test_many_values_are_hashed():
    values = [f"customer {number // 2}" for number in range(4000)]
    found = column_of(column(values))
    assert (found.kind, found.cardinality, found.note) == ("category", 1000, "2,000 values, hashed")
    indices = found.preprocessor(tf.constant(values)[:, None]).numpy()
    assert indices.min() >= 0
    assert indices.max() < 1000
    assert len(np.unique(indices)) > 800


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        ([*"123456789", "ten", "11"], None, "Column 'size' holds numbers, but line 11 is no number.*'ten'"),
        (["2016-07-31"] * 10 + ["2016-08-01", "soon"], None, "holds dates such as 2016-07-31, but line 13.*'soon'"),
        (["1", "x"], "number", "line 3.*'x'"),
        (["a", "b"], "date", "holds dates such as 2016-07-31, but line 2 is none.*'a'"),
    ],
)
def test_a_cell_that_does_not_fit_is_named(values, kind, message):
    with pytest.raises(BadInput, match=message):
        column_of(column(values), kind)


def test_a_frame_and_its_file_give_the_same_text():
    typed = pd.Series([3.0, np.nan, 2.5, True, " x ", "3.0"], dtype=object)
    assert raw_values(typed, "category")[:, 0].tolist() == ["3", "", "2.5", "True", "x", "3"]
    assert raw_values(pd.Series([3, 4]), "category")[:, 0].tolist() == ["3", "4"]


def test_dates_are_read_as_training_had_them():
    assert raw_values(column(["01.02.2016", None]), "date", "%d.%m.%Y")[:, 0].tolist() == ["2016-02-01 00:00:00", ""]
    with pytest.raises(BadInput, match="such as 31.07.2016, but line 2 is none"):
        raw_values(column(["2016-02-01"]), "date", "%d.%m.%Y")


def test_names_that_tensorflow_refuses_are_mended():
    assert [key(name) for name in ("age", "sq. metres/room", "größe", "_x", "", "class_names")] == [
        "age", "sq._metres_room", "gr__e", "c_x", "c", "class_names_",
    ]  # fmt: skip


def test_raw_inputs_are_tensors_by_key():
    frame = pd.DataFrame({"sq. m": ["1", None], "job": ["clerk", None], "more": ["x", "y"]})
    inputs = raw_inputs(frame, {"sq._m": ("number", None), "job": ("category", None)})
    np.testing.assert_array_equal(inputs["sq._m"], [[1], [np.nan]])
    assert inputs["job"].numpy().tolist() == [[b"clerk"], [b""]]
    several = pd.DataFrame([["1", "2", "3"]], columns=["sq_m", "sq m", "sq:m"])
    assert raw_inputs(several, {"sq_m": ("number", None)})["sq_m"].numpy() == 1
    with pytest.raises(BadInput, match="cannot tell these columns apart.*'sq m', 'sq:m'"):
        raw_inputs(several.drop(columns="sq_m"), {"sq_m": ("number", None)})
    with pytest.raises(BadInput, match=r"needs columns \['since'\].*'sq. m', 'job', 'more'"):
        raw_inputs(frame, {"since": ("date", None)})
