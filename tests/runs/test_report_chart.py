import json
import re
from html import unescape
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.runs.report_chart import BOTTOM, LEFT, RIGHT, TOP, chart, stage_charts

from tests.runs.test_report import Page


def points_of(drawn):
    return json.loads(unescape(re.search('data-points="(.*?)"', drawn)[1]))


def test_the_highest_value_is_on_top_and_an_epoch_has_its_column():
    drawn = chart("loss", {"training": [3.0, 1.0, 2.0], "validation": [2.0, nan, None]})
    points = points_of(drawn)
    width = (RIGHT - LEFT) / 3
    assert points["x"] == pytest.approx([LEFT + width / 2, LEFT + width * 3 / 2, RIGHT - width / 2], abs=0.1)
    training, validation = (each["y"] for each in points["series"])
    # 6 % of the range are free above and below.
    assert (
        training[0] - TOP == pytest.approx(BOTTOM - training[1], abs=0.1) == pytest.approx(0.12 / 2.24 * 180, abs=0.1)
    )
    assert training[2] == validation[0] == (TOP + BOTTOM) / 2
    assert validation[1:] == [None, None]
    assert [each["text"] for each in points["series"]] == [["3", "1", "2"], ["2", "nan", None]]
    assert '<span class="name">validation</span> <b class="value">nan</b>' in drawn


def test_a_reader_without_a_mouse_has_a_slider_that_says_the_values():
    (slider,) = Page(chart("val_accuracy", {"first": [0.5, 0.75], "second": [0.25]})).of("svg")
    assert (slider["role"], slider["tabindex"], slider["aria-valuemax"]) == ("slider", "0", "2")
    assert slider["aria-valuetext"] == "last epoch, first 75.00 %, second 25.00 %"


def test_curves_are_told_apart_without_colours_and_gaps_are_gaps():
    page = Page(chart("loss", {str(number): [1.0, None, number, 2.0] for number in range(8)}))
    curves = [each["class"] for each in page.of("g")]
    assert curves == ["curve s0", *(f"curve s{n}" for n in range(1, 6)), "curve s0 dashed", "curve s1 dashed"]
    assert [each["d"].count("M") for each in page.of("path")] == [2] * 8
    assert (len(page.of("rect")), len(page.of("circle"))) == (4 * 3, 4 * 3 + 8)
    assert not Page(chart("loss", {"training": [1.0] * 99})).of("rect")


def test_loss_comes_first_and_what_cannot_be_drawn_is_left_out():
    history = {"accuracy": [0.5], "val_accuracy": [0.25], "val_loss": [1.0], "loss": [2.0], "broken": [nan]}
    assert re.findall(r"<b>(\w+)</b>", "".join(stage_charts(history))) == ["Loss", "Accuracy"]
    assert chart("loss", {"training": [inf, None], "validation": []}) == chart("loss", {}) == ""


@settings(max_examples=30)
@given(st.lists(st.lists(st.none() | st.floats(), max_size=5), max_size=3))
def test_any_numbers_are_drawn_within_the_frame(curves):
    drawn = chart("loss", {str(number): curve for number, curve in enumerate(curves)})
    if drawn:
        heights = [y for each in points_of(drawn)["series"] for y in each["y"] if y is not None]
        assert all(TOP <= y <= BOTTOM for y in heights)
        assert Page(drawn).of("svg")
