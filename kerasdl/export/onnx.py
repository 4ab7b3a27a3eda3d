"""ONNX, for ONNX Runtime on servers, phones and in browsers."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
from kerasdl.export.plain_layers import plain, signature_of
from kerasdl.optional import import_optional


def to_onnx(
    model: keras.Model,
    file: Path,
    *,
    length: int | None = None,
    unroll: bool = False,
    facts: Mapping[str, Any] | None = None,
) -> Path:
    """Write a model of numbers as ONNX, by Keras's own export; the number of rows is free.

    Args:
        model: Such as `numeric_core(exported).model`. An LSTM becomes ONNX's own operator.
        file: Ends with .onnx.
        length: Steps of inputs of any length; by default they stay free.
        unroll: Whether recurrent layers are written out step by step.
        facts: Facts on the model; those of a `NumericCore` but for vocabularies are stored in the file's metadata.

    Returns:
        The file.

    Raises:
        ModuleNotFoundError: onnx or tf2onnx is not installed.

    Example:
        >>> from kerasdl.export import numeric_core
        >>> core = numeric_core(keras.models.load_model("pets.keras"))
        >>> to_onnx(core.model, Path("model.onnx"), facts=core.facts).name
        'model.onnx'
    """
    onnx, _ = import_optional("onnx"), import_optional("tf2onnx")
    rebuilt = plain(model, length=length, unroll=unroll)
    with warnings.catch_warnings():
        # Keras asks for an alias that NumPy 2 has no more.
        warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
        rebuilt.export(str(file), format="onnx", verbose=False, input_signature=signature_of(rebuilt))
    loaded = onnx.load(str(file))
    short = {
        name: value for name, value in (facts or {}).items() if name in ("kind", "classes", "targets", "sample_rate")
    }
    onnx.helper.set_model_props(loaded, {name: json.dumps(value) for name, value in short.items()})
    onnx.checker.check_model(loaded)
    onnx.save(loaded, str(file))
    return file
