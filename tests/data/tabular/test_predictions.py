"""One call from a DataFrame to predictions, whatever the types of its columns."""

import datetime
import decimal
import re

import keras
import numpy as np
import pandas as pd
import pytest
from kerasdl import export, models
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data import tabular
from kerasdl.errors import BadInput

from tests.data.tabular.test_table import people


def network(table):
    ends = {"classes": 2} if table.classes else {"outputs": 1}
    return models.tabular(table.cardinalities, table.numbers, hidden=(4,), **ends)


def exported(target):
    table = tabular.from_frame(people(60), target)
    model = network(table)
    return export.table_model(model, table.encoder, classes=table.classes, targets=table.target_scales)


def test_classes_have_their_probabilities():
    model, frame = exported("income"), people(5).set_axis(list("pqrst"))
    found = tabular.predict(model, frame[frame.columns[::-1]])
    outputs = model.predict(tabular.raw_inputs(frame, export.raw_columns(model)), verbose=0)
    assert list(found) == ["class", "probability", "probability_high", "probability_low"]
    assert found.index.tolist() == list("pqrst")
    np.testing.assert_array_equal(found[["probability_high", "probability_low"]], outputs)
    assert found["class"].tolist() == [["high", "low"][row.argmax()] for row in outputs]
    np.testing.assert_array_equal(found["probability"], outputs.max(axis=1))
    assert tabular.predict(model, frame.head(0)).shape == (0, 4)


def test_numbers_are_in_the_users_units():
    found = tabular.predict(exported("rent"), people(5))
    assert (list(found), len(found)) == (["rent"], 5)
    # The mean of the training rows, within one standard deviation: the network is not trained.
    assert found["rent"].between(400, 1200).all()
    assert tabular.predict(exported("rent"), people(5).head(0)).shape == (0, 1)


def test_a_model_of_something_else_is_refused():
    within = network(tabular.from_frame(people(60), "income"))
    for model in (models.mlp((3,), 2), within, keras.Sequential(), keras.Sequential([keras.layers.Dense(2)])):
        message = f"does not take raw columns: export it with export.table_model. Received: '{model.name}'"
        with pytest.raises(ValueError, match=message):
            tabular.predict(model, people(5))


ROWS = 24
NUMBERS = np.arange(ROWS) * 7 % 11
WORDS = np.array(["red", "blue", "green"])[NUMBERS % 3]
DAYS = pd.date_range("2020-01-01", periods=ROWS, freq="3D")
# Each works, as the kind given, or is refused by name.
COLUMNS = {
    "floats": (NUMBERS * 1.5, "number"),
    "Int64": (pd.Series([*NUMBERS[1:], None], dtype="Int64"), "number"),
    "Float64": (pd.Series([*NUMBERS[1:] * 1.5, None], dtype="Float64"), "number"),
    "decimals": ([decimal.Decimal(int(number)) / 4 for number in NUMBERS], "number"),
    "sparse": (pd.Series(pd.arrays.SparseArray(NUMBERS * 1.0)), "number"),
    "boolean": (pd.Series([*[True, False] * 11, True, None], dtype="boolean"), "category"),
    "text": (WORDS.astype(object), "category"),
    "string": (pd.Series(WORDS, dtype="string"), "category"),
    "str": (pd.Series(WORDS, dtype="str"), "category"),
    "categorical": (pd.Categorical(WORDS), "category"),
    "bins": (pd.cut(NUMBERS, 3), "category"),
    "times": (DAYS, "date"),
    "zoned": (DAYS.tz_localize("Europe/Berlin"), "date"),
    "dates": ([day.date() for day in DAYS], "date"),
    "periods": (DAYS.to_period("D"), "date"),
    "lists": ([[1, 2], [3]] * (ROWS // 2), "list"),
    "arrays": ([np.arange(2)] * ROWS, "ndarray"),
    "tuples": ([(1, 2)] * ROWS, "tuple"),
    "dicts": ([{"a": 1}] * ROWS, "dict"),
    "bytes": ([b"a", b"b"] * (ROWS // 2), "bytes"),
    "complex": (NUMBERS * 1j, "complex"),
    "durations": (pd.to_timedelta(NUMBERS, unit="h"), "Timedelta"),
    "mixed": ([datetime.timedelta(hours=1), "red"] * (ROWS // 2), "timedelta"),
}
try:
    import pyarrow
except ImportError:
    pass
else:
    COLUMNS["arrow_text"] = (pd.Series(WORDS, dtype="string[pyarrow]"), "category")
    COLUMNS["arrow_numbers"] = (pd.Series(NUMBERS, dtype="int64[pyarrow]"), "number")
    COLUMNS["arrow_times"] = (pd.Series(DAYS, dtype="timestamp[ns][pyarrow]"), "date")
    COLUMNS["arrow_lists"] = (pd.arrays.ArrowExtensionArray(pyarrow.array([[1, 2]] * ROWS)), "ndarray")
KINDS = ("number", "category", "date")


def table_of(name):
    return pd.DataFrame({"column": COLUMNS[name][0], "goal": ["yes", "no"] * (ROWS // 2)})


@pytest.mark.parametrize("name", COLUMNS)
def test_every_type_of_column_works_or_is_refused_by_name(name):
    frame, expected = table_of(name), COLUMNS[name][1]
    if expected in KINDS:
        assert [column.kind for column in tabular.from_frame(frame, "goal").columns] == [expected]
        return
    dtype = re.escape(str(frame["column"].dtype))
    message = rf"Column 'column' \({dtype}\) holds values of type {expected}, not numbers.*Received: .* in row 0"
    with pytest.raises(BadInput, match=message):
        tabular.from_frame(frame, "goal")
    with pytest.raises(BadInput, match="Column 'goal'"):
        tabular.from_frame(frame.rename(columns={"column": "goal", "goal": "column"}), "goal")
    with pytest.raises(BadInput, match="Column 'column'"):
        tabular.raw_inputs(frame, {"column": ("category", None)})
    other = frame.assign(number=NUMBERS)
    table = tabular.from_frame(other, "goal", kinds={"column": "left out"})
    assert list(table.places) == ["number"]
    tabular.raw_inputs(other, table.raw)


@settings(max_examples=60)
@given(st.sampled_from(sorted(COLUMNS)), st.sampled_from([(kind, None) for kind in KINDS] + [("date", "%d.%m.%Y")]))
def test_at_prediction_any_column_is_converted_or_refused_by_name(name, raw):
    try:
        (values,) = tabular.raw_inputs(table_of(name), {"column": raw}).values()
    except BadInput as error:
        message = str(error)
    else:
        message = ""
        assert COLUMNS[name][1] in KINDS
        assert values.shape == (ROWS, 1)
    assert not message or re.search("Column 'column' .*Received: ", message)


@pytest.mark.parametrize("name", [name for name, (_, kind) in COLUMNS.items() if kind in KINDS])
def test_a_column_means_the_same_in_training_at_prediction_and_in_a_file(name, tmp_path):
    frame = table_of(name)
    raw = tabular.from_frame(frame, "goal").raw
    frame.to_csv(tmp_path / "table.csv", index=False)
    ours, of_file = (
        tabular.raw_inputs(each, raw)["column"] for each in (frame, tabular.read_csv(tmp_path / "table.csv"))
    )
    np.testing.assert_array_equal(ours, of_file)
