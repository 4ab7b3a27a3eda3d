"""The Mackey-Glass series: a solution of its equation, the same for the same seed."""

import numpy as np
from kerasdl.data.series import mackey_glass


def test_it_solves_its_equation():
    x = mackey_glass(200, seed=1)["x"].to_numpy()
    assert len(x) == 200
    assert 0.2 < x.min() < x.max() < 1.5
    slope, delayed, now = (x[19:] - x[17:-2]) / 2, x[1:-18], x[18:-1]
    np.testing.assert_allclose(slope, 0.2 * delayed / (1 + delayed**10) - 0.1 * now, atol=0.01)


def test_the_seed_sets_the_initial_values():
    x = mackey_glass(20, seed=1)["x"]
    assert np.array_equal(x, mackey_glass(20, seed=1)["x"])
    assert not np.array_equal(x, mackey_glass(20, seed=2)["x"])
