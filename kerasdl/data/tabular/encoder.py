"""The encoder of a table: from raw columns to what a network reads, as a model that can be exported."""

from collections.abc import Iterable, Sequence

import keras
from keras import layers
from kerasdl.data.tabular.columns import LIMIT, Column
from kerasdl.layers import NumberFeature


def encoder(columns: Sequence[Column]) -> keras.Model:
    """A model from raw columns, each (batch, 1), to {"categories": (batch, any), "numbers": (batch, any)}.

    All numbers share one layer: a graph with a layer for each of 5,000 columns would take minutes.

    Args:
        columns: Those of a table; one that is left out has no input.

    Example:
        >>> list(encoder(people.columns).input)
        ['age', 'job', 'since']
    """
    inputs = {
        column.key: keras.Input((1,), name=column.key, dtype="float64" if column.kind == "number" else "string")
        for column in columns
        if column.preprocessor is not None
    }
    parts = {}
    for part, found in by_part(columns).items():
        scaled = [column for column in found if column.kind == "number"]
        others = [column for column in found if column.kind != "number"]
        encoded = [_numbers(scaled)(_joined([inputs[column.key] for column in scaled], "float64"))] if scaled else []
        encoded += [column.preprocessor(inputs[column.key]) for column in others if column.preprocessor is not None]
        parts[part] = _joined(encoded, "float32")
    return keras.Model(inputs, parts, name="encoder")


def by_part(columns: Iterable[Column]) -> dict[str, list[Column]]:
    """The columns of "categories" and of "numbers", in the order in which they are encoded: numbers before dates.

    One without columns is omitted.

    Example:
        >>> {part: [column.name for column in found] for part, found in by_part(people.columns).items()}
        {'categories': ['job'], 'numbers': ['age', 'since']}
    """
    used = [column for column in columns if column.preprocessor is not None]
    parts = {"categories": [column for column in used if column.cardinality]}
    parts["numbers"] = [column for kind in ("number", "date") for column in used if column.kind == kind]
    return {part: found for part, found in parts.items() if found}


def _numbers(columns: Sequence[Column]) -> NumberFeature:
    """The preprocessors of all columns of numbers as one."""
    each = [column.preprocessor.get_config() for column in columns if column.preprocessor is not None]
    names = ("median", "mean", "std", "flag", "low", "high")
    return NumberFeature(**{name: [one[name] for one in each] for name in names}, limit=LIMIT)


def _joined(tensors: list, dtype: str) -> keras.KerasTensor:
    # Of this dtype under any policy: half precision would round what is not scaled yet.
    return layers.Concatenate(dtype=dtype, autocast=False)(tensors) if tensors[1:] else tensors[0]
