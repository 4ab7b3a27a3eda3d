import numpy as np
import pytest
from kerasdl import plots


def test_a_reliability_diagram(drawn):
    edges, counts = np.linspace(0, 1, 5), np.array([0, 2, 0, 6])
    confidences, shares = np.array([np.nan, 0.4, np.nan, 0.9]), np.array([np.nan, 0.5, np.nan, 0.8])
    top, below = drawn(plots.reliability(edges, confidences, shares, counts, 0.1))
    assert top.lines[1].get_xydata().tolist() == [[40, 50], [90, 80]]
    assert top.get_title() == "Calibration: expected error 10.0 %"
    assert [bar.get_height() for bar in below.patches] == [0, 2, 0, 6]
    assert (below.patches[3].get_x(), below.patches[3].get_width()) == (75, 25)


def curves(count):
    line = np.array([0.0, 0.5, 1.0])
    return {f"class {number}": (line, line, number / 20) for number in range(count)}


@pytest.mark.parametrize(("draw", "unit"), [(plots.roc, "area"), (plots.precision_recall, "average precision")])
def test_curves_with_their_areas(drawn, draw, unit):
    (ax,) = drawn(draw(curves(1)))
    assert ax.lines[-1].get_xdata().tolist() == [0, 50, 100]
    assert ax.get_legend().get_texts()[-1].get_text() == f"class 0: {unit} 0.000"
    assert "\n" not in ax.get_title()
    many = draw(curves(20)).axes[0]
    assert many.get_title().endswith(f"\nmean {unit} 0.475, lowest 8 of 20 shown")
    assert [text.get_text() for text in many.get_legend().get_texts()][-2:] == [
        f"class 6: {unit} 0.300", f"class 7: {unit} 0.350",
    ]  # fmt: skip
    assert len({(line.get_color(), line.get_linestyle()) for line in many.lines[-8:]}) == 8


def test_metrics_over_the_threshold(drawn):
    metrics = {"precision": np.array([0.5, 1.0, np.nan]), "F1": np.array([0.6, 0.7, 0.0])}
    (ax,) = drawn(plots.thresholds(np.array([0, 0.3, 1]), metrics, {"highest F1": 0.3}, "of $dog"))
    assert ax.lines[1].get_xydata().tolist() == [[0, 60], [30, 70], [100, 0]]
    assert ax.lines[2].get_xdata()[0] == 30
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["precision", "F1", "highest F1: 30 %"]
    assert ax.get_title() == "Threshold of $dog"
