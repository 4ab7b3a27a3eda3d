from itertools import pairwise

import numpy as np
import pytest
from kerasdl import plots
from kerasdl.plots.classification import MOST_CELLS_WITH_COUNTS

LONG = "a very long name of a species that nobody can read in a figure"


@pytest.mark.parametrize("classes", [2, 40])
def test_a_confusion_matrix(drawn, classes):
    counts = np.eye(classes, dtype=int) * 5
    (ax,) = drawn(plots.confusion(counts, [f"class {i}" for i in range(classes)]))
    assert len(ax.texts) == (classes if classes <= MOST_CELLS_WITH_COUNTS else 0)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    assert ax.child_axes[0].get_ylabel() == "samples"


def test_percents_of_each_true_class_by_hand():
    counts = np.array([[3, 1, 0], [0, 0, 0], [1, 199, 800]])
    ax = plots.confusion(counts, ["cat", "dog", "emu"], normalize=True).axes[0]
    assert [text.get_text() for text in ax.texts] == ["75", "25", "<1", "20", "80"]
    assert ax.images[0].get_array().filled(-1).ravel().tolist() == pytest.approx(
        [75, 25, -1, -1, -1, -1, 0.1, 19.9, 80]
    )
    assert ax.child_axes[0].get_ylabel() == "% of the samples of the true class"
    assert [text.get_color() for text in ax.texts] == ["white", "black", "black", "black", "white"]


@pytest.mark.parametrize("classes", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_long_names_do_not_overlap(classes):
    figure = plots.confusion(np.eye(classes), [f"{i} {LONG}" for i in range(classes)])
    figure.draw_without_rendering()
    (ax,) = figure.axes
    # 26 characters: thirteen, the sign of what is left out, twelve.
    assert ax.get_yticklabels()[3].get_text() == "3 a very long… in a figure"
    rows = [text.get_window_extent() for text in ax.get_yticklabels()]
    assert all(upper.y0 >= lower.y1 for upper, lower in pairwise(rows))
    columns = [text.get_window_extent() for text in ax.get_xticklabels()]
    assert all(left.x1 <= right.x0 for left, right in pairwise(columns))
    width = figure.bbox.width
    assert min(box.x0 for box in rows) >= 0
    assert min(box.y0 for box in columns) >= 0
    assert ax.child_axes[0].get_tightbbox().x1 <= width
    assert ax.get_window_extent().width > width / 2


def test_of_very_many_classes_some_are_named():
    ax = plots.confusion(np.eye(300), [str(i) for i in range(300)]).axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()][:3] == ["0", "3", "6"]


def test_precision_and_recall_of_each_class(drawn):
    (ax,) = drawn(plots.per_class([("cat", 1.0, 0.5, 0.67, 1200), ("dog $1", 0.25, 1.0, 0.4, 1)]))
    assert [bar.get_width() for bar in ax.patches] == [100, 25, 50, 100]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["cat (1,200)", "dog $1 (1)"]
    assert ax.get_title() == "Precision and recall of each class"
    assert ax.yaxis_inverted()


def test_of_many_classes_the_lowest_are_shown_and_counted():
    rows = [(f"class {i}", 1.0, 1.0, 1 - i / 40, 5) for i in range(40)] + [("none", 0.0, 0.0, 0.0, 0)]
    ax = plots.per_class(rows, kind="tag", most=3).axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["class 39 (5)", "class 38 (5)", "class 37 (5)"]
    assert ax.get_title() == "Precision and recall: lowest 3 of 41 by F1"
    assert ax.get_ylabel() == "tag (samples)"


def test_most_confused_pairs(drawn):
    (ax,) = drawn(plots.most_confused([("dog", "cat", 2), (LONG, "dog", 1200), ("a", "b", 1)], most=2))
    assert [bar.get_width() for bar in ax.patches] == [1200, 2]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a very long n… in a figure → dog", "dog → cat"]
    assert [text.get_text() for text in ax.texts] == ["1,200", "2"]
    assert ax.get_title() == "Most confused: 2 of 3 pairs"
