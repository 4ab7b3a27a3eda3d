"""Between the user's units and the network's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from kerasdl.data.scale import Scale


def test_by_hand():
    scale = Scale.of(np.array([[1.0, 5.0, np.nan], [3.0, 5.0, 2.0]]))
    assert (scale.mean.tolist(), scale.std.tolist()) == ([2.0, 5.0, 2.0], [1.0, 1.0, 1.0])
    assert scale.apply([[4.0, 6.0, 2.0]]).tolist() == [[2.0, 1.0, 0.0]]
    assert scale.apply([[4.0, 6.0, 2.0]]).dtype == np.float32


@given(arrays(np.float64, (5, 2), elements=st.floats(-1e6, 1e6)))
def test_there_and_back(values):
    scale = Scale.of(values)
    assert (scale.std > 0).all()
    np.testing.assert_allclose(
        scale.undo(scale.apply(values)), values, rtol=1e-5, atol=1e-5 * np.abs(values).max() + 1e-9
    )


def test_what_float32_cannot_divide_by_is_constant():
    assert Scale.of(np.array([[1e-42], [3e-42]])).std.tolist() == [1.0]


def test_a_constant_column_is_not_blown_up_by_rounding():
    scale = Scale.of(np.full((7, 1), 0.1))
    assert scale.std.tolist() == [1.0]
    assert scale.apply([[0.1]]) == pytest.approx(0)
