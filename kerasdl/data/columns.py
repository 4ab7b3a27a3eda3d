"""Columns of a table: what each holds, and what a network makes of it.

A column is typed by what training rows hold, unless the user says; its statistics are those of training rows. What it
knows becomes a preprocessor of Keras's FeatureSpace, which travels in the exported model.
"""

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.csv_file import cell, numbers, parsed_numbers, place
from kerasdl.data.scale import Scale
from kerasdl.errors import BadInput
from kerasdl.layers import DateFeature, NumberFeature

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["number", "category", "date", "left out"]
# What an input of the exported model holds, and how dates were written in training where they were text.
Raw = tuple[Kind, str | None]
KINDS: tuple[Kind, ...] = ("number", "category", "date", "left out")
# So much of a column must read as numbers (or dates) for what does not to be a mistake rather than another word.
MOSTLY = 0.9
# Words that are nearly all different name a row rather than describe it.
MOST_DISTINCT_SHARE, FEW_DISTINCT = 0.5, 20
# Values beyond so many are hashed.
MOST_CATEGORIES = 1000


@dataclass(frozen=True)
class Column:
    """One column as training saw it.

    Attributes:
        name: As in the user's table.
        kind: What it holds.
        note: What is worth knowing: why it is left out, how many values it has.
        preprocessor: From raw values (batch, 1) to numbers (batch, any) or an index (batch, 1); None if left out.
        cardinality: How many values a category has, those unknown and missing included; otherwise 0.
    """

    name: str
    kind: Kind
    note: str
    preprocessor: keras.layers.Layer | None = None
    cardinality: int = 0

    @property
    def key(self) -> str:
        """Its name in the exported model."""
        return key(self.name)

    @property
    def raw(self) -> Raw:
        """What its input of the exported model holds."""
        return self.kind, self.preprocessor.form if isinstance(self.preprocessor, DateFeature) else None

    @property
    def feature(self) -> Any:
        """What FeatureSpace needs to know."""
        dtype = "float32" if self.kind == "number" else "string"
        return keras.utils.FeatureSpace.feature(dtype, self.preprocessor, "int" if self.cardinality else "float")


def key(name: str) -> str:
    """A column's name as TensorFlow accepts it for an input: anything but letters, digits and ._- becomes "_".

    Example:
        >>> key("sq. metres/room")
        'sq._metres_room'
    """
    # Keras keeps "/" for itself, and a leading "_" is TensorFlow's own.
    return re.sub(r"^(?![A-Za-z0-9.])", "c", re.sub(r"[^A-Za-z0-9_.\-]", "_", name))


def column_of(values: "pd.Series", kind: Kind | None = None) -> Column:
    """Types a column by its training rows, and learns from them what its preprocessing needs.

    Args:
        values: The training rows of the column.
        kind: What it holds, if the user says.

    Raises:
        BadInput: A cell that does not fit the column's kind, by row.
    """
    if kind == "left out":
        return Column(str(values.name), "left out", "as told")
    if values.isna().all():
        return Column(str(values.name), "left out", "holds nothing")
    if values.nunique(dropna=False) == 1:
        return Column(str(values.name), "left out", "holds one value")
    match kind or _kind(values):
        case "number":
            return _number_column(values, told=kind is not None)
        case "date":
            return _date_column(values)
        case _:
            return _category_column(values, told=kind is not None)


def raw_values(column: "pd.Series", kind: Kind, form: str | None = None) -> np.ndarray:
    """A column as the exported model takes it: float32 with NaN, or text that is empty where missing; (rows, 1).

    Args:
        column: Of the user's table.
        kind: What it holds.
        form: How dates are written, as `strftime` spells it; ISO 8601 where that is None.

    Raises:
        BadInput: A cell that is no number, or no date, by row.
    """
    if kind == "number":
        return numbers(column).astype(np.float32)[:, None]
    text = _iso_dates(column, form) if kind == "date" else _text(column)
    return text.astype(object)[:, None]


def raw_inputs(frame: "pd.DataFrame", columns: Mapping[str, Raw]) -> dict[str, tf.Tensor]:
    """A table as the exported model takes it.

    Args:
        frame: The rows; columns that the model does not use may be there or not.
        columns: What each input of the model holds, as `models.raw_columns` tells.

    Raises:
        BadInput: A column that is missing, or a cell that is no number or no date.

    Example:
        >>> exported.predict(raw_inputs(frame, kerasdl.models.raw_columns(exported)))
    """
    by_key = {key(str(name)): frame[name] for name in frame.columns}
    if absent := [name for name in columns if name not in by_key]:
        raise BadInput(f"The model needs columns {absent}. Received: columns {[str(name) for name in frame.columns]}")
    # Tensors, for Keras takes no arrays of text.
    with tf.device("CPU"):
        return {name: tf.constant(raw_values(by_key[name], *raw)) for name, raw in columns.items()}


