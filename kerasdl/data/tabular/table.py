"""Table: the datasets of a table, made from a CSV file or a DataFrame."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from kerasdl.arguments import known_arguments
from kerasdl.data.array_file import nameless_array
from kerasdl.data.datasets import HeldDatasets
from kerasdl.data.pipeline import new_counter
from kerasdl.data.scale import Scale
from kerasdl.data.source import Source, rows_of
from kerasdl.data.splits import Part, as_parts
from kerasdl.data.tabular.cells import shown, tidy
from kerasdl.data.tabular.columns import KINDS, Column, Kind, Raw, as_tensors, column_of, raw_values
from kerasdl.data.tabular.csv_file import read_csv
from kerasdl.data.tabular.encoder import by_part, encoder
from kerasdl.data.tabular.frames import check_unique, named, names_of, with_columns
from kerasdl.data.tabular.rows import FrameRows, RowNames, Rows, csv_rows_on_disk, parquet_rows
from kerasdl.data.tabular.splits import held_out
from kerasdl.data.tabular.targets import Task, balancing, check_classes, targets_of, weights_of
from kerasdl.deprecation import RenamedAttribute
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd
    from kerasdl.plots import Figure

# Columns that are printed.
MOST_PRINTED = 200
# Numbers of which quantiles are computed.
MOST_NUMBERS = 2**24
# Of the training rows, for validation in a rehearsal.
REHEARSED_SHARE = 0.25
# As in the experiments of arXiv:2410.24210, at most.
INTERVALS = 16
LEAST_INTERVAL = 1e-6


@dataclass(frozen=True, eq=False, kw_only=True)
class Table(HeldDatasets):
    """Rows of a table, ready for `fit`.

    A batch is ({"categories": int32 (batch, any), "numbers": float32 (batch, any)}, targets[, weights]); targets are
    int64 class indices (batch,), or standardized float32 numbers (batch, numbers). Validation has no weights, but for
    that of a `rehearsal`.

    Attributes:
        columns: How each column is used.
        target: Names of the target columns.
        classes: Class names, or None for numbers.
        scale: Between the user's units and the standardized targets, or None for classes.
        encoder: A model from raw columns to encoded inputs, for `export.table_model`.
        rows: All rows with the user's values, in memory or on disk.
        parts: The `Part` of each row, int8 (rows,); in a `rehearsal` the rows that it leaves out are `Part.TEST`.
        time: The column by whose latest rows the table was split, if it was.
        group: The column by whose groups it was split, if it was.

    Example:
        >>> houses = kerasdl.data.tabular.from_csv("houses.csv", target="price")
        >>> model = kerasdl.models.tabular(houses.cardinalities, houses.numbers, outputs=1)
    """

    columns: tuple[Column, ...]
    target: tuple[str, ...]
    scale: Scale | None
    encoder: keras.Model = field(repr=False)
    rows: Rows = field(repr=False)
    parts: np.ndarray = field(repr=False)
    time: str | None = None
    group: str | None = None

    space = RenamedAttribute("encoder")

    @property
    def frame(self) -> "pd.DataFrame":
        """All rows with the user's values; those on disk are read into memory."""
        return self.rows.read(self.rows.names)

    @property
    def held_out(self) -> np.ndarray:
        """Whether a row is for validation, bool (rows,)."""
        return self.parts == Part.VALID

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
        found = {}
        for part, columns in by_part(self.columns).items():
            end = 0
            for column in columns:
                start, end = end, end + column.width
                found[column.name] = (part, slice(start, end))
        return found

    @property
    def features(self) -> dict[str, list[str]]:
        """Columns of "categories" and of "numbers", by their names in the exported model."""
        return {part: [column.key for column in found] for part, found in by_part(self.columns).items()}

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
        """Edges of intervals of each of "numbers", for `models.tabular(edges=…)`: at most 17, at least 2.

        Quantiles of the training rows, in which a frequent value counts as at most one interval; or all values, if
        they are few.

        If these are more than 16 million numbers, quantiles of as many rows as have so many, drawn by `seed`.

        Example:
            >>> model = kerasdl.models.tabular(houses.cardinalities, houses.numbers, outputs=1, edges=houses.edges)
        """
        numbers = self.train_source.at(sampled(len(self.train_rows), self.numbers, self.seed)).get("numbers")
        return [] if numbers is None else [_edges(column.astype(np.float64)) for column in numbers.numpy().T]

    @cached_property
    def rehearsal(self) -> "Table":
        """The training rows alone, a quarter of them for validation: to choose without the validation rows.

        They are split as all rows were: by time, by group, or else by seed, the same share of every class; by seed,
        too, if a column named the parts. Columns, encoder and scale stay; the validation has the weights of its rows.

        Raises:
            BadInput: A class has one training row, or the rows have one group, or one time.

        Example:
            >>> model.fit(houses.rehearsal.train, validation_data=houses.rehearsal.valid, epochs=1, shuffle=False)
        """
        trained = np.flatnonzero(self.parts == Part.TRAIN)
        known = self.rows.read([name for name in (self.time, self.group) if name is not None] or self.target[:1])
        labels = self.train_source.labels
        later = held_out(
            known.iloc[trained], labels, self.classes, REHEARSED_SHARE, self.time, self.group, None, self.seed
        )
        parts = np.full_like(self.parts, Part.TEST)
        parts[trained] = as_parts(later)
        return replace(
            self,
            train_source=self.train_source.take(np.flatnonzero(~later)),
            valid_source=self.train_source.take(np.flatnonzero(later)),
            parts=parts,
            counter=new_counter(),
        )

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows for training and for validation."""
        return {"train_rows": len(self.train_rows), "valid_rows": len(self.valid_rows)}

    def draw(self, indices: Sequence[int], titles: Sequence[str], *, part: Part = Part.VALID) -> "Figure":
        """Draw rows of a part with the user's values, of the columns that are inputs; see `Datasets.draw`."""
        from kerasdl import plots

        titles = self._titled(indices, titles, part)
        places = np.flatnonzero(self.parts == part)[np.asarray(indices, int)].tolist()
        inputs = [column.name for column in self.columns if column.preprocessor is not None]
        rows = self.rows.at(places, inputs)
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
        some = self.columns[:MOST_PRINTED]
        width = max(len(column.name) for column in some)
        lines = [f"  {column.name:{width}}  {column.kind:8}  {column.note}" for column in some]
        if len(self.columns) > len(some):
            kinds = Counter(column.kind for column in self.columns[MOST_PRINTED:])
            rest = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
            lines.append(f"  and {len(self.columns) - len(some):,} more columns: {rest}")
        return "\n".join([f"{rows}; predicts {', '.join(self.target)} ({goal}) from", *lines])


