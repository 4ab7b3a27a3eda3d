"""Table: the datasets of a table, made from a CSV file or a DataFrame."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from kerasdl.arguments import known_arguments
from kerasdl.data.datasets import HeldDatasets
from kerasdl.data.scale import Scale
from kerasdl.data.source import Source
from kerasdl.data.splits import Part
from kerasdl.data.tabular.cells import shown, tidy
from kerasdl.data.tabular.columns import KINDS, Column, Kind, Raw, as_tensors, column_of, raw_values
from kerasdl.data.tabular.csv_file import read_csv
from kerasdl.data.tabular.frames import check_unique, named, names_of, with_columns
from kerasdl.data.tabular.splits import held_out
from kerasdl.data.tabular.targets import Task, balancing, check_classes, targets_of, weights_of
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd
    from kerasdl.plots import Figure

CHUNK = 65536
# As in the experiments of arXiv:2410.24210, at most.
INTERVALS = 16
LEAST_INTERVAL = 1e-6


@dataclass(frozen=True, eq=False, kw_only=True)
class Table(HeldDatasets):
    """Rows of a table, ready for `fit`.

    A batch is ({"categories": int32 (batch, any), "numbers": float32 (batch, any)}, targets[, weights]); targets are
    int64 class indices (batch,), or standardized float32 numbers (batch, numbers). Validation has no weights.

    Attributes:
        columns: How each column is used.
        target: Names of the target columns.
        classes: Class names, or None for numbers.
        scale: Between the user's units and the standardized targets, or None for classes.
        space: A FeatureSpace from raw columns to encoded inputs.
        frame: All rows with the user's values.
        held_out: Whether a row is for validation, bool (rows,).

    Example:
        >>> houses = kerasdl.data.tabular.from_csv("houses.csv", target="price")
        >>> model = kerasdl.models.tabular(houses.cardinalities, houses.numbers, outputs=1)
    """

    columns: tuple[Column, ...]
    target: tuple[str, ...]
    scale: Scale | None
    space: keras.utils.FeatureSpace = field(repr=False)
    frame: "pd.DataFrame" = field(repr=False)
    held_out: np.ndarray = field(repr=False)

    @property
    def valid_batch_size(self) -> int:
        """Rows per validation batch: at least 512, because rows are small."""
        return max(self.batch_size, 512)

    @property
    def train_rows(self) -> Sequence[str]:
        """Line (or index) of each training row."""
        return self.train_names

    @property
    def valid_rows(self) -> Sequence[str]:
        """Line (or index) of each validation row."""
        return self.valid_names

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """Number of values of each categorical column, in the order of "categories"."""
        return tuple(column.cardinality for column in self.columns if column.cardinality)

    @property
    def numbers(self) -> int:
        """Number of columns of "numbers"."""
        return sum(places.stop - places.start for kind, places in self.places.values() if kind == "numbers")

    @property
    def places(self) -> dict[str, tuple[str, slice]]:
        """Location of each column: "categories" or "numbers", and a slice of its columns."""
        found, ends = {}, {"categories": 0, "numbers": 0}
        for column in self.columns:
            if column.preprocessor is not None:
                part = "categories" if column.cardinality else "numbers"
                width = 1 if column.cardinality else column.preprocessor.compute_output_shape((None, 1))[-1]
                found[column.name] = (part, slice(ends[part], ends[part] + width))
                ends[part] += width
        return found

    @property
    def features(self) -> dict[str, list[str]]:
        """Columns of "categories" and of "numbers", by their names in the exported model."""
        return features_of(self.columns)

    @property
    def raw(self) -> dict[str, Raw]:
        """Kind and date format of each input of the exported model."""
        return {column.key: column.raw for column in self.columns if column.preprocessor is not None}

    @property
    def target_scales(self) -> dict[str, tuple[float, float]] | None:
        """Mean and standard deviation of each target by name; None for classes."""
        if self.scale is None:
            return None
        pairs = zip(self.scale.mean.tolist(), self.scale.std.tolist(), strict=True)
        return dict(zip(self.target, pairs, strict=True))

    @cached_property
    def edges(self) -> list[list[float]]:
        """Quantiles of each of "numbers" over the training rows, for `models.tabular(edges=…)`: at most 17, at least 2.

        Example:
            >>> model = kerasdl.models.tabular(houses.cardinalities, houses.numbers, outputs=1, edges=houses.edges)
        """
        numbers = self.train_source.at(np.arange(len(self.train_rows))).get("numbers")
        return [] if numbers is None else [_edges(column) for column in numbers.numpy().T.astype(np.float64)]

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows for training and for validation."""
        return {"train_rows": len(self.train_rows), "valid_rows": len(self.valid_rows)}

    def draw(self, indices: Sequence[int], titles: Sequence[str], *, part: Part = Part.VALID) -> "Figure":
        """Draw rows of a part with the user's values, of the columns that are inputs; see `Datasets.draw`."""
        from kerasdl import plots

        titles = self._titled(indices, titles, part)
        rows = self.frame.iloc[np.flatnonzero(self.held_out == (part is Part.VALID))[np.asarray(indices, int)]]
        inputs = [column.name for column in self.columns if column.preprocessor is not None]
        return plots.table_sheet({name: list(map(shown, rows[name])) for name in inputs}, titles)

    def caption(self, label: np.ndarray) -> str:
        """A label in words: a class, or numbers in the user's units.

        Example:
            >>> people.caption(people.valid_labels[0])
            '...'
        """
        if self.scale is None:
            return super().caption(label)
        values = zip(self.target, self.scale.readable(label), strict=True)
        # A float32 has seven digits.
        return ", ".join(f"{name} {value:.7g}" for name, value in values)

    def __str__(self) -> str:
        rows = f"{len(self.train_rows):,} training and {len(self.valid_rows):,} validation rows"
        goal = f"{len(self.classes)} classes" if self.classes else "numbers"
        width = max(len(column.name) for column in self.columns)
        lines = [f"  {column.name:{width}}  {column.kind:8}  {column.note}" for column in self.columns]
        return "\n".join([f"{rows}; predicts {', '.join(self.target)} ({goal}) from", *lines])


