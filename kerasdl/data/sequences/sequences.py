"""Sequences: the datasets of labelled sequences, from arrays or .ts files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from kerasdl.arguments import known_arguments
from kerasdl.data.datasets import HeldDatasets
from kerasdl.data.scale import Scale
from kerasdl.data.sequences.padding import complete, padded_array
from kerasdl.data.sequences.ts_file import TsFile, check_labels, read_ts
from kerasdl.data.source import Source, array_source
from kerasdl.data.splits import Part, check_label_range, check_two_classes, stratified_split
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    from kerasdl.plots import Figure

# Lines that a panel can hold, each in a colour of its own.
MOST_CHANNELS = 6


@dataclass(frozen=True, eq=False, kw_only=True)
class Sequences(HeldDatasets):
    """Labelled sequences, ready for `fit`.

    A batch is (sequences, labels): float32 (batch, length, channels), NaN after the end of a shorter one, and int64
    (batch,).

    Attributes:
        classes: Class names; a label is an index into them.
        shape: (length, channels) of the longest sequence.
        statistics: (mean, std) of each channel over the training sequences, for `models.recurrent(preprocess=…)`.
        interpolated: Number of missing values that were interpolated.

    Example:
        >>> moves = kerasdl.data.sequences.from_ts("BasicMotions_TRAIN.ts", "BasicMotions_TEST.ts")
        >>> print(moves)
        40 training and 40 validation sequences of 100 steps and 6 channels in 4 classes
        >>> model = kerasdl.models.recurrent(moves.shape, len(moves.classes), preprocess=moves.statistics)
    """

    classes: tuple[str, ...]
    shape: tuple[int, int]
    statistics: tuple[list[float], list[float]] = field(repr=False)
    interpolated: int

    def draw(self, indices: Sequence[int], titles: Sequence[str], *, part: Part = Part.VALID) -> "Figure":
        """Draw sequences of a part, each channel as a line, of the first six channels; see `Datasets.draw`."""
        from kerasdl import plots

        titles, channels = self._titled(indices, titles, part), self.shape[1]
        values = self.source(part).at(indices).numpy()[..., :MOST_CHANNELS]
        steps = range(1, self.shape[0] + 1)
        panels = [{f"channel {place}": (steps, line) for place, line in enumerate(each.T, 1)} for each in values]
        more = f" of the first {MOST_CHANNELS} of {channels} channels" if channels > MOST_CHANNELS else ""
        return plots.line_sheet(panels, titles, "step", f"value{more}")

    def __str__(self) -> str:
        length, channels = self.shape
        return (
            f"{len(self.train_names):,} training and {len(self.valid_names):,} validation sequences of {length:,} "
            f"step{'s' * (length > 1)} and {channels} channel{'s' * (channels > 1)} in {len(self.classes)} classes"
            + (f", {self.interpolated:,} missing values interpolated" if self.interpolated else "")
        )


@known_arguments()
def from_arrays(
    sequences: np.ndarray | Sequence[np.ndarray],
    labels: np.ndarray | Sequence[int],
    *,
    classes: Sequence[str],
    batch_size: int = 16,
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
        valid_share: Share of each class for validation, at least one sequence.
        seed: Random seed of the split and of the order.

    Returns:
        The datasets.

    Raises:
        BadInput: Sequences are not numbers or differ in channels, all values of a channel are missing, labels do not
            match the sequences or classes, or there are fewer than two classes or two sequences per class.

    Example:
        >>> sines = from_arrays(waves, speeds, classes=["slow", "fast"])
    """
    names = [f"sequence[{index}]" for index in range(len(sequences))]
    arrays = [_array(sequence, name) for sequence, name in zip(sequences, names, strict=True)]
    for array, name in zip(arrays, names, strict=True):
        if array.shape[1] != arrays[0].shape[1]:
            raise BadInput(
                f"All sequences need the same number of channels. Received: {name} with {array.shape[1]}, "
                f"the first with {arrays[0].shape[1]}"
            )
    indices = np.asarray(labels)
    _check_indices(indices, len(arrays), classes)
    filled, interpolated = complete(arrays, names)
    source = array_source(padded_array(filled, max(map(len, filled))), indices, names)
    train, valid = stratified_split(source, classes, valid_share, seed)
    return _sequences(train, valid, classes, batch_size, seed, interpolated)


@known_arguments()
def from_ts(
    train_path: str | Path,
    valid_path: str | Path | None = None,
    *,
    batch_size: int = 16,
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
        valid_share: Share of each class for validation, if there is no validation file.
        seed: Random seed of the split and of the order.

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
    return _sequences(train, valid, classes, batch_size, seed, interpolated)


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


def _sequences(
    train: Source, valid: Source, classes: Sequence[str], batch_size: int, seed: int, interpolated: int
) -> Sequences:
    if batch_size < 1:
        raise BadInput(f"A batch must hold at least one sequence. Received: batch_size={batch_size}")
    check_two_classes(classes)
    values = train.load(np.arange(len(train.labels))).numpy()
    scale = Scale.of(values.reshape(-1, values.shape[-1]))
    return Sequences(
        train_source=train,
        valid_source=valid,
        batch_size=batch_size,
        seed=seed,
        classes=tuple(classes),
        shape=values.shape[1:],
        statistics=(scale.mean.tolist(), scale.std.tolist()),
        interpolated=interpolated,
    )


def _array(sequence: np.ndarray, name: str) -> np.ndarray:
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
