"""Arrays in stacks of one shape, in their order."""

import kerasdl.data.stacks as module
import numpy as np
import pytest
from kerasdl.data.stacks import stacks
from kerasdl.errors import BadInput


def shapes(found):
    return [each.shape for each in found]


def test_neighbours_of_one_shape_are_stacked():
    assert shapes(stacks([2, 2, 3, 2], np.zeros)) == [(2, 2), (1, 3), (1, 2)]
    assert shapes(stacks([], np.zeros)) == []


def test_a_stack_has_a_limit_but_one_array_always_fits(monkeypatch):
    assert shapes(stacks([1] * 65, np.zeros)) == [(64, 1), (1, 1)]
    monkeypatch.setattr(module, "MOST_NUMBERS", 4)
    assert shapes(stacks([2, 2, 2, 5, 5], np.zeros)) == [(2, 2), (1, 2), (1, 5), (1, 5)]


def test_what_was_read_before_an_error_comes_first():
    def read(size):
        if size == 3:
            raise BadInput("three")
        return np.zeros(size)

    found = stacks([1, 1, 3], read)
    assert next(found).shape == (2, 1)
    with pytest.raises(BadInput, match="three"):
        next(found)
