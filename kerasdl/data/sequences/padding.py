"""Interpolating missing values, and padding sequences of different lengths into one array."""

from collections.abc import Sequence

import numpy as np
from kerasdl.errors import BadInput


def complete(sequences: Sequence[np.ndarray], names: Sequence[str]) -> tuple[list[np.ndarray], int]:
    """Truncate sequences after their last value, and interpolate missing values.

    Args:
        sequences: float64 (length, channels) each, with NaN for missing values.
        names: Name of each sequence in errors.

    Returns:
        The sequences without NaN: values are interpolated linearly, and at either end the nearest value is repeated;
        and the number of values that were filled in.

    Raises:
        BadInput: All values of a channel are missing.

    Example:
        >>> complete([np.array([[1.0], [np.nan], [3.0], [np.nan]])], ["mine"])
        ([array([[1.], [2.], [3.]])], 1)
    """
    filled, count = [], 0
    for sequence, name in zip(sequences, names, strict=True):
        missing = np.isnan(sequence)
        if missing.all(axis=0).any():
            channel = int(np.argmax(missing.all(axis=0))) + 1
            raise BadInput(f"All values of channel {channel} are missing: remove the sequence. Received: {name}")
        end = int(np.flatnonzero(~missing.all(axis=1))[-1]) + 1
        filled.append(_interpolated(sequence[:end]))
        count += int(missing[:end].sum())
    return filled, count


def _interpolated(sequence: np.ndarray) -> np.ndarray:
    steps = np.arange(len(sequence))
    columns = [np.interp(steps, steps[~np.isnan(column)], column[~np.isnan(column)]) for column in sequence.T]
    return np.stack(columns, axis=1)


def padded_array(sequences: Sequence[np.ndarray], length: int) -> np.ndarray:
    """Stack sequences of different lengths, padded with NaN on the right.

    Args:
        sequences: (length, channels) each.
        length: Length to pad to.

    Returns:
        float32 (count, length, channels).

    Example:
        >>> padded_array([np.array([[1.0]]), np.array([[2.0], [3.0]])], 2)[..., 0]
        array([[ 1., nan],
               [ 2.,  3.]], dtype=float32)
    """
    padded = np.full((len(sequences), length, sequences[0].shape[1]), np.nan, np.float32)
    for row, sequence in zip(padded, sequences, strict=True):
        row[: len(sequence)] = sequence
    return padded
