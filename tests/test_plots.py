import io
import pickle
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from kerasdl import plots


def drawn(figure, tmp_path):
    figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 2000
    return figure.axes


def test_an_image_sheet_shows_every_image_with_its_title(tmp_path):
    images = np.zeros((8, 4, 4, 3))
    images[3] = 300
    axes = drawn(plots.image_sheet(images, [f"title {i}" for i in range(8)]), tmp_path)
    assert [ax.get_title() for ax in axes[:8]] == [f"title {i}" for i in range(8)]
    assert len(axes) == 12
    assert axes[3].images[0].get_array().max() == 255
    assert not any(ax.images for ax in axes[8:])


def test_long_titles_of_an_image_sheet_are_wrapped_and_do_not_overlap(tmp_path):
    figure = plots.image_sheet(np.zeros((12, 8, 8, 1)), ["predicted 3, actual 9, loss 12.34"] * 12)
    axes = drawn(figure, tmp_path)
    assert axes[0].get_title() == "predicted 3, actual\n9, loss 12.34"
    boxes = [ax.title.get_window_extent() for ax in axes[:6]]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    images = [ax.get_window_extent() for ax in axes]
    assert all(images[index].y0 > axes[index + 6].title.get_window_extent().y1 for index in range(6))


def test_a_range_test_with_marks(tmp_path):
    rates, losses = np.logspace(-7, 1, 50), np.concatenate([np.linspace(2, 1, 40), [np.nan] * 10])
    (ax,) = drawn(plots.lr_range(rates, losses, losses, {"valley": 1e-3, "steep": 1e-2}), tmp_path)
    assert [text.get_text() for text in ax.get_legend().get_texts()][2:] == ["valley: 0.001", "steep: 0.01"]
    assert ax.get_xscale() == "log"
    assert [line.get_xdata()[0] for line in ax.lines[2:]] == [1e-3, 1e-2]


def test_a_schedule_of_learning_rate_and_momentum(tmp_path):
    left, right = drawn(plots.schedule([0, 1, 2], [0.1, 0.2, 0.1], [0.95, 0.85, 0.95]), tmp_path)
    assert left.lines[0].get_ydata().tolist() == [0.1, 0.2, 0.1]
    assert right.lines[0].get_ydata().tolist() == [0.95, 0.85, 0.95]
    assert len(drawn(plots.schedule([0, 1], [0.1, 0.2], [None, None]), tmp_path)) == 1


def test_curves_of_training_and_validation(tmp_path):
    history = {"loss": [3, 2], "val_loss": [4, 3], "accuracy": [0.1, 0.2]}
    loss, accuracy = drawn(plots.curves(history, ["loss", "accuracy"]), tmp_path)
    assert [line.get_label() for line in loss.lines] == ["training", "validation"]
    assert [line.get_label() for line in accuracy.lines] == ["training"]


@pytest.mark.parametrize("classes", [2, 40])
def test_a_confusion_matrix(tmp_path, classes):
    counts = np.eye(classes, dtype=int) * 5
    (ax,) = drawn(plots.confusion(counts, [f"class {i}" for i in range(classes)]), tmp_path)
    assert len(ax.texts) == (classes if classes <= plots.MOST_CELLS_WITH_COUNTS else 0)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")


def test_a_notebook_shows_a_figure():
    figure = plots.schedule([0, 1], [0.1, 0.2], [None, None])
    assert plt.imread(io.BytesIO(figure._repr_png_())).shape[:2] == (504, 840)
    assert repr(figure) == "<Figure size 840x504 with 1 Axes>"
    assert plt.imread(io.BytesIO(pickle.loads(pickle.dumps(figure))._repr_png_())).shape[:2] == (504, 840)
    assert plt.get_fignums() == []


def test_given_axes_are_drawn_on():
    figure = plots.schedule([0], [0.1], [None])
    assert plots.confusion(np.eye(2), ["a", "b"], ax=figure.axes[0]) is figure


def test_every_mark_of_a_range_test_is_drawn():
    rates = np.logspace(-7, 1, 100)
    marks = {f"mark{index}": 10.0**-index for index in range(1, 8)}
    drawn = plots.lr_range(rates, np.ones(100), np.ones(100), marks).axes[0]
    assert [line.get_xdata()[0] for line in drawn.get_lines()[2:]] == list(marks.values())
    low, high = drawn.get_ylim()
    assert low < 0.999 < 1.001 < high  # the noise of a flat curve is not magnified


def test_named_lines_over_their_own_x(tmp_path):
    values = {"training": (range(100), np.arange(100)), "test": ([100, 101], [7.0, 8.0])}
    (ax,) = drawn(plots.lines(values, "row", "sales", "Sales"), tmp_path)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "test"]
    assert ax.lines[1].get_xdata().tolist() == [100, 101]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("row", "sales", "Sales")
    assert [line.get_marker() for line in ax.lines] == ["", "o"]  # few points have markers


def test_residuals_of_every_target(tmp_path):
    predictions, targets = np.array([[1.0, 5.0], [2.0, 7.0]]), np.array([[1.5, 5.0], [2.0, 9.0]])
    axes = drawn(plots.residuals(predictions, targets, ["price", "rent"]), tmp_path)
    assert [ax.get_xlabel() for ax in axes] == ["true price", "predicted - true", "true rent", "predicted - true"]
    assert axes[2].collections[0].get_offsets().tolist() == [[5, 5], [9, 7]]
    assert list(axes[2].lines[0].get_xdata()) == [5, 9]


def test_importance_of_the_most_important_columns(tmp_path):
    rises = {f"column {index}": 1.0 - index / 10 for index in range(5)}
    (ax,) = drawn(plots.importance(rises, most=3), tmp_path)
    assert [bar.get_width() for bar in ax.patches] == [1.0, 0.9, 0.8]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["column 0", "column 1", "column 2"]
    assert ax.yaxis_inverted()
