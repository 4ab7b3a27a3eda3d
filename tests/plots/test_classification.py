import numpy as np
import pytest
from kerasdl import plots
from kerasdl.plots.classification import MOST_CELLS_WITH_COUNTS


@pytest.mark.parametrize("classes", [2, 40])
def test_a_confusion_matrix(drawn, classes):
    counts = np.eye(classes, dtype=int) * 5
    (ax,) = drawn(plots.confusion(counts, [f"class {i}" for i in range(classes)]))
    assert len(ax.texts) == (classes if classes <= MOST_CELLS_WITH_COUNTS else 0)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