def _kind(values: "pd.Series") -> Kind:
    present = values.dropna()
    if present.dtype.kind == "M":
        return "date"
    if present.map(lambda value: isinstance(value, bool | np.bool_)).any():
        return "category"
    if np.isfinite(parsed_numbers(present)).mean() >= MOSTLY:
        # Codes such as 007 are names made of digits.
        codes = present.map(lambda value: isinstance(value, str) and re.fullmatch(r"0\d+", value) is not None)
        return "category" if codes.any() else "number"
    return "date" if _date_form(present) else "category"


def _number_column(values: "pd.Series", *, told: bool) -> Column:
    found = numbers(values)
    missing = np.isnan(found)
    present = found[~missing]
    if not told and not missing.any() and _numbers_the_rows(present):
        return Column(str(values.name), "left out", "numbers the rows")
    median = float(np.median(present))
    scale = Scale.of(np.where(missing, median, found)[:, None])
    layer = NumberFeature(median, float(scale.mean[0]), float(scale.std[0]), flag=bool(missing.any()))
    note = f"{present.min():g} to {present.max():g}" + (f", {missing.sum():,} missing" if missing.any() else "")
    return Column(str(values.name), "number", note, layer)


def _numbers_the_rows(values: np.ndarray) -> bool:
    """Whether these are whole numbers that rise from row to row and leave out fewer than they name."""
    steps = np.diff(values)
    is_whole = (values == np.round(values)).all()
    return bool(len(values) > FEW_DISTINCT and is_whole and (steps > 0).all() and steps.mean() < 2)


def _date_column(values: "pd.Series") -> Column:
    import pandas as pd

    form = None if values.dtype.kind == "M" else _date_form(values)
    text = _iso_dates(values, form)
    dates = pd.to_datetime(text[text != ""])
    scale = Scale.of(((dates - pd.Timestamp(0)) / pd.Timedelta(days=1)).to_numpy(np.float64)[:, None])
    layer = DateFeature(float(scale.mean[0]), float(scale.std[0]), form)
    return Column(str(values.name), "date", f"{dates.min()} to {dates.max()}", layer)


def _category_column(values: "pd.Series", *, told: bool) -> Column:
    import pandas as pd

    text = pd.Series(_text(values))
    counts = text[text != ""].value_counts()
    if not told and len(counts) > max(FEW_DISTINCT, MOST_DISTINCT_SHARE * counts.sum()):
        return Column(str(values.name), "left out", "hardly a value comes twice")
    if len(counts) > MOST_CATEGORIES:
        layer = keras.layers.Hashing(MOST_CATEGORIES)
        return Column(str(values.name), "category", f"{len(counts):,} values, hashed", layer, MOST_CATEGORIES)
    # What comes once is left to the unknown slot, which so learns what to do with a value never seen.
    known = sorted(counts.index[counts > 1]) + ([""] if (text == "").any() else [])
    layer = keras.layers.StringLookup(vocabulary=known or [""])
    return Column(str(values.name), "category", f"{len(counts):,} values", layer, layer.vocabulary_size())


def _text(column: "pd.Series") -> np.ndarray:
    """Values as text, whole numbers without a point, so that 3 of a frame is "3" of a file; empty where missing."""

    def text(value: Any) -> str:
        if isinstance(value, float | np.floating) and float(value).is_integer():
            value = int(value)
        return str(value).strip()

    missing = column.isna().to_numpy()
    return np.array(["" if gone else text(value) for value, gone in zip(column, missing, strict=True)], object)


def _iso_dates(column: "pd.Series", form: str | None) -> np.ndarray:
    """Dates as text in ISO 8601, to the second; empty where missing."""
    import pandas as pd

    dates = column if column.dtype.kind == "M" else pd.to_datetime(column, format=form or "ISO8601", errors="coerce")
    wrong = (column.notna() & dates.isna()).to_numpy()
    if wrong.any():
        first = int(np.argmax(wrong))
        raise BadInput(
            f"Column {column.name!r} holds dates such as {form or '2016-07-31'}, but {place(column, first)} is none. "
            f"Received: {cell(column, first)!r}"
        )
    return dates.dt.strftime("%Y-%m-%d %H:%M:%S").fillna("").to_numpy(object)


def _date_form(values: "pd.Series") -> str | None:
    """How most of these are written as dates, by what reads the most of them; None if they are none, or no text."""
    import pandas as pd
    from pandas.tseries.api import guess_datetime_format

    present = values.dropna().astype(str)
    with warnings.catch_warnings():
        # pandas warns that 31/01/2016 can be read in one order only; 01/02/2016 is tried in both.
        warnings.simplefilter("ignore", UserWarning)
        forms = [guess_datetime_format(present.iloc[0], dayfirst=first) for first in (False, True)]
    shares = {
        form: pd.to_datetime(present, format=form, errors="coerce").notna().mean() for form in forms if form is not None
    }
    best = max(shares, key=lambda form: shares[form], default=None)
    return best if best is not None and shares[best] >= MOSTLY else None
