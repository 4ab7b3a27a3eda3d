"""Sequences from .ts files of the time series classification archive, https://www.timeseriesclassification.com."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.sequences.augment.augmentation import Augmentation
from kerasdl.data.sequences.padding import complete, padded_array
from kerasdl.data.sequences.sequences import Sequences, sequences_of
from kerasdl.data.sequences.ts_file import TsFile, check_labels, read_ts
from kerasdl.data.source import Source, array_source
from kerasdl.data.splits import stratified_split
from kerasdl.errors import BadInput


@known_arguments()
def from_ts(
    train_path: str | Path,
    valid_path: str | Path | None = None,
    *,
    batch_size: int = 16,
    augment: Augmentation | None = None,
    valid_share: float = 0.2,
    seed: int = 0,
) -> Sequences:
    """Make `Sequences` from .ts files of the time series classification archive.

    See https://www.timeseriesclassification.com. Missing values ("?" or "NaN") are interpolated linearly; at either
    end the nearest value is repeated.

    Args:
        train_path: Path of the training file.
        valid_path: Path of the validation file; by default a part of the training file is used.
        batch_size: Samples per batch; the last batch of an epoch may be smaller.
        augment: An `augment.Augmentation`, or None.
        valid_share: Share of each class for validation, if there is no validation file.
        seed: Random seed of the split, the order and the augmentation.

    Returns:
        The datasets, with the classes of the training file.

    Raises:
        BadInput: As for `ts_file.read_ts`; also if the files differ in classes or channels, there is one class only, or
            all values of a channel are missing.

    Example:
        >>> from_ts("GunPoint_TRAIN.ts", "GunPoint_TEST.ts").shape
        (150, 1)
    """
    paths = [Path(path) for path in (train_path, valid_path) if path is not None]
    files = [read_ts(path) for path in paths]
    classes = files[0].classes
    sources, interpolated = _file_sources(files, paths)
    train, valid = sources if len(sources) == 2 else stratified_split(sources[0], classes, valid_share, seed)
    return sequences_of(
        train, valid, classes, batch_size=batch_size, seed=seed, interpolated=interpolated, augment=augment
    )


def _file_sources(files: Sequence[TsFile], paths: Sequence[Path]) -> tuple[list[Source], int]:
    """One source per file, padded to one length, with the classes of the first; and the interpolated count."""
    classes, channels = files[0].classes, files[0].sequences[0].shape[1]
    names = [[f"{path.name}:{line}" for line in file.lines] for file, path in zip(files, paths, strict=True)]
    for file, path in zip(files, paths, strict=True):
        check_labels(file.lines, file.labels, classes, path)
        if file.sequences[0].shape[1] != channels:
            raise BadInput(
                f"Both files need the same number of dimensions, {channels} in the first. "
                f"Received: {str(path)!r} with {file.sequences[0].shape[1]}"
            )
    completed = [complete(file.sequences, places) for file, places in zip(files, names, strict=True)]
    length = max(len(sequence) for sequences, _ in completed for sequence in sequences)
    sources = [
        array_source(padded_array(sequences, length), np.array([classes.index(label) for label in file.labels]), places)
        for (sequences, _), file, places in zip(completed, files, names, strict=True)
    ]
    return sources, sum(count for _, count in completed)