@known_arguments("from_frame")
def from_csv(
    path: str | Path,
    target: str | Sequence[str],
    *,
    encoding: str | None = None,
    separator: str | None = None,
    **options: Any,
) -> Table:
    """Make a `Table` from a CSV file with a header.

    Args:
        path: Path of the file.
        target: The column to predict, or several columns of numbers.
        encoding: Name of a Python codec; by default UTF-8, or that of the file's byte-order mark.
        separator: One character; by default the most frequent separator in the header.
        **options: As for `from_frame`.

    Returns:
        The datasets.

    Raises:
        BadInput: As for `read_csv` and `from_frame`.

    Example:
        >>> flowers = kerasdl.data.tabular.from_csv("iris.csv", "species")
    """
    return from_frame(read_csv(path, encoding=encoding, separator=separator), target, **options)


@known_arguments()
def from_frame(
    frame: "pd.DataFrame",
    target: str | Sequence[str],
    *,
    task: Task = "auto",
    kinds: Mapping[str, Kind] | None = None,
    weight: str | None = None,
    balance: bool = False,
    valid_share: float = 0.2,
    time: str | None = None,
    group: str | None = None,
    split: str | None = None,
    batch_size: int | None = 64,
    seed: int = 0,
) -> Table:
    """Make a `Table` from a DataFrame: split its rows and preprocess its columns.

    Numbers are scaled by median and quartiles, and clipped smoothly; a missing one becomes the median, with a flag in a
    column of its own. Words become an
    index, with one index for unknown values. Dates become days and cyclic features of the year, month, week and day.
    Columns of equal values, of row numbers, or of words that are almost all unique are left out.

    Args:
        frame: One row per sample; cells may be missing.
        target: The column to predict, or several columns of numbers.
        task: "classes", "numbers", or "auto": classes if the target has words, or at most 10 different whole numbers.
        kinds: Kinds of columns, instead of the inferred ones: "number", "category", "date" or "left out".
        weight: A column of sample weights for the training loss. It is not an input.
        balance: Weight the classes so that each contributes the same to the training loss.
        valid_share: Share of the rows for validation. They are drawn by seed, the same share of every class, unless
            one of the next three names a column:
        time: A column of times or numbers: the latest rows are for validation.
        group: A column: whole groups are for validation. It is not an input.
        split: A column of "train" and "valid" (also "test", true or false, 1 or 0), instead of `valid_share`. It is
            not an input.
        batch_size: Rows per batch; the last batch of an epoch may be smaller. None: by the number of training rows, see
            `batch_size_for`.
        seed: Random seed of the split and of the order.

    Returns:
        The datasets.

    Raises:
        BadInput: A column does not exist, a cell does not fit its column (the message gives both row and column), a
            target is missing, a class has one row, or no input is left.

    Example:
        >>> people = kerasdl.data.tabular.from_frame(frame, "income", kinds={"postcode": "category"}, group="household")
    """
    if batch_size is not None and batch_size < 1:
        raise BadInput(f"A batch must hold at least one row. Received: batch_size={batch_size}")
    frame, targets = named(frame), names_of(target)
    kinds = {str(name): kind for name, kind in (kinds or {}).items()}
    weight, time, group, split = (None if name is None else str(name) for name in (weight, time, group, split))
    _check_columns(frame, targets, kinds, weight, time, group, split)
    frame = tidy(with_columns(frame, {name: None for name, kind in kinds.items() if kind == "left out"}))
    labels, classes = targets_of(frame, targets, task)
    is_valid = held_out(frame, labels, classes, valid_share, time, group, split, seed)
    check_classes(labels[~is_valid], classes)
    scale = None if classes else Scale.of(labels[~is_valid])
    weights = weights_of(frame[weight]) if weight else np.ones(len(frame), np.float32)
    if balance:
        weights *= balancing(labels, classes, ~is_valid)

    aside = {*targets, weight, group, split}
    columns = tuple(
        column_of(frame.loc[~is_valid, name], kinds.get(name)) for name in frame.columns if name not in aside
    )
    used = [column for column in columns if column.preprocessor is not None]
    _check_used(used, columns)
    space = _space(used)
    inputs = _encode(space, used, frame)

    targets_scaled = scale.apply(labels) if scale else labels
    whole = _source(inputs, targets_scaled, frame.index, weights if weight or balance else None)
    train, valid = whole.take(np.flatnonzero(~is_valid)), replace(whole.take(np.flatnonzero(is_valid)), weights=None)
    return Table(
        train_source=train,
        valid_source=valid,
        batch_size=batch_size or batch_size_for(len(train.names)),
        seed=seed,
        columns=columns,
        target=targets,
        classes=classes,
        scale=scale,
        space=space,
        frame=frame,
        held_out=is_valid,
    )


