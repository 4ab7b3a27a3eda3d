import re
from dataclasses import fields
from operator import attrgetter
from pathlib import Path

import kerasdl
import numpy as np
import pytest
from kerasdl import runs
from kerasdl.arguments import arguments_of, meant
from kerasdl.data import augment, images, mixing, sequences, series, tabular  # noqa: F401 -- attributes of kerasdl.data
from kerasdl.foreign_names import _ROWS, ELSEWHERE, RENAMED, pair_of_rates

from tests.test_arguments import PUBLIC

PAGE = Path(__file__).parents[1] / "docs/from_fastai.md"
OPTIONS = (runs.ImageData, runs.ImageNetwork, runs.Options, runs.Transfer)


def rows_of_page() -> list[tuple[str, str, str]]:
    """(callable, their argument, ours) of each line; an empty cell is that of the line above."""
    found, where = [], ""
    for line in PAGE.read_text().split("## Arguments")[1].splitlines():
        if re.match(r"\|.*`", line):
            cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
            where = cells[0] or where
            found.append((where, cells[1], cells[2]))
    return found


def test_every_one_of_our_names_is_an_argument_of_a_function_or_an_option_of_the_recipes():
    known = {name for each in PUBLIC for name in arguments_of(each)}
    known |= {field.name for each in OPTIONS for field in fields(each)}
    assert [name for row in _ROWS for name in row.ours.split() if name not in known] == []


def test_no_row_renames_an_argument_to_itself_and_none_is_there_twice():
    for row in _ROWS:
        assert not set(row.ours.split()) & set(row.theirs.split()), row
    pairs = [(ours, theirs) for row in _ROWS for ours in row.ours.split() for theirs in row.theirs.split()]
    assert [pair for pair in pairs if pairs.count(pair) > 1] == []


def test_every_name_elsewhere_is_one_that_some_function_lacks():
    for name in ELSEWHERE:
        assert any(name not in arguments_of(each) for each in PUBLIC), name


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("valid_pct", 0.2, "=0.2"),
        ("valid_pct", 20, "=0.2"),
        ("test_size", 0.25, "=0.25"),
        ("test_size", 300, ""),  # scikit-learn's number of rows
        ("train_size", 0.7, "=0.3"),
        ("moms", (0.95, 0.85, 0.95), "=(0.95, 0.85)"),
        ("moms", 0.9, ""),
        ("cat_names", ["job", "sex"], "={'job': 'category', 'sex': 'category'}"),
        ("cont_names", "age", "={'age': 'number'}"),
        ("drop", ["id"], "={'id': 'left out'}"),
        ("color_mode", "grayscale", "=1"),
        ("color_mode", "rgba", ""),
        ("max_zoom", 1.1, "=0.1"),
        ("min_scale", 0.08, "=0.92"),
        ("layer_decay", 0.5, "=2.0"),
        ("layer_decay", 0, ""),
        ("betas", (0.9, 0.999), "=0.9"),
        ("anneal_strategy", "cos", "='cosine'"),
        ("pretrained", True, "='imagenet'"),
        ("pretrained", False, ""),
        ("freeze_epochs", 2, "=[2]"),
        ("bs", 8, ""),
    ],
)
def test_values_that_are_written_differently(name, value, written):
    assert RENAMED[name][0].written(value) == written


def test_rates_of_the_first_and_last_group():
    assert pair_of_rates(slice(1e-5, 1e-3)) == (1e-5, 1e-3)
    assert pair_of_rates(slice(1e-3)) == (1e-4, 1e-3)
    assert pair_of_rates([1e-5, 1e-4, 1e-3]) == (1e-5, 1e-3)
    assert repr(pair_of_rates(np.array([0.25, 0.5]))) == "(0.25, 0.5)"
    for one in (1e-3, np.float32(1e-3), np.array(1e-3), None, "1e-3", []):
        assert pair_of_rates(one) is None


def test_the_first_of_our_names_that_a_function_has_is_meant():
    assert [row.ours for row in RENAMED["max_lr"]] == ["rates", "peak_lr learning_rate end_lr"]
    for known, ours in ((["end_lr", "peak_lr"], "peak_lr"), (["end_lr", "start_lr"], "end_lr"), (["rates"], "rates")):
        assert meant("max_lr", known)[0] == ours


@pytest.mark.parametrize(("where", "theirs", "ours"), rows_of_page())
def test_the_page_says_what_the_error_says(where, theirs, ours):
    name, _, value = theirs.partition("=")
    with pytest.raises(TypeError) as caught:
        attrgetter(where)(kerasdl)(**{name: eval(value or "None")})
    assert re.search(rf"has no argument {name}: use {re.escape(ours)}[,.;]", str(caught.value)), caught.value
