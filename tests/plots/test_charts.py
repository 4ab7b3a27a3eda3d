import numpy as np
from kerasdl import plots


def test_named_lines_over_their_own_x(drawn):
    values = {"training": (range(100), np.arange(100)), "test": ([100, 101], [7.0, 8.0])}
    (ax,) = drawn(plots.lines(values, "row", "sales", "Sales"))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "test"]
    assert ax.lines[1].get_xdata().tolist() == [100, 101]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("row", "sales", "Sales")
    assert [line.get_marker() for line in ax.lines] == ["", "o"]  # few points have markers


def test_importance_of_the_most_important_columns(drawn):
    rises = {f"column {index}": 1.0 - index / 10 for index in range(5)}
    (ax,) = drawn(plots.importance(rises, most=3))
    assert [bar.get_width() for bar in ax.patches] == [1.0, 0.9, 0.8]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["column 0", "column 1", "column 2"]
    assert ax.yaxis_inverted()
