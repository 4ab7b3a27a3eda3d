from itertools import pairwise

import numpy as np
from kerasdl import plots


def test_named_lines_over_their_own_x(drawn):
    values = {"training": (range(100), np.arange(100)), "test": ([100, 101], [7.0, 8.0])}
    (ax,) = drawn(plots.lines(values, "row", "sales", "Sales"))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "test"]
    assert ax.lines[1].get_xdata().tolist() == [100, 101]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("row", "sales", "Sales")
    assert [line.get_marker() for line in ax.lines] == ["", "o"]  # few points have markers


def test_a_fan_has_its_bands_below_its_lines(drawn):
    bands = {"80 %": ([0, 1], [2.0, 3.0], [4.0, 5.0]), "95 %": ([0, 1], [1.0, 2.0], [5.0, 6.0])}
    (ax,) = drawn(plots.fan({"truth": ([0, 1], [3.0, 4.0])}, bands, "row", "sales", "Sales"))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["truth", "80 %", "95 %"]
    assert [band.get_paths()[0].get_extents().intervaly.tolist() for band in ax.collections] == [[2, 5], [1, 6]]
    assert all(band.get_zorder() < ax.lines[0].get_zorder() for band in ax.collections)


def test_the_legend_of_lines_covers_neither_lines_nor_title(drawn):
    (ax,) = drawn(plots.lines({f"part {n}": ([0, 1], [0, n]) for n in range(7)}, "row", "$ of $_$", "cost $_ $_"))
    legend = ax.get_legend().get_window_extent()
    assert ax.bbox.y1 <= legend.y0 < legend.y1 < ax.title.get_window_extent().y0
    assert len({line.get_color() for line in ax.lines}) == 7


def test_importance_of_the_most_important_columns(drawn):
    rises = {f"column {index}": 1.0 - index / 10 for index in range(5)}
    (ax,) = drawn(plots.importance(rises, most=3))
    assert [bar.get_width() for bar in ax.patches] == [1.0, 0.9, 0.8]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["column 0", "column 1", "column 2"]
    assert ax.yaxis_inverted()
    assert ax.get_ylim() == (2.6, -0.6)
    assert ax.get_axisbelow() is True  # no grid lines across the bars


def test_a_line_sheet_has_a_panel_for_each_title_and_one_legend(drawn):
    panels = [{"window": (range(-3, 0), [1, 2, 3]), "truth": ([0], [place])} for place in range(4)]
    figure = plots.line_sheet(
        panels, [f"window {n}, a title of $x_$ that takes two lines" for n in range(4)], "row", "$"
    )
    axes = drawn(figure)
    assert [len(ax.lines) for ax in axes] == [2, 2, 2, 2, 0, 0]
    assert axes[2].lines[1].get_xydata().tolist() == [[0, 2]]
    assert axes[1].get_title() == "window 1, a title of $x_$ that takes two\nlines"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["window", "truth"]
    assert (figure.get_supxlabel(), figure.get_supylabel()) == ("row", "$")
    boxes = [ax.title.get_window_extent() for ax in axes[:3]]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_one_line_in_each_panel_needs_no_legend(drawn):
    figure = plots.line_sheet([{"channel 1": ([1, 2], [3, 4])}], ["only"], "step", "value")
    drawn(figure)
    assert figure.legends == []
