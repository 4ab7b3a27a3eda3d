"""LiteRT (TensorFlow Lite), for phones and small computers; in 8 bits, too."""

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.export.plain_layers import IN_FLOAT32, free_steps, plain, recurrent_cells, signature_of
from kerasdl.optional import import_optional

Batches = Iterable[Mapping[str, np.ndarray]]


def to_litert(
    model: keras.Model, file: Path, *, length: int | None = None, representative: Batches | None = None
) -> Path:
    """Write a model of numbers for LiteRT, of built-in operators alone, for one row at a time.

    Args:
        model: Such as `numeric_core(exported).model`.
        file: Ends with .tflite.
        length: Steps of inputs of any length: shorter ones are padded, longer ones do not fit.
        representative: For weights and activations of 8 bits (Jacob et al., arXiv:1712.05877): batches of inputs by
            name, from which the ranges of the activations are measured. Inputs and outputs stay float32.

    Returns:
        The file.

    Raises:
        BadInput: The model takes any number of steps, and `length` is missing; or it has recurrent layers, for 8 bits.
        ModuleNotFoundError: For 8 bits, LiteRT is not installed.

    Example:
        >>> from kerasdl.export import numeric_core
        >>> to_litert(numeric_core(keras.models.load_model("pets.keras")).model, Path("model.tflite")).name
        'model.tflite'
    """
    import tensorflow as tf

    if reason := why_not_litert(model, length, eight_bits=representative is not None):
        raise BadInput(f"{reason} Received: {model.name!r}, length={length}")
    rebuilt = plain(model, length=length)
    options: dict[str, Any] = {"_experimental_lower_tensor_list_ops": True}
    operators = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if representative is not None:
        operators = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8, *operators]
        options |= {"optimizations": [tf.lite.Optimize.DEFAULT], "representative_dataset": _rows(representative)}
        options["_experimental_calibrate_only"] = True
    options["target_spec"] = {"supported_ops": operators}
    with warnings.catch_warnings():
        # The converter measures ranges with an interpreter of its own.
        warnings.filterwarnings("ignore", r"\s*Warning: tf\.lite\.Interpreter is deprecated", UserWarning)
        rebuilt.export(str(file), format="litert", verbose=False, input_signature=signature_of(rebuilt, 1), **options)
    if representative is not None:
        file.write_bytes(_in_eight_bits(file.read_bytes()))
    return file


def why_not_litert(model: keras.Model, length: int | None, *, eight_bits: bool) -> str:
    """A sentence, or "" if nothing hinders.

    TensorFlow 2.21's converter crashes in 8 bits on the loops of recurrent layers. Written out step by step they are
    converted, but to larger files and worse forecasts; see docs/export.md.

    Example:
        >>> why_not_litert(kerasdl.models.mlp((4,), 2), None, eight_bits=True)
        ''
    """
    if free_steps(model) and length is None:
        return "LiteRT holds this model at one length only: pass length."
    if eight_bits and (cells := ", ".join(sorted(recurrent_cells(model)))):
        return f"LiteRT has no useful 8 bits for recurrent layers ({cells}): take float32, or a model without them."
    return ""


def _in_eight_bits(calibrated: bytes) -> bytes:
    """A model whose ranges are measured, in 8 bits but for what is named to stay in float32."""
    # As tf.lite.experimental.QuantizationDebugger, which would convert the model twice.
    from tensorflow.lite.python.convert import mlir_quantize

    litert = import_optional("ai_edge_litert.interpreter")
    names = {each["name"] for each in litert.Interpreter(model_content=calibrated).get_tensor_details()}
    return mlir_quantize(calibrated, denylisted_nodes=[name for name in names if IN_FLOAT32 in name])


def _rows(batches: Batches) -> Any:
    """What the converter calls for the inputs of one row after the other."""

    def rows() -> Any:
        for batch in batches:
            for row in zip(*batch.values(), strict=True):
                yield {name: np.asarray(each)[None] for name, each in zip(batch, row, strict=True)}

    return rows