@known_arguments("from_frame")
def from_csv(
    path: str | Path,
    target: str | Sequence[str],
    *,
    encoding: str | None = None,
    separator: str | None = None,
    on_disk: bool = False,
    **options: Any,
) -> Table:
    """Make a `Table` from a CSV file with a header.

    Args:
        path: Path of the file.
        target: The column to predict, or several columns of numbers.
        encoding: Name of a Python codec; by default UTF-8, or that of the file's byte-order mark.
        separator: One character; by default the most frequent separator in the header.
        on_disk: Keep the rows on disk, as `from_parquet` does, for files that do not fit in memory.
        **options: As for `from_frame`.

    Returns:
        The datasets.

    Raises:
        BadInput: As for `read_csv` and `from_frame`.

    Example:
        >>> flowers = kerasdl.data.tabular.from_csv("iris.csv", "species")
    """
    read: Callable[..., Any] = csv_rows_on_disk if on_disk else read_csv
    return from_frame(read(path, encoding=encoding, separator=separator), target, **options)


@known_arguments("from_frame")
def from_parquet(path: str | Path, target: str | Sequence[str], **options: Any) -> Table:
    """Make a `Table` from a Parquet file, or all Parquet files of a folder, that need not fit in memory.

    The table is that which `from_frame` makes of the same rows, bit for bit: the statistics of each column are taken
    from all its training rows. It is read twice, first column by column, then piece by piece. In memory are one column
    at a time; the targets, and the columns that split or weigh the rows; and some bytes for each row. The encoded rows
    lie in a file of the cache folder (`XDG_CACHE_HOME`), 4 bytes a number, which is gone when the process ends.

    Args:
        path: The file, or a folder.
        target: The column to predict, or several columns of numbers.
        **options: As for `from_frame`.

    Returns:
        The datasets.

    Raises:
        BadInput: A file cannot be read, or has other columns than the first; or as for `from_frame`.
        ModuleNotFoundError: pyarrow is not installed.

    Example:
        >>> houses = kerasdl.data.tabular.from_parquet("houses.parquet", "price")
    """
    return from_frame(parquet_rows(path), target, **options)


