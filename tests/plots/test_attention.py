import numpy as np
import pytest
from kerasdl import plots


def test_a_row_for_each_token_of_the_target():
    weights = np.array([[0.1, 0.9, 0.0], [1.0, 0.0, 0.0]])
    ax = plots.attention(weights, ["$a", " ", "c"], "xy", "$b").axes[0]
    assert np.array_equal(ax.images[0].get_array(), weights)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["$a", "␣", "c"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["x", "y"]


def test_as_many_weights_as_tokens():
    with pytest.raises(ValueError, match=r"2, 3\. Received: weights of shape \(3, 2\)"):
        plots.attention(np.ones((3, 2)), "abc", "xy")
