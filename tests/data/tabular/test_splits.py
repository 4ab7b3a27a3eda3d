"""Splits of a table: by time, group, column or seed."""

import numpy as np
import pandas as pd
import pytest
from kerasdl.data.splits import Part
from kerasdl.data.tabular.splits import held_out, part_of
from kerasdl.errors import BadInput

FRAME = pd.DataFrame(
    {
        "since": pd.date_range("2010-01-31", periods=40, freq="7D").strftime("%d.%m.%Y"),
        "household": np.arange(40) // 4,
        "part": ["train", "test"] * 20,
    }
)


def held(**columns):
    by = {"time": None, "group": None, "split": None, **columns}
    return held_out(FRAME, np.arange(40) % 2, ("low", "high"), 0.2, seed=0, **by)


def test_the_latest_rows_are_held_out_by_time():
    assert np.flatnonzero(held(time="since")).tolist() == list(range(32, 40))


def test_whole_groups_are_held_out():
    counts = FRAME[held(group="household")]["household"].value_counts()
    assert len(counts) == 2
    assert (counts == 4).all()


def test_rows_are_held_out_by_column():
    assert np.flatnonzero(held(split="part")).tolist() == list(range(1, 40, 2))


def test_the_same_share_of_every_class_is_held_out_by_seed():
    assert np.bincount(np.flatnonzero(held()) % 2).tolist() == [4, 4]


def test_rows_with_numeric_targets_are_held_out_by_seed():
    assert held_out(FRAME, np.linspace(0, 1, 40), None, 0.2, None, None, None, 0).sum() == 8


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["Train", "valid", "test"], [Part.TRAIN, Part.VALID, Part.TEST]),
        (["train", "test", "train"], [Part.TRAIN, Part.VALID, Part.TRAIN]),
        ([False, True, False], [Part.TRAIN, Part.VALID, Part.TRAIN]),
        ([0, 1, 1], [Part.TRAIN, Part.VALID, Part.VALID]),
    ],
)
def test_test_rows_validate_unless_others_do(words, parts):
    assert part_of(pd.Series(words)).tolist() == parts


def test_errors_name_the_cell_that_is_not_a_part():
    with pytest.raises(BadInput, match="Column 'part' must hold 'train' or 'valid'.*'dev' in row 1"):
        part_of(pd.Series(["train", "dev"], name="part"))
    with pytest.raises(BadInput, match="both training and validation"):
        part_of(pd.Series(["train", "train"], name="part"))
