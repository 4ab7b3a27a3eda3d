import numpy as np
from kerasdl import plots


def test_a_range_test_with_marks(drawn):
    rates, losses = np.logspace(-7, 1, 50), np.concatenate([np.linspace(2, 1, 40), [np.nan] * 10])
    (ax,) = drawn(plots.lr_range(rates, losses, losses, {"valley": 1e-3, "steep": 1e-2}))
    assert [text.get_text() for text in ax.get_legend().get_texts()][2:] == ["valley: 0.001", "steep: 0.01"]
    assert ax.get_xscale() == "log"
    assert [line.get_xdata()[0] for line in ax.lines[2:]] == [1e-3, 1e-2]


def test_every_mark_of_a_range_test_is_drawn():
    rates = np.logspace(-7, 1, 100)
    marks = {f"mark{index}": 10.0**-index for index in range(1, 8)}
    ax = plots.lr_range(rates, np.ones(100), np.ones(100), marks).axes[0]
    drawn = ax.get_lines()[2:]
    assert [line.get_xdata()[0] for line in drawn] == list(marks.values())
    assert len({(line.get_color(), line.get_linestyle()) for line in drawn}) == 7
    low, high = ax.get_ylim()
    assert low < 0.999 < 1.001 < high  # the noise of a flat curve is not magnified


def test_a_schedule_of_learning_rate_and_momentum(drawn):
    left, right = drawn(plots.schedule([0, 1, 2], [0.1, 0.2, 0.1], [0.95, 0.85, 0.95]))
    assert left.lines[0].get_ydata().tolist() == [0.1, 0.2, 0.1]
    assert right.lines[0].get_ydata().tolist() == [0.95, 0.85, 0.95]
    assert left.get_title() == "Learning rate and momentum, step by step"
    (only,) = drawn(plots.schedule([0, 1], [0.1, 0.2], [None, None]))
    assert only.get_title() == "Learning rate, step by step"


def test_curves_of_training_and_validation(drawn):
    history = {"loss": [3, 2], "val_loss": [4, 3], "accuracy": [0.1, 0.2]}
    loss, accuracy = drawn(plots.curves(history, ["loss", "accuracy"]))
    assert [line.get_label() for line in loss.lines] == ["training", "validation"]
    assert [line.get_label() for line in accuracy.lines] == ["training"]


def test_epochs_are_whole_numbers_and_many_have_no_markers(drawn):
    once, often = plots.curves({"top_k": [0.5]}, ["top_k"]), plots.curves({"loss": [0.5] * 51}, ["loss"])
    (ax,) = drawn(once)
    assert [tick for tick in ax.get_xticks() if 0.9 < tick < 1.1] == [1.0]
    assert (ax.get_ylabel(), ax.get_title(), ax.lines[0].get_marker()) == ("top k", "Top k", "o")
    assert drawn(often)[0].lines[0].get_marker() == ""
