import numpy as np
import pytest
from kerasdl import plots
from kerasdl.interpret import Classification, Forecast, Regression, Tagging
from kerasdl.interpret.figures import main_figure

RANDOM = np.random.default_rng(0)
OF_TWO = ["roc", "precision_recall", "threshold"]


def classification(classes, count=40):
    targets = np.arange(count) % classes
    names = [f"class {number}" for number in range(classes)]
    return Classification(RANDOM.normal(size=(count, classes)), targets, names)


def tagging(count=20):
    return Tagging(RANDOM.normal(size=(count, 3)), RANDOM.integers(0, 2, (count, 3)), ["drama", "western", "war"])


def regression(targets, count=20):
    true = RANDOM.normal(size=(count, targets))
    return Regression(true + 0.1, true, [f"target {number}" for number in range(targets)])


def forecast(horizon, targets=1, count=12):
    true = RANDOM.normal(size=(count, horizon, targets))
    return Forecast(true + 0.1, true, {"persistence": true + 1})


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (classification(2), ["confusion", "per_class", "most_confused", "calibration", *OF_TWO]),
        (classification(3), ["confusion", "confusion_normalized", "per_class", "most_confused", "calibration"]),
        (tagging(), ["per_tag", "hardest_tags", "calibration", *OF_TWO]),
        (regression(1), ["residuals"]),
        (regression(2), ["residuals", "r2"]),
        (forecast(1), ["residuals"]),
        (forecast(3, targets=2), ["residuals", "error_by_step"]),
    ],
    ids=["two", "three", "tags", "one target", "two targets", "one step", "three steps"],
)
def test_a_result_has_its_figures_by_name(found, names):
    drawn = found.figures()
    assert list(drawn) == names
    assert all(isinstance(figure, plots.Figure) for figure in drawn.values())


DEGENERATE = {
    "one sample": Classification(np.array([[1.0, 0]]), np.array([0]), "ab"),
    "one class": Classification(np.zeros((3, 1)), np.zeros(3, int), "a"),
    "one class present": Classification(np.eye(2)[[0, 1, 1]], np.ones(3, int), "ab"),
    "perfect": Classification(np.eye(2) * 99, np.array([0, 1]), "ab"),
    "no sample of a class": Classification(np.eye(3)[[0, 1, 1]], np.array([0, 1, 0]), "abc"),
    "infinite": Classification(np.array([[0, -np.inf], [0, -np.inf], [np.inf, 0]]), np.array([0, 1, 0]), "ab"),
    "one tag": Tagging(np.array([[1.0]]), np.array([[1]]), "a"),
    "perfect tags": Tagging(np.array([[99.0, -99.0]]), np.array([[1, 0]]), "ab"),
    "perfect numbers": Regression(np.ones((2, 2)), np.ones((2, 2)), ["a", "b"]),
    "one number": Regression(np.ones((1, 1)), np.zeros((1, 1)), ["a"]),
    "one origin": Forecast(*np.ones((2, 1, 2, 1)), {"mean": np.ones((1, 2, 1))}),
}


@pytest.mark.parametrize("found", DEGENERATE.values(), ids=DEGENERATE)
def test_degenerate_results_have_figures(found):
    for figure in found.figures().values():
        figure.canvas.draw()


def test_figures_of_a_perfect_result_are_without_confusions():
    assert list(DEGENERATE["perfect"].figures()) == ["confusion", "per_class", "calibration", *OF_TWO]
    assert not {*OF_TWO} & {*DEGENERATE["one class present"].figures()}


def spoiled(found):
    """The same with NaN in its first sample."""
    part = found.logits if isinstance(found, Classification | Tagging) else found.predictions
    part[0] = np.nan
    return found


@pytest.mark.parametrize("found", [classification(2), tagging(), regression(1), forecast(2)])
def test_samples_that_are_not_finite_are_left_out_and_counted(found):
    found = spoiled(found)
    count, note = (
        len(found.targets),
        f"1 of {len(found.targets)} samples has no finite prediction: figures leave it out.",
    )
    assert len(found.finite.targets) == count - 1
    assert found.warning == note
    for figure in found.figures().values():
        assert figure.get_suptitle() == note


@pytest.mark.parametrize("found", [classification(2, 1), tagging(1), regression(1, 1), forecast(2, count=1)])
def test_without_a_finite_prediction_there_is_no_figure(found):
    assert spoiled(found).figures() == {}


def test_of_many_targets_those_with_the_lowest_r2_are_drawn():
    true = np.repeat(RANDOM.normal(size=(30, 1)), 40, axis=1)
    found = Regression(true + np.linspace(0, 1, 40), true, [f"t{number}" for number in range(40)])
    drawn = found.figures()
    assert drawn["residuals"].axes[0].get_xlabel() == "true t39"
    assert len(drawn["residuals"].axes) == 2 * 6
    assert [text.get_text() for text in drawn["r2"].axes[0].get_yticklabels()][:2] == ["t39", "t38"]


def test_the_threshold_that_is_marked_is_the_best():
    found = classification(2)
    ax = found.figures()["threshold"].axes[0]
    assert ax.get_title() == "Threshold of class 1"
    assert ax.lines[-1].get_xdata()[0] == pytest.approx(100 * found.threshold())


def test_the_main_figure_is_drawn_alone(monkeypatch):
    found = Classification(np.eye(3), np.arange(3), ["a", "b", "c"])
    monkeypatch.setattr(plots, "per_class", None)  # the second figure cannot be drawn
    assert list(main_figure(found)) == ["confusion"]
    assert main_figure(Classification(np.full((3, 3), np.nan), np.arange(3), ["a", "b", "c"])) == {}
