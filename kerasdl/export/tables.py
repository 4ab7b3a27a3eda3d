"""Models of raw table rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from keras import layers
from kerasdl.deprecation import renamed_arguments
from kerasdl.errors import BadInput
from kerasdl.export.probabilities import class_probabilities
from kerasdl.layers import ClassNames, DateFeature, NumberFeature
from kerasdl.outputs import Outputs


@renamed_arguments(space="encoder")
def table_model(
    model: keras.Model,
    encoder: keras.Model | keras.utils.FeatureSpace,
    features: Mapping[str, Sequence[str]] | None = None,
    *,
    classes: Sequence[str] | None = None,
    targets: Mapping[str, tuple[float, float]] | None = None,
    outputs: Outputs | None = None,
) -> keras.Model:
    """Wrap a trained model of encoded columns into a model of raw columns that predicts in the user's units.

    Args:
        model: From {"categories", "numbers"} to logits or probabilities, or to standardized numbers.
        encoder: From raw columns to what `model` reads, such as `encoder` of a table. Or a FeatureSpace that encodes
            raw columns as a dict.
        features: For a FeatureSpace: the columns of each input of `model`, in order.
        classes: For a classifier: class names, in the order of the outputs; two names if the model has one output.
        targets: For a regression: target names, in the order of the outputs, each with its (mean, standard deviation).
        outputs: For a classifier: "logits" or "probabilities"; by default read from the last layer and the loss.

    Returns:
        A functional model that shares `model`'s weights. Inputs: a dict of raw columns (batch, 1); numbers as float32
        with NaN where missing, categories and ISO dates as text, empty where missing. Output: float32 probabilities
        (batch, classes), or numbers in the user's units. `raw_columns(exported)` describes the inputs, `class_names` or
        `target_names` the outputs, also after loading (`import kerasdl` before `keras.models.load_model`).
        `data.tabular.predict(exported, frame)` predicts a DataFrame.

    Raises:
        ValueError: Neither `classes` nor `targets`, or both; a FeatureSpace without `features`; for a classifier, see
            `image_classifier`.

    Example:
        >>> exported = kerasdl.export.table_model(model, people.encoder, classes=people.classes)
        >>> row = {"age": [[39.0]], "job": [["clerk"]], "since": [["24.12.2016"]]}
        >>> exported({name: tf.constant(value) for name, value in row.items()})
    """
    if (classes is None) == (targets is None):
        raise ValueError(f"Pass either classes or targets. Received: classes={classes}, targets={targets}")
    if classes is None and outputs is not None:
        raise ValueError(f"outputs needs classes, not targets. Received: outputs={outputs!r}")
    inputs, encoded = _encoded(encoder, features)
    predicted = model(encoded)
    if classes is not None:
        probabilities = class_probabilities(model, predicted, outputs)
        return keras.Model(inputs, ClassNames(classes, name="class_names", dtype="float32")(probabilities))
    assert targets is not None
    mean, std = ([float(value) for value in values] for values in zip(*targets.values(), strict=True))
    numbers = layers.Rescaling(std, mean, dtype="float32", name="user_units")(predicted)
    return keras.Model(inputs, ClassNames(list(targets), name="target_names", dtype="float32")(numbers))


def _encoded(
    encoder: keras.Model | keras.utils.FeatureSpace, features: Mapping[str, Sequence[str]] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Raw columns, and what a network reads."""
    if isinstance(encoder, keras.Model):
        return dict(encoder.input), dict(encoder.output)
    if features is None:
        raise ValueError("A FeatureSpace needs features: the columns of each input of the model. Received: None")
    encoded = encoder.get_encoded_features()
    columns = {part: [encoded[key] for key in keys] for part, keys in features.items()}
    joined = {part: layers.Concatenate()(found) if found[1:] else found[0] for part, found in columns.items()}
    return dict(encoder.get_inputs()), joined


def raw_columns(exported: keras.Model) -> dict[str, tuple[Literal["number", "category", "date"], str | None]]:
    """Return the kind of each input column of an exported table model, and the format of dates in the training data.

    Args:
        exported: A model from `table_model`, new or loaded.

    Returns:
        Column names to (kind, date format); the format is None for numbers and categories.

    Raises:
        BadInput: The model does not take raw columns: it is not from `table_model`.

    Example:
        >>> raw_columns(keras.models.load_model("people.keras"))
        {'age': ('number', None), 'job': ('category', None), 'since': ('date', '%d.%m.%Y')}
    """
    # The network within also takes a dict, and a Sequential that was never called has no input.
    takes_columns = isinstance(getattr(exported, "input", None), dict)
    if not (takes_columns and any(isinstance(layer, ClassNames) for layer in exported.layers)):
        raise BadInput(
            f"The model does not take raw columns: export it with export.table_model. Received: {exported.name!r}"
        )
    dates = {layer.input.name: layer.form for layer in exported.layers if isinstance(layer, DateFeature)}

    def kind_of(name: str, column: Any) -> tuple[Literal["number", "category", "date"], str | None]:
        if name in dates:
            return "date", dates[name]
        return "number" if keras.backend.is_float_dtype(column.dtype) else "category", None

    return {name: kind_of(name, column) for name, column in exported.input.items()}


@dataclass(frozen=True)
class KnownValues:
    """What an exported table model knows of a column of its training data.

    Attributes:
        kind: Its kind.
        typical: The median of numbers, the mean of dates in ISO 8601; "" if it is not known.
        low: The least number, or the earliest date in ISO 8601; None if it is not known.
        high: The greatest number, or the latest date.
        categories: What a category may be, missing values left out; empty if there are too many.

    Example:
        >>> KnownValues("number", typical=44.0, low=20.0, high=69.0).categories
        ()
    """

    kind: Literal["number", "category", "date"]
    typical: Any = ""
    low: Any = None
    high: Any = None
    categories: tuple[str, ...] = ()


def known_values(exported: keras.Model) -> dict[str, KnownValues]:
    """What an exported table model knows of the values of each column: enough for a form, and for its limits.

    Args:
        exported: A model from `table_model`, new or loaded.

    Raises:
        BadInput: As for `raw_columns`.

    Example:
        >>> known_values(exported)["job"].categories
        ('clerk', 'nurse')
    """
    found = {name: KnownValues(kind) for name, (kind, _) in raw_columns(exported).items()}
    for layer in exported.layers:
        if isinstance(layer, NumberFeature):
            names = column_names(layer.input)
            ends = ([None] * len(names) if end is None else np.ravel(end).tolist() for end in (layer.low, layer.high))
            for name, median, low, high in zip(names, np.ravel(layer.median).tolist(), *ends, strict=True):
                found[name] = KnownValues("number", median, low, high)
        elif isinstance(layer, DateFeature):
            day = str(np.datetime64(0, "D") + np.timedelta64(round(layer.mean), "D"))
            found[layer.input.name] = KnownValues("date", day, layer.low, layer.high)
        elif isinstance(layer, keras.layers.StringLookup):
            known = map(str, layer.get_vocabulary(include_special_tokens=False))
            found[layer.input.name] = KnownValues("category", categories=tuple(filter(None, known)))
    return found


def column_names(tensor: Any) -> list[str]:
    """The raw columns that a preprocessor reads: one, or several that were joined before it.

    Args:
        tensor: Its symbolic input.

    Example:
        >>> column_names(keras.Input((1,), name="age"))
        ['age']
    """
    layer = tensor._keras_history.operation
    joined = isinstance(layer, layers.Concatenate)
    return [each.name for each in (layer._inbound_nodes[0].input_tensors if joined else [tensor])]
