"""Sequences with gaps and of different lengths become one array."""

from collections.abc import Sequence

import numpy as np
from kerasdl.errors import BadInput


def complete(sequences: Sequence[np.ndarray], names: Sequence[str]) -> tuple[list[np.ndarray], int]:
    """Cuts sequences after their last value and fills their gaps.

    Args:
        sequences: float64 (length, channels) each, NaN where a value is missing.
        names: What an error calls each.

    Returns:
        The sequences without NaN, a missing value put in linearly between its neighbours and the next one held at an
        end; and how many values were put in.

    Raises:
        BadInput: A channel without any value.

    Example:
        >>> complete([np.array([[1.0], [np.nan], [3.0], [np.nan]])], ["mine"])
        ([array([[1.], [2.], [3.]])], 1)
    """
    filled, count = [], 0
    for sequence, name in zip(sequences, names, strict=True):
        missing = np.isnan(sequence)
        if missing.all(axis=0).any():
            channel = int(np.argmax(missing.all(axis=0))) + 1
            raise BadInput(f"Channel {channel} has no value at all: leave the sequence out. Received: {name}")
        end = int(np.flatnonzero(~missing.all(axis=1))[-1]) + 1
        filled.append(_interpolated(sequence[:end]))
        count += int(missing[:end].sum())
    return filled, count


def _interpolated(sequence: np.ndarray) -> np.ndarray:
    steps = np.arange(len(sequence))
    columns = [np.interp(steps, steps[~np.isnan(column)], column[~np.isnan(column)]) for column in sequence.T]
    return np.stack(columns, axis=1)


def padded_array(sequences: Sequence[np.ndarray], length: int) -> np.ndarray:
    """Stacks sequences of different lengths.

    Args:
        sequences: (length, channels) each.
        length: That of the result.

    Returns:
        float32 (count, length, channels), NaN on the right of what is shorter.

    Example:
        >>> padded_array([np.array([[1.0]]), np.array([[2.0], [3.0]])], 2)[..., 0]
        array([[ 1., nan],
               [ 2.,  3.]], dtype=float32)
    """
    padded = np.full((len(sequences), length, sequences[0].shape[1]), np.nan, np.float32)
    for row, sequence in zip(padded, sequences, strict=True):
        row[: len(sequence)] = sequence
    return padded