def batch_size_for(rows: int) -> int:
    """Rows per batch for a number of training rows: about a 24th of them, a power of two from 32 to 256.

    Example:
        >>> batch_size_for(1000), batch_size_for(10_000)
        (32, 256)
    """
    return 2 ** min(max(round(math.log2(max(rows, 1) / 24)), 5), 8)


def _edges(values: np.ndarray) -> list[float]:
    found = np.unique(np.quantile(values, np.linspace(0, 1, INTERVALS + 1), method="inverted_cdf"))
    # Edges that nearly meet would make a step of what lies between them.
    wide = np.diff(found, prepend=-np.inf) > LEAST_INTERVAL
    return found[wide].tolist() if wide.sum() > 1 else [float(found[0]), float(found[0]) + 1]


def _source(
    inputs: Mapping[str, np.ndarray], targets: np.ndarray, index: "pd.Index", weights: np.ndarray | None
) -> Source:
    with tf.device("CPU"):
        parts = {name: tf.constant(values) for name, values in inputs.items()}
    names = [f"{index.name or 'row'} {each}" for each in index]
    return Source(names, targets, lambda rows: {name: tf.gather(part, rows) for name, part in parts.items()}, weights)


def _check_columns(
    frame: "pd.DataFrame", targets: tuple[str, ...], kinds: Mapping[str, Kind], *others: str | None
) -> None:
    known = [str(name) for name in frame.columns]
    wanted = [*targets, *kinds, *(name for name in others if name is not None)]
    if absent := sorted({name for name in wanted if name not in known}):
        raise BadInput(f"No such column: {', '.join(map(repr, absent))}. Received: a table with columns {known}")
    check_unique(known)
    if unknown := {name: kind for name, kind in kinds.items() if kind not in KINDS}:
        raise BadInput(f"A column's kind must be one of {', '.join(map(repr, KINDS))}. Received: {unknown}")
    if sum(name is not None for name in others[1:]) > 1:
        raise BadInput(f"Pass only one of time, group and split. Received: {others[1:]}")
    if aside := sorted({*targets, *(name for name in others if name is not None and name != others[1])} & {*kinds}):
        raise BadInput(f"Only inputs have a kind (for a target, pass task). Received: kinds of {aside}")
    if len(set(targets)) < len(targets):
        raise BadInput(f"Name each target only once. Received: {targets}")
    if not targets:
        raise BadInput("Name a column to predict. Received: target=()")
    if frame.empty:
        raise BadInput(f"The table has no rows: nothing to learn from. Received: columns {known}")


