"""Columns of a table: the kind of each, and its preprocessing.

A column's kind is inferred from the training rows, unless the user gives it; its statistics come from the training rows
alone. They are held in a preprocessing layer, which is saved in the exported model.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.scale import Scale
from kerasdl.data.tabular.cells import as_text, numbers, parsed_numbers, tidy
from kerasdl.data.tabular.dates import MOSTLY, date_form, iso_dates
from kerasdl.data.tabular.frames import named
from kerasdl.errors import BadInput
from kerasdl.layers import DateFeature, NumberFeature

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["number", "category", "date", "left out"]
# The kind of an input of the exported model, and the format of its dates if they were text in training.
Raw = tuple[Kind, str | None]
KINDS: tuple[Kind, ...] = ("number", "category", "date", "left out")
# Text that differs in almost every row identifies the row and does not describe it.
MOST_DISTINCT_SHARE, FEW_DISTINCT = 0.5, 20
# Layer names of the exported model.
RESERVED = (
    r"(probabilities|class_names|user_units|target_names|tabular|concatenate|string_lookup|hashing|\w+_feature)(_\d+)?"
)
# Scaled numbers are clipped smoothly to within this: a few very large ones do not hide the others.
LIMIT = 3.0
# A column with more values is hashed.
MOST_CATEGORIES = 1000


@dataclass(frozen=True)
class Column:
    """A column and its preprocessing.

    Attributes:
        name: Name in the user's table.
        kind: Kind of its values.
        note: Remark for the user: why it is left out, or its range or number of values.
        preprocessor: From raw values (batch, 1) to numbers (batch, any) or an index (batch, 1); None if left out.
        cardinality: Number of values of a category, unknown and missing included; otherwise 0.

    Example:
        >>> [(column.name, column.kind) for column in people.columns]
        [('age', 'number'), ('job', 'category'), ('since', 'date')]
    """

    name: str
    kind: Kind
    note: str
    preprocessor: keras.layers.Layer | None = None
    cardinality: int = 0

    @property
    def key(self) -> str:
        """Name in the exported model."""
        return key(self.name)

    @property
    def width(self) -> int:
        """Number of columns that it is encoded as."""
        if self.preprocessor is None or self.cardinality:
            return int(self.preprocessor is not None)
        return self.preprocessor.compute_output_shape((None, 1))[-1]

    @property
    def raw(self) -> Raw:
        """Kind of its input of the exported model, and the format of its dates."""
        return self.kind, self.preprocessor.form if isinstance(self.preprocessor, DateFeature) else None


def key(name: str) -> str:
    """Name of a column as an input of a TensorFlow model: all but letters, digits and ._- becomes "_".

    Names of layers of the exported model get a trailing "_".

    Example:
        >>> key("sq. metres/room")
        'sq._metres_room'
    """
    # Keras reserves "/", and TensorFlow a leading "_".
    name = re.sub(r"^(?![A-Za-z0-9.])", "c", re.sub(r"[^A-Za-z0-9_.\-]", "_", name))
    return f"{name}_" if re.fullmatch(RESERVED, name) else name


def column_of(values: "pd.Series", kind: Kind | None = None) -> Column:
    """Infer the kind of a column from its training rows, and compute its preprocessing from them.

    Args:
        values: The training rows of the column.
        kind: Its kind, if the user gives it.

    Raises:
        BadInput: A cell does not fit the column's kind; the message gives its row.
    """
    if kind == "left out":
        return Column(str(values.name), "left out", "excluded by the user")
    if values.isna().all():
        return Column(str(values.name), "left out", "all values are missing")
    if values.nunique(dropna=False) == 1:
        return Column(str(values.name), "left out", "all values are equal")
    match kind or _kind(values):
        case "number":
            return _number_column(values, inferred=kind is None)
        case "date":
            return _date_column(values)
        case _:
            return _category_column(values, inferred=kind is None)


def raw_values(column: "pd.Series", kind: Kind, form: str | None = None) -> np.ndarray:
    """Convert a column to an input of the exported model, (rows, 1): float64 with NaN, or text, empty if missing.

    Args:
        column: A column of the user's table.
        kind: Its kind.
        form: Format of its dates, as for `strftime`; None for ISO 8601.

    Raises:
        BadInput: A cell is not a number or not a date; the message gives its row.
    """
    if kind == "number":
        return numbers(column)[:, None]
    text = iso_dates(column, form) if kind == "date" else _text(column)
    return text.astype(object)[:, None]


def raw_inputs(frame: "pd.DataFrame", columns: Mapping[str, Raw]) -> dict[str, tf.Tensor]:
    """Convert a table to the inputs of an exported model.

    Args:
        frame: The rows. Columns that the model does not use are ignored.
        columns: Kind and date format of each input of the model, from `export.raw_columns`.

    Raises:
        BadInput: A column is missing, or a cell is not a number or not a date.
        ModuleNotFoundError: pandas is not installed.

    Example:
        >>> exported.predict(raw_inputs(frame, kerasdl.export.raw_columns(exported)))
    """
    frame = named(frame)
    names = frame.columns.tolist()
    # An exact name takes precedence over one that `key` converts to it.
    exact, converted = _places(names), _places(map(key, names))
    places = {each: exact.get(each) or converted.get(each, []) for each in columns}
    if absent := [each for each, found in places.items() if not found]:
        raise BadInput(f"The model needs columns {absent}: add them to the table. Received: columns {names}")
    if several := [names[at] for found in places.values() for at in found if len(found) > 1]:
        raise BadInput(f"These columns have one name in the model: rename all but one. Received: {several}")
    frame = tidy(frame.iloc[:, [found[0] for found in places.values()]].set_axis(list(places), axis=1))
    return as_tensors({each: raw_values(frame[each], *raw) for each, raw in columns.items()})


def _places(names: Iterable[str]) -> dict[str, list[int]]:
    """Where each name stands."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        found.setdefault(name, []).append(place)
    return found


