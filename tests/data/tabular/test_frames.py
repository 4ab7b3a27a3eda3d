"""DataFrames as users have them: names of columns."""

import numpy as np
import pandas as pd
import pytest
from kerasdl.data.tabular.frames import check_unique, named, names_of
from kerasdl.errors import BadInput


def test_names_become_text():
    frame = pd.DataFrame([[1.0, "x", 2]], columns=[0, "job", pd.Timestamp("2020-01-01")])
    assert named(frame).columns.tolist() == ["0", "job", "2020-01-01 00:00:00"]
    assert frame.columns[0] == 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"x": [1]}, r"Pass a pandas DataFrame.*Received: dict"),
        (pd.Series([1.0]), r"Pass a pandas DataFrame.*series.to_frame\(\).*Received: Series"),
        (
            pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])),
            r"must have one level: join.*Received: 2 levels, as in \[\('a', 'x'\)\]",
        ),
    ],
)
def test_what_is_no_table_of_named_columns_is_refused(table, message):
    with pytest.raises(BadInput, match=message):
        named(table)


@pytest.mark.parametrize(
    ("given", "names"),
    [("price", ("price",)), (7, ("7",)), (np.int64(7), ("7",)), (["price", 7], ("price", "7")), ((), ()), (None, ())],
)
def test_names_are_none_one_or_several(given, names):
    assert names_of(given) == names


def test_two_columns_of_one_name_are_named():
    check_unique(["a", "b"])
    with pytest.raises(BadInput, match=r"must be unique.*Received: \['b'\] more than once"):
        check_unique(["b", "a", "b"])
