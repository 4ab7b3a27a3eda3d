"""Columns of a table: what each holds, and what a network makes of it.

A column is typed by what training rows hold, unless the user says; its statistics are those of training rows. What it
knows becomes a preprocessor of Keras's FeatureSpace, which travels in the exported model.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.scale import Scale
from kerasdl.data.tabular.cells import numbers, parsed_numbers, tidy
from kerasdl.data.tabular.dates import MOSTLY, date_form, iso_dates
from kerasdl.errors import BadInput
from kerasdl.layers import DateFeature, NumberFeature

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["number", "category", "date", "left out"]
# What an input of the exported model holds, and how dates were written in training where they were text.
Raw = tuple[Kind, str | None]
KINDS: tuple[Kind, ...] = ("number", "category", "date", "left out")
# Words that are nearly all different name a row rather than describe it.
MOST_DISTINCT_SHARE, FEW_DISTINCT = 0.5, 20
# Names that the exported model has layers of.
TAKEN = (
    r"(probabilities|class_names|user_units|target_names|tabular|concatenate|string_lookup|hashing|\w+_feature)(_\d+)?"
)
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
        dtype = "float64" if self.kind == "number" else "string"
        return keras.utils.FeatureSpace.feature(dtype, self.preprocessor, "int" if self.cardinality else "float")


def key(name: str) -> str:
    """A column's name as TensorFlow accepts it for an input: anything but letters, digits and ._- becomes "_".

    The few names that the exported model needs itself get a "_" at their end.

    Example:
        >>> key("sq. metres/room")
        'sq._metres_room'
    """
    # Keras keeps "/" for itself, and a leading "_" is TensorFlow's own.
    name = re.sub(r"^(?![A-Za-z0-9.])", "c", re.sub(r"[^A-Za-z0-9_.\-]", "_", name))
    return f"{name}_" if re.fullmatch(TAKEN, name) else name


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
    """A column as the exported model takes it: float64 with NaN, or text that is empty where missing; (rows, 1).

    Args:
        column: Of the user's table.
        kind: What it holds.
        form: How dates are written, as `strftime` spells it; ISO 8601 where that is None.

    Raises:
        BadInput: A cell that is no number, or no date, by row.
    """
    if kind == "number":
        return numbers(column)[:, None]
    text = iso_dates(column, form) if kind == "date" else _text(column)
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
    names = [str(name) for name in frame.columns]
    # A column's own name goes before one that only becomes it.
    places = {each: [at for at, name in enumerate(names) if name == each] for each in columns}
    places |= {each: [at for at, name in enumerate(names) if key(name) == each] for each in columns if not places[each]}
    if absent := [each for each, found in places.items() if not found]:
        raise BadInput(f"The model needs columns {absent}. Received: columns {names}")
    if several := [names[at] for found in places.values() for at in found if len(found) > 1]:
        raise BadInput(f"The model cannot tell these columns apart: rename all but one. Received: {several}")
    frame = tidy(frame.iloc[:, [found[0] for found in places.values()]].set_axis(list(places), axis=1))
    return as_tensors({each: raw_values(frame[each], *raw) for each, raw in columns.items()})


def as_tensors(values: Mapping[str, np.ndarray]) -> dict[str, tf.Tensor]:
    """Raw values as tensors on the CPU, for Keras takes no arrays of text."""
    with tf.device("CPU"):
        return {name: tf.constant(each) for name, each in values.items()}


def _kind(values: "pd.Series") -> Kind:
    present = values.dropna()
    if present.dtype.kind == "M" or present.map(lambda value: isinstance(value, datetime)).all():
        return "date"
    if str(present.dtype) == "category" or present.map(lambda value: isinstance(value, bool | np.bool_)).any():
        return "category"
    if np.isfinite(parsed_numbers(present)).mean() >= MOSTLY:
        # Codes such as 007 are names made of digits.
        codes = present.map(lambda value: isinstance(value, str) and re.fullmatch(r"0\d+", value) is not None)
        return "category" if codes.any() else "number"
    return "date" if date_form(present) else "category"


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
    form = date_form(values)
    text = iso_dates(values, form)
    dates = np.array(text[text != ""], "datetime64[s]")
    scale = Scale.of((dates.astype(np.float64) / 86400)[:, None])
    layer = DateFeature(float(scale.mean[0]), float(scale.std[0]), form)
    how = f", read as {form}" if form and not form.startswith(("ISO", "%Y")) else ""
    note = f"{dates.min()} to {dates.max()}".replace("T", " ") + how
    return Column(str(values.name), "date", note, layer)


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
        # pandas writes whole numbers as 3.0 where one of their column is missing.
        return re.sub(r"^(-?\d+)\.0+$", r"\1", str(value).strip())

    missing = column.isna().to_numpy()
    return np.array(["" if gone else text(value) for value, gone in zip(column, missing, strict=True)], object)