def as_tensors(values: Mapping[str, np.ndarray]) -> dict[str, tf.Tensor]:
    """Convert raw values to tensors on the CPU, because Keras accepts no arrays of text."""
    with tf.device("CPU"):
        return {name: tf.constant(each) for name, each in values.items()}


def _kind(values: "pd.Series") -> Kind:
    present = values.dropna()
    types = {*map(type, present)} if present.dtype == object else {present.dtype.type}
    if present.dtype.kind == "M" or all(issubclass(each, datetime) for each in types):
        return "date"
    if str(present.dtype) == "category" or any(issubclass(each, bool | np.bool_) for each in types):
        return "category"
    if np.isfinite(parsed_numbers(present)).mean() >= MOSTLY:
        # Codes such as 007 are names, not numbers.
        texts = (value for value in present.unique() if isinstance(value, str)) if str in types else ()
        return "category" if any(re.fullmatch(r"0\d+", value) for value in texts) else "number"
    return "date" if date_form(present) else "category"


def _number_column(values: "pd.Series", *, inferred: bool) -> Column:
    found = numbers(values)
    missing = np.isnan(found)
    present = found[~missing]
    if inferred and not missing.any() and _are_row_numbers(present):
        return Column(str(values.name), "left out", "row numbers")
    median = float(np.median(present))
    ends = {"low": float(present.min()), "high": float(present.max())}
    layer = NumberFeature(median, median, _spread(present), flag=bool(missing.any()), limit=LIMIT, **ends)
    note = f"{present.min():g} to {present.max():g}" + (f", {missing.sum():,} missing" if missing.any() else "")
    return Column(str(values.name), "number", note, layer)


def _spread(values: np.ndarray) -> float:
    """The interquartile range; half of the range if most values are equal (RealMLP, arXiv:2407.04491)."""
    low, first, third, high = np.percentile(values, (0, 25, 75, 100))
    spread = float(third - first) or float(high - low) / 2
    # Rounding leaves less of values that are all alike, and division by it would overflow.
    return spread if spread > 1e-12 * np.abs(values).max() and spread > 1e-30 else 1.0


def _are_row_numbers(values: np.ndarray) -> bool:
    """Whether these are increasing whole numbers that skip fewer numbers than they contain."""
    steps = np.diff(values)
    is_whole = (values == np.round(values)).all()
    return bool(len(values) > FEW_DISTINCT and is_whole and (steps > 0).all() and steps.mean() < 2)


def _date_column(values: "pd.Series") -> Column:
    form = date_form(values)
    text = iso_dates(values, form)
    dates = np.array(text[text != ""], "datetime64[s]")
    scale = Scale.of((dates.astype(np.float64) / 86400)[:, None])
    ends = {"low": str(dates.min()), "high": str(dates.max())}
    layer = DateFeature(float(scale.mean[0]), float(scale.std[0]), form, **ends)
    read_as = f", read as {form}" if form and not form.startswith(("ISO", "%Y")) else ""
    note = f"{dates.min()} to {dates.max()}".replace("T", " ") + read_as
    return Column(str(values.name), "date", note, layer)


def _category_column(values: "pd.Series", *, inferred: bool) -> Column:
    import pandas as pd

    text = pd.Series(_text(values))
    counts = text[text != ""].value_counts()
    if inferred and len(counts) > max(FEW_DISTINCT, MOST_DISTINCT_SHARE * counts.sum()):
        return Column(str(values.name), "left out", "almost all values are unique")
    if len(counts) > MOST_CATEGORIES:
        layer = keras.layers.Hashing(MOST_CATEGORIES)
        return Column(str(values.name), "category", f"{len(counts):,} values, hashed", layer, MOST_CATEGORIES)
    # Values that occur once share the index of unknown values, so that its embedding is trained.
    known = sorted(counts.index[counts > 1]) + ([""] if (text == "").any() else [])
    layer = keras.layers.StringLookup(vocabulary=known or [""])
    return Column(str(values.name), "category", f"{len(counts):,} values", layer, layer.vocabulary_size())


def _text(column: "pd.Series") -> np.ndarray:
    """Values as text, empty if missing."""
    import pandas as pd

    # Each distinct value once; but 1, 1.0 and True count as one among each other.
    if column.dtype != object or {*map(type, column)} <= {str, type(None)}:
        places, distinct = pd.factorize(column)
        return np.array([*map(as_text, distinct), ""], object)[places]
    missing = column.isna().to_numpy()
    return np.array(["" if gone else as_text(value) for value, gone in zip(column, missing, strict=True)], object)
