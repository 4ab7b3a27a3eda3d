"""Interpolating missing values, and padding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data.sequences.padding import complete, padded_array
from kerasdl.errors import BadInput

NAN = np.nan


def column(*values):
    return np.array(values, float)[:, None]


def test_gaps_are_interpolated_ends_repeated_and_trailing_gaps_removed():
    (filled,), count = complete([column(NAN, 2, NAN, NAN, 8, NAN)], ["mine"])
    assert (filled[:, 0].tolist(), count) == ([2, 2, 4, 6, 8], 3)


def test_a_channel_that_ends_early_repeats_its_last_value():
    (filled,), count = complete([np.array([[1.0, 5.0], [2.0, 7.0], [3.0, NAN]])], ["mine"])
    assert (filled.tolist(), count) == ([[1, 5], [2, 7], [3, 7]], 1)


def test_errors_name_the_channel_without_a_value():
    with pytest.raises(BadInput, match="All values of channel 2 are missing: remove the sequence. Received: other"):
        complete([np.ones((2, 2)), np.array([[1.0, NAN], [1.0, NAN]])], ["mine", "other"])


@settings(max_examples=50)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.integers(1, 3), st.integers(0, 2))
def test_padding_is_on_the_right_and_can_be_removed_again(lengths, channels, more):
    random = np.random.default_rng(0)
    sequences = [random.standard_normal((length, channels)) for length in lengths]
    padded = padded_array(sequences, max(lengths) + more)
    assert (padded.dtype, padded.shape) == (np.float32, (len(lengths), max(lengths) + more, channels))
    for row, sequence in zip(padded, sequences, strict=True):
        assert np.array_equal(row[: len(sequence)], sequence.astype(np.float32))
        assert np.isnan(row[len(sequence) :]).all()
    back, count = complete(list(padded.astype(float)), [""] * len(padded))
    assert count == 0
    assert [len(each) for each in back] == lengths
