"""Sequences: the datasets of labelled sequences."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from kerasdl.data.datasets import HeldDatasets
from kerasdl.data.pipeline import validation
from kerasdl.data.scale import Scale
from kerasdl.data.sequences.augment.augmentation import Augmentation
from kerasdl.data.sequences.changes import SequenceChanges
from kerasdl.data.source import Source
from kerasdl.data.splits import Part, check_two_classes
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
        statistics: (mean, std) of each channel over the training sequences, for `preprocess=` of
            `models.resnet_1d`, `models.lstm_fcn` and `models.recurrent`.
        interpolated: Number of missing values that were interpolated.
        channels: Names of the channels, if the data have some.
        augmentation: Applied to each training sequence; None for no augmentation.

    Example:
        >>> moves = kerasdl.data.sequences.from_ts("BasicMotions_TRAIN.ts", "BasicMotions_TEST.ts")
        >>> print(moves)
        40 training and 40 validation sequences of 100 steps and 6 channels in 4 classes
        >>> model = kerasdl.models.resnet_1d(moves.shape, len(moves.classes), preprocess=moves.statistics)
    """

    classes: tuple[str, ...]
    shape: tuple[int, int]
    statistics: tuple[list[float], list[float]] = field(repr=False)
    interpolated: int
    channels: tuple[str, ...] = ()
    augmentation: Augmentation | None = None

    @property
    def changes(self) -> SequenceChanges:
        """The augmentation of training batches."""
        return SequenceChanges(self.augmentation)

    def augmented(self, index: int, count: int = 6) -> np.ndarray:
        """One training sequence under several draws of the augmentation; the first is not augmented.

        Raises:
            ValueError: There is no augmentation.

        Example:
            >>> moves = kerasdl.data.sequences.from_ts("GunPoint_TRAIN.ts", augment=Augmentation(jitter=0.1))
            >>> moves.augmented(0).shape
            (6, 150, 1)
        """
        if self.augmentation is None:
            raise ValueError("Give an augmentation (augment=) to look at. Received: augmentation=None")
        source = self.source(Part.TRAIN).take(np.full(count, index))
        # A negative number: no training epoch has this seed.
        changed = validation(source, batch_size=count, changes=self.changes, seed=(self.seed, -1))
        return np.concatenate([source.at([0]), next(iter(changed))[0][1:]])

    def draw(
        self,
        indices: Sequence[int],
        titles: Sequence[str],
        *,
        part: Part = Part.VALID,
        maps: np.ndarray | None = None,
    ) -> "Figure":
        """Draw sequences of a part, each channel as a line, of the first six channels; see `Datasets.draw`.

        Of sounds these are spectrograms, over seconds and Hertz.

        Args:
            indices: Which.
            titles: One for each, behind the name of the sequence.
            part: The part.
            maps: What weighed in them; see `sheet`.

        Example:
            >>> moves = kerasdl.data.sequences.from_ts("GunPoint_TRAIN.ts", "GunPoint_TEST.ts")
            >>> moves.draw([0, 1], ["a gun", "no gun"])
        """
        titles = self._titled(indices, titles, part, self._shown)
        return self.sheet(self.source(part).at(indices).numpy(), titles, maps=maps)

    @staticmethod
    def _shown(name: str) -> str:
        """The name of a sequence as figures have it."""
        return name

    def draw_augmented(self, index: int = 0, count: int = 6) -> "Figure":
        """Draw what the augmentation makes of a training sequence; the first is not augmented.

        Raises:
            ValueError: There is no augmentation.

        Example:
            >>> kerasdl.data.sequences.from_ts("GunPoint_TRAIN.ts", augment=Augmentation(jitter=0.1)).draw_augmented()
        """
        return self.sheet(self.augmented(index, count), ["original", *["augmented"] * (count - 1)])

    def sheet(self, values: np.ndarray, titles: Sequence[str], *, maps: np.ndarray | None = None) -> "Figure":
        """Draw sequences, each under its title, and what weighed in them.

        Args:
            values: (count, length, channels); NaN is not drawn.
            titles: One for each.
            maps: The same shape, such as from `interpret.integrated_gradients`; by default none.

        Example:
            >>> moves = kerasdl.data.sequences.from_ts("GunPoint_TRAIN.ts")
            >>> moves.sheet(moves.valid_source.at([0]).numpy(), ["a gun"])
        """
        from kerasdl import plots

        _, length, channels = values.shape
        names = self.channels or [f"channel {place + 1}" for place in range(channels)]
        more = f" of the first {MOST_CHANNELS} of {channels} channels" if channels > MOST_CHANNELS else ""
        if maps is not None:
            return plots.weighed_lines(values[..., :MOST_CHANNELS], maps[..., :MOST_CHANNELS], titles, y=f"value{more}")
        lines = [dict(zip(names, each.T[:MOST_CHANNELS], strict=False)) for each in values]
        panels = [{name: (range(1, length + 1), line) for name, line in each.items()} for each in lines]
        return plots.line_sheet(panels, titles, "step", f"value{more}")

    def __str__(self) -> str:
        length, channels = self.shape
        return (
            f"{len(self.train_names):,} training and {len(self.valid_names):,} validation sequences of {length:,} "
            f"step{'s' * (length > 1)} and {channels} channel{'s' * (channels > 1)} in {len(self.classes)} classes"
            + (f", {self.interpolated:,} missing values interpolated" if self.interpolated else "")
        )


def sequences_of(
    train: Source,
    valid: Source,
    classes: Sequence[str],
    *,
    batch_size: int,
    seed: int,
    interpolated: int,
    augment: Augmentation | None,
) -> Sequences:
    """The datasets of two sources of padded arrays.

    Raises:
        BadInput: A batch below one sequence, fewer than two classes, or an augmentation of another kind.
    """
    check_options(batch_size, augment)
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
        augmentation=augment,
    )


def check_options(batch_size: int, augment: Augmentation | None) -> None:
    """Raises unless a batch holds a sequence, and the augmentation is one of sequences, or None."""
    if batch_size < 1:
        raise BadInput(f"A batch must hold at least one sequence. Received: batch_size={batch_size}")
    if augment is not None and not isinstance(augment, Augmentation):
        raise BadInput(
            "augment must be an Augmentation of sequences, such as sequences.augment.standard(), or None. "
            f"Received: augment={augment!r}"
        )
