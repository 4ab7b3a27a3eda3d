import math

import numpy as np
import pytest
from kerasdl.data.music import consonance


def test_by_hand():
    # C major; then a seventh and two seconds among six pairs of C, B, A, C.
    assert consonance([[67, 64, 60, 48]]) == 1
    assert consonance([[72, 71, 69, 60]]) == pytest.approx(3 / 6)
    assert consonance([[66, 60]]) == 0


def test_rests_count_in_no_pair():
    assert consonance([[67, 0, 60], [0, 0, 0]]) == 1
    assert math.isnan(consonance([[67, 0]]))


def test_notes_at_random():
    notes = np.random.default_rng(0).integers(1, 121, (5000, 2))
    assert consonance(notes) == pytest.approx(7 / 12, abs=0.02)
