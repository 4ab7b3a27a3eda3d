"""Columns: inferred kinds, preprocessing, and inputs of the exported model."""

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
        ([None, None], "left out", "all values are missing"),
        (["x", "x"], "left out", "all values are equal"),
        ([str(number) for number in range(30)], "left out", "row numbers"),
        ([f"name {number}" for number in range(30)], "left out", "almost all values are unique"),
    ],
)
def test_kinds_are_inferred_from_cells(values, kind, note):
    found = column_of(column(values))
    assert (found.kind, found.note) == (kind, note)


def test_categorical_dtype_is_a_category():
    assert column_of(pd.Series(pd.Categorical([20, 30, 20] * 9), name="size")).kind == "category"


def test_large_numbers_keep_their_precision():
    seconds = 1.7e9 + np.arange(600) * 7 % 600
    layer = column_of(pd.Series(seconds, name="seconds")).preprocessor
    scaled = layer(raw_values(pd.Series(seconds), "number")).numpy()[:, 0]
    z = (seconds - np.median(seconds)) / (np.quantile(seconds, 0.75) - np.quantile(seconds, 0.25))
    np.testing.assert_allclose(scaled, z / np.sqrt(1 + (z / 3) ** 2), atol=1e-6)


@pytest.mark.parametrize(
    ("values", "kind"), [(["1", "2", "1"], "category"), ([str(n) for n in range(30)], "number"), (WORDS, "left out")]
)
def test_a_given_kind_overrides_the_inferred_one(values, kind):
    assert column_of(column(values), kind).kind == kind


def test_an_excluded_column_says_so():
    found = column_of(column(WORDS), "left out")
    assert (found.kind, found.note, found.preprocessor) == ("left out", "excluded by the user", None)


def test_missing_numbers_become_the_median_and_a_flag():
    layer = column_of(column(["1", "3", None, "8"])).preprocessor
    # The median of 1, 3 and 8 is 3, the quartiles are 2 and 5.5; 8 is clipped a little.
    z = (8 - 3) / 3.5
    np.testing.assert_allclose(layer(np.array([[np.nan], [8.0]])), [[0, 1], [z / np.sqrt(1 + z**2 / 9), 0]], rtol=1e-6)
    assert column_of(column(["1", "3"])).preprocessor(np.array([[1.0]])).shape == (1, 1)


@pytest.mark.parametrize(
    ("values", "spread"),
    # Quartiles of 0 and 0 do not tell; half of the range does. Rounding is no spread.
    [([0] * 9 + [5, 10], 5.0), ([0.1 + 0.2, 0.3] * 10, 1.0), (list(range(9, 0, -1)), 4.0)],
)
def test_the_spread_of_numbers(values, spread):
    assert column_of(pd.Series(np.array(values, float), name="x"), "number").preprocessor.std == spread


def test_unknown_and_missing_words_have_an_index_each():
    found = column_of(column(WORDS))
    indices = found.preprocessor(tf.constant([["red"], ["blue"], [""], ["green"], ["violet"]])).numpy().ravel()
    # A word that occurs once has the index of unknown words.
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
        (
            [*"123456789", "ten", "11"],
            None,
            "Column 'size' holds numbers, but line 11 is not a finite float32 number: correct it.*'ten'",
        ),
        (["2016-07-31"] * 10 + ["2016-08-01", "soon"], None, "holds dates such as 2016-07-31, but line 13.*'soon'"),
        (["1", "x"], "number", "line 3.*'x'"),
        (["a", "b"], "date", "holds dates such as 2016-07-31, but line 2 is not one: correct it.*'a'"),
    ],
)
def test_errors_name_the_cell_that_does_not_fit(values, kind, message):
    with pytest.raises(BadInput, match=message):
        column_of(column(values), kind)


def test_a_dataframe_and_its_file_give_the_same_text():
    typed = pd.Series([3.0, np.nan, 2.5, True, " x ", "3.0"], dtype=object)
    assert raw_values(typed, "category")[:, 0].tolist() == ["3", "", "2.5", "True", "x", "3"]
    assert raw_values(pd.Series([3, 4]), "category")[:, 0].tolist() == ["3", "4"]


def test_names_that_tensorflow_rejects_are_converted():
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
    with pytest.raises(BadInput, match="have one name in the model.*'sq m', 'sq:m'"):
        raw_inputs(several.drop(columns="sq_m"), {"sq_m": ("number", None)})
    with pytest.raises(BadInput, match=r"needs columns \['since'\].*'sq. m', 'job', 'more'"):
        raw_inputs(frame, {"since": ("date", None)})