def _check_used(used: Sequence[Column], columns: Sequence[Column]) -> None:
    if not used:
        notes = {column.name: column.note for column in columns}
        raise BadInput(f"No input column is left: set the kinds of columns with kinds (--kinds). Received: {notes}")
    keys = [column.key for column in used]
    if same := [column.name for column in used if keys.count(column.key) > 1]:
        raise BadInput(f"Column names must differ in letters, digits or ._-: rename one. Received: {same}")


def _space(used: Sequence[Column]) -> keras.utils.FeatureSpace:
    space = keras.utils.FeatureSpace({column.key: column.feature for column in used}, output_mode="dict")
    # Each preprocessor already has its statistics: nothing is left to adapt.
    space.build_from_config({})
    return space


def _encode(space: keras.utils.FeatureSpace, used: Sequence[Column], frame: "pd.DataFrame") -> dict[str, np.ndarray]:
    """Encode all rows with the FeatureSpace, as "categories" and "numbers"; one without columns is omitted."""
    raw = as_tensors({column.key: raw_values(frame[column.name], *column.raw) for column in used})
    features = features_of(used)
    parts: dict[str, list] = {part: [] for part in features}
    for start in range(0, len(frame), CHUNK):
        encoded = space({name: values[start : start + CHUNK] for name, values in raw.items()})
        for part, keys in features.items():
            parts[part].append(np.concatenate([encoded[name].numpy() for name in keys], axis=1))
    types = {"categories": np.int32, "numbers": np.float32}
    return {part: np.concatenate(chunks).astype(types[part]) for part, chunks in parts.items()}


def features_of(columns: Sequence[Column]) -> dict[str, list[str]]:
    """Columns of "categories" and of "numbers", by key; one without columns is omitted."""
    used = [column for column in columns if column.preprocessor is not None]
    parts = {"categories": [column.key for column in used if column.cardinality]}
    parts["numbers"] = [column.key for column in used if not column.cardinality]
    return {part: keys for part, keys in parts.items() if keys}
