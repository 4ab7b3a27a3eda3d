"""Sequences from arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.sequences.augment.augmentation import Augmentation
from kerasdl.data.sequences.padding import complete, padded_array
from kerasdl.data.sequences.sequences import Sequences, sequences_of
from kerasdl.data.source import array_source
from kerasdl.data.splits import check_label_range, stratified_split
from kerasdl.errors import BadInput


@known_arguments()
def from_arrays(
    sequences: np.ndarray | Sequence[np.ndarray],
    labels: np.ndarray | Sequence[int],
    *,
    classes: Sequence[str],
    batch_size: int = 16,
    augment: Augmentation | None = None,
    valid_share: float = 0.2,
    seed: int = 0,
) -> Sequences:
    """Make `Sequences` from arrays; validation samples are drawn per class by seed.

    Missing values (NaN) are interpolated linearly; at either end the nearest value is repeated. Trailing steps without
    any value are padding.

    Args:
        sequences: Numbers (count, length) or (count, length, channels), or a list of arrays (length,) or (length,
            channels) that may differ in length.
        labels: Integers (count,), indices into `classes`.
        classes: Class names.
        batch_size: Samples per batch; the last batch of an epoch may be smaller.
        augment: An `augment.Augmentation`, or None.
        valid_share: Share of each class for validation, at least one sequence.
        seed: Random seed of the split, the order and the augmentation.

    Returns:
        The datasets.

    Raises:
        BadInput: Sequences are not numbers or differ in channels, all values of a channel are missing, labels do not
            match the sequences or classes, or there are fewer than two classes or two sequences per class.

    Example:
        >>> sines = from_arrays(waves, speeds, classes=["slow", "fast"])
    """
    names = [f"sequence[{index}]" for index in range(len(sequences))]
    indices = np.asarray(labels)
    _check_indices(indices, len(sequences), classes)
    options: dict[str, Any] = {"batch_size": batch_size, "augment": augment, "valid_share": valid_share, "seed": seed}
    return named_arrays(sequences, indices, names, classes, **options)


def named_arrays(
    sequences: Sequence[np.ndarray],
    labels: np.ndarray,
    names: Sequence[str],
    classes: Sequence[str],
    *,
    batch_size: int = 16,
    augment: Augmentation | None = None,
    valid_share: float = 0.2,
    seed: int = 0,
) -> Sequences:
    """Make `Sequences` from arrays with a name each, which errors and figures give; see `from_arrays`."""
    arrays = [as_array(sequence, name) for sequence, name in zip(sequences, names, strict=True)]
    for array, name in zip(arrays, names, strict=True):
        if array.shape[1] != arrays[0].shape[1]:
            raise BadInput(
                f"All sequences need the same number of channels. Received: {name} with {array.shape[1]}, "
                f"the first with {arrays[0].shape[1]}"
            )
    filled, interpolated = complete(arrays, names)
    source = array_source(padded_array(filled, max(map(len, filled))), labels, names)
    train, valid = stratified_split(source, classes, valid_share, seed)
    return sequences_of(
        train, valid, classes, batch_size=batch_size, seed=seed, interpolated=interpolated, augment=augment
    )


def as_array(sequence: np.ndarray, name: str) -> np.ndarray:
    """Convert a sequence to float64 (length, channels)."""
    try:
        array = np.asarray(sequence, np.float64)
    except (TypeError, ValueError) as error:
        raise BadInput(f"Sequences must hold numbers. Received: {name} = {sequence!r}") from error
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not array.size:
        raise BadInput(
            f"A sequence must have shape (length, channels), both above 0. Received: {name} of shape {array.shape}"
        )
    # Larger values would become infinite in float32.
    if (np.abs(array) > np.finfo(np.float32).max).any():
        raise BadInput(f"Values must be finite in float32. Received: {name} with {np.nanmax(np.abs(array))}")
    return array


def _check_indices(labels: np.ndarray, count: int, classes: Sequence[str]) -> None:
    if not count or labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise BadInput(
            f"Pass one integer label per sequence, and at least one sequence. Received: {labels.dtype} {labels.shape} "
            f"for {count} sequences"
        )
    check_label_range(labels, classes)
