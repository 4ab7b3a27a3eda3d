import numpy as np
from kerasdl import plots


def test_residuals_of_every_target(drawn):
    predictions, targets = np.array([[1.0, 5.0], [2.0, 7.0]]), np.array([[1.5, 5.0], [2.0, 9.0]])
    axes = drawn(plots.residuals(predictions, targets, ["price", "rent"]))
    assert [ax.get_xlabel() for ax in axes] == ["true price", "predicted - true", "true rent", "predicted - true"]
    assert axes[2].collections[0].get_offsets().tolist() == [[5, 5], [9, 7]]
    assert list(axes[2].lines[0].get_xdata()) == [5, 9]
