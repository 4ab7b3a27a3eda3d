"""Cells: missing values, numbers, and their location in errors."""

import numpy as np
import pandas as pd
import pytest
from kerasdl.data.tabular.cells import as_text, cell, numbers, parsed_numbers, place, tidy
from kerasdl.errors import BadInput


def test_a_dataframe_is_cleaned_like_a_file():
    frame = tidy(pd.DataFrame({"job": [" clerk ", "<NA>", 3], "size": [1.0, np.nan, 2.0]}))
    assert frame["job"].tolist() == ["clerk", None, 3]
    assert frame["size"].dtype == float


def test_a_column_may_have_any_name():
    frame = pd.DataFrame({"self": [" clerk", "n/a"], "frame": ["1", "2"]})
    assert tidy(frame)["self"].tolist() == ["clerk", None]
    assert frame["self"].tolist() == [" clerk", "n/a"]


def test_categories_are_cleaned_and_stay_categories():
    frame = tidy(pd.DataFrame({"job": pd.Categorical([" clerk", "n/a", "clerk"])}))
    assert frame["job"].cat.categories.tolist() == ["clerk"]
    assert frame["job"].isna().tolist() == [False, True, False]


def test_numbers_are_parsed_and_errors_name_the_cell():
    column = pd.Series(["1", None, "-2.5e3"], index=[4, 5, 9], name="size")
    np.testing.assert_array_equal(numbers(column), [1, np.nan, -2500])
    column.index.name = "line"
    for wrong in ("abc", "inf", "1e39", "nan?"):
        column[9] = wrong
        with pytest.raises(BadInput, match=rf"Column 'size' holds numbers, but line 9.*Received: '{wrong[:3]}"):
            numbers(column)


def test_cells_that_are_not_numbers_are_parsed_as_nan():
    np.testing.assert_array_equal(parsed_numbers(pd.Series(["1", "x", None])), [1, np.nan, np.nan])


def test_a_cell_is_located_by_row_or_line():
    column = pd.Series(np.array([7, 8]), index=[15, 17])
    assert (place(column, 1), cell(column, 1), type(cell(column, 1))) == ("row 17", 8, int)
    assert place(column.rename_axis("line"), 0) == "line 15"
    assert place(column.set_axis(pd.MultiIndex.from_product([["a"], [0, 1]])), 1) == "row ('a', 1)"


def test_a_cell_as_text_is_the_same_from_a_frame_and_a_file():
    assert [as_text(value) for value in (3, 3.0, "3.00", 0.5, True, " 2.0.1 ")] == [
        "3",
        "3",
        "3",
        "0.5",
        "True",
        "2.0.1",
    ]