@known_arguments()
def from_frame(
    frame: "pd.DataFrame | Rows",
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
        frame: One row per sample; cells may be missing. Or `Rows`, which may be on disk.
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
    targets = names_of(target)
    kinds = {str(name): kind for name, kind in (kinds or {}).items()}
    weight, time, group, split = (None if name is None else str(name) for name in (weight, time, group, split))
    left_out = {name: None for name, kind in kinds.items() if kind == "left out"}
    rows = frame if isinstance(frame, Rows) else FrameRows(named(frame))
    _check_columns(rows, targets, kinds, weight, time, group, split)
    if isinstance(rows, FrameRows):
        rows = FrameRows(tidy(with_columns(rows.frame, left_out)))
    known = rows.read(list(dict.fromkeys(name for name in (*targets, weight, time, group, split) if name is not None)))
    labels, classes = targets_of(known, targets, task)
    is_valid = held_out(known, labels, classes, valid_share, time, group, split, seed)
    check_classes(labels[~is_valid], classes)
    scale = None if classes else Scale.of(labels[~is_valid])
    weights = weights_of(known[weight]) if weight else np.ones(len(known), np.float32)
    if balance:
        weights *= balancing(labels, classes, ~is_valid)

    aside = {*targets, weight, group, split}
    columns = _columns(rows, [name for name in rows.names if name not in aside], kinds, ~is_valid)
    _check_used(columns)
    model = encoder(columns)
    load = _loader(_encode(model, columns, rows))
    targets_scaled = scale.apply(labels) if scale else labels

    def source(places: np.ndarray, weights: np.ndarray | None) -> Source:
        names, wanted = RowNames(rows.index, places), tf.constant(places, tf.int64)
        return Source(names, targets_scaled[places], lambda batch: load(tf.gather(wanted, batch)), weights)

    trained = np.flatnonzero(~is_valid)
    return Table(
        train_source=source(trained, weights[trained] if weight or balance else None),
        valid_source=source(np.flatnonzero(is_valid), None),
        batch_size=batch_size or batch_size_for(len(trained)),
        seed=seed,
        columns=columns,
        target=targets,
        classes=classes,
        scale=scale,
        encoder=model,
        rows=rows,
        parts=as_parts(is_valid).astype(np.int8),
        time=time,
        group=group,
    )


def batch_size_for(rows: int) -> int:
    """Rows per batch for a number of training rows: about a 24th of them, a power of two from 32 to 256.

    Example:
        >>> batch_size_for(1000), batch_size_for(10_000)
        (32, 256)
    """
    return 2 ** min(max(round(math.log2(max(rows, 1) / 24)), 5), 8)


def sampled(rows: int, columns: int, seed: int, *, most: int = MOST_NUMBERS) -> np.ndarray:
    """Places of all rows, or of as many as have `most` numbers, drawn by seed, in their order.

    Example:
        >>> sampled(3, 10, seed=0), len(sampled(1000, 10, seed=0, most=500))
        (array([0, 1, 2]), 50)
    """
    count = max(1, min(rows, most // max(columns, 1)))
    return np.arange(rows) if count == rows else np.sort(np.random.default_rng(seed).choice(rows, count, replace=False))


def _edges(values: np.ndarray) -> list[float]:
    """Quantiles of the values, or all values if they are few.

    A value that fills more than an interval, such as the 0 of a column of mostly zeros, counts as one interval, so that
    the others keep their edges.
    """
    found, counts = np.unique(values, return_counts=True)
    if len(found) > INTERVALS + 1:
        shares = counts / counts.sum()
        for _ in range(INTERVALS):
            shares = np.minimum(shares, shares.sum() / INTERVALS)
        below = np.cumsum(shares) / shares.sum()
        # Less than the rounding of the sums: a quantile is the first value that reaches it.
        quantiles = np.linspace(0, 1, INTERVALS + 1) - 1e-9
        found = np.unique(found[np.searchsorted(below, quantiles).clip(max=len(found) - 1)])
    # Edges that nearly meet would make a step of what lies between them.
    wide = np.diff(found, prepend=-np.inf) > LEAST_INTERVAL
    return found[wide].tolist() if wide.sum() > 1 else [float(found[0]), float(found[0]) + 1]


def _columns(rows: Rows, names: Sequence[str], kinds: Mapping[str, Kind], trained: np.ndarray) -> tuple[Column, ...]:
    """The columns, by their training rows, one by one."""
    bar, found = _progress(rows, len(names), "column"), []
    for name in names:
        kind = kinds.get(name)
        values = rows.at([0], [name]) if kind == "left out" else rows.read([name]).loc[trained]
        found.append(column_of(values[name], kind))
        bar.add(1)
    return tuple(found)


def _progress(rows: Rows, count: int, unit: str) -> keras.utils.Progbar:
    return keras.utils.Progbar(count, unit_name=unit, verbose=int(rows.on_disk))


def _loader(inputs: Mapping[str, np.ndarray]) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    parts = {name: rows_of(values) for name, values in inputs.items()}
    return lambda places: {name: read(places) for name, read in parts.items()}


def _check_columns(rows: Rows, targets: tuple[str, ...], kinds: Mapping[str, Kind], *others: str | None) -> None:
    known = rows.names
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
    if not len(rows.index):
        raise BadInput(f"The table has no rows: nothing to learn from. Received: columns {known}")


def _check_used(columns: Sequence[Column]) -> None:
    used = [column for column in columns if column.preprocessor is not None]
    if not used:
        notes = {column.name: column.note for column in columns}
        raise BadInput(f"No input column is left: set the kinds of columns with kinds (--kinds). Received: {notes}")
    keys = Counter(column.key for column in used)
    if same := [column.name for column in used if keys[column.key] > 1]:
        raise BadInput(f"Column names must differ in letters, digits or ._-: rename one. Received: {same}")


def _encode(model: keras.Model, columns: Sequence[Column], rows: Rows) -> dict[str, np.ndarray]:
    """Encode all rows, as "categories" and "numbers"; one without columns is omitted."""
    used = [column for column in columns if column.preprocessor is not None]
    types, count, parts = {"categories": np.int32, "numbers": np.float32}, len(rows.index), {}
    for part, found in by_part(columns).items():
        shape = (count, sum(column.width for column in found))
        parts[part] = nameless_array(shape, types[part]) if rows.on_disk else np.empty(shape, types[part])
    bar, start = _progress(rows, count, "row"), 0
    for piece in rows.pieces([column.name for column in used]):
        end = start + len(piece)
        raw = as_tensors({column.key: raw_values(piece[column.name], *column.raw) for column in used})
        for part, values in model(raw).items():
            parts[part][start:end] = values
        start = end
        bar.update(start)
    return parts
