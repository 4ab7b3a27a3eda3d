"""The formats of other runtimes: what they hold, and an exported model in one of them."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.export.litert import Batches, to_litert, why_not_eight_bits
from kerasdl.export.numeric_core import numeric_core
from kerasdl.export.onnx import to_onnx
from kerasdl.export.openvino import needs_unrolling, to_openvino, why_not_unrolled
from kerasdl.export.plain_layers import free_steps
from kerasdl.export.preprocessing import save_reader
from kerasdl.export.raw_runtime import called
from kerasdl.export.runtimes import padded
from kerasdl.export.saved_model import to_saved_model
from kerasdl.optional import import_optional

Format = Literal["saved_model", "onnx", "litert", "openvino"]
# What writes and runs each format, beside TensorFlow.
_PACKAGES = {
    "saved_model": (),
    "onnx": ("onnx", "tf2onnx", "onnxruntime"),
    "litert": ("ai_edge_litert",),
    "openvino": ("onnx", "tf2onnx", "openvino"),
}


def why_not(exported: keras.Model, form: Format, *, length: int | None = None, eight_bits: bool = False) -> str:
    """Why a format cannot hold a model, and the way that works; "" if it can. Nothing is written.

    Args:
        exported: A model of raw input.
        form: The format.
        length: Steps of inputs of any length, for those formats that need one.
        eight_bits: Whether LiteRT shall compute in 8 bits.

    Raises:
        ModuleNotFoundError: A package that writes or runs the format is not installed.

    Example:
        >>> why_not(keras.models.load_model("pets.keras"), "litert")
        ''
    """
    for package in _PACKAGES[form]:
        import_optional(package)
    if form == "saved_model":
        return ""
    try:
        core = numeric_core(exported)
    except BadInput as error:
        return str(error)
    if form == "openvino" and needs_unrolling(core.model) and (reason := why_not_unrolled(core.model, length)):
        return f"{reason} Received: {exported.name!r}, length={length}"
    if eight_bits and (reason := why_not_eight_bits(core.model)):
        return f"{reason} Received: {exported.name!r}"
    return ""


def convert(
    exported: keras.Model,
    form: Format,
    folder: Path,
    *,
    length: int | None = None,
    representative: Batches | None = None,
) -> Path:
    """Write a model in a format, with the reader of what is done before it, if anything is.

    Args:
        exported: A model of raw input.
        form: The format.
        folder: Where to write; what is there is removed.
        length: Steps of inputs of any length: LiteRT always needs it, OpenVINO for recurrent layers other than LSTM.
        representative: For LiteRT in 8 bits, see `to_litert`.

    Returns:
        What `load_runtime` takes: the folder of a SavedModel, or a file.

    Raises:
        BadInput: The format cannot hold the model; `why_not` says so before.
        ModuleNotFoundError: A package that writes the format is not installed.

    Example:
        >>> convert(keras.models.load_model("pets.keras"), "litert", Path("pets")).name
        'model.tflite'
    """
    if reason := why_not(exported, form, length=length, eight_bits=representative is not None):
        raise BadInput(reason)
    shutil.rmtree(folder, ignore_errors=True)
    if form == "saved_model":
        return to_saved_model(exported, folder)
    core = numeric_core(exported)
    folder.mkdir(parents=True)
    save_reader(core.facts, folder)
    if form == "onnx":
        return to_onnx(core.model, folder / "model.onnx", facts=core.facts)
    if form == "openvino":
        return to_openvino(core.model, folder / "model.xml", length=length)
    return to_litert(core.model, folder / "model.tflite", length=length, representative=representative)


def steps_of(exported: keras.Model, raw: Any) -> int | None:
    """The steps of the longest of some inputs as a format of numbers takes them; None if the model has a fixed number.

    Args:
        exported: A model of raw input.
        raw: What it takes.

    Example:
        >>> steps_of(keras.models.load_model("pets.keras"), photographs) is None
        True
    """
    try:
        core = numeric_core(exported)
    except BadInput:
        return None
    return max(each.shape[1] for each in core.prepare(raw).values()) if free_steps(core.model) else None


def same_part(
    exported: keras.Model, form: Format, length: int | None = None
) -> tuple[Callable[[Mapping[str, Any]], np.ndarray], Callable[[Any], dict[str, Any]]]:
    """What is left of a Keras model in a format, and what is done before it.

    Args:
        exported: A model of raw input.
        form: The format.
        length: Steps to which inputs of any length are cut, or padded: whole numbers with 0, others with NaN.

    Returns:
        The Keras model as a function of inputs by name, as `load_runtime` returns one of the written model; and a
        function from raw input to them.

    Raises:
        BadInput: As for `numeric_core`.

    Example:
        >>> network, prepare = same_part(keras.models.load_model("pets.keras"), "onnx")
        >>> network(prepare(photographs)).shape
        (2, 2)
    """
    if form == "saved_model":
        return called(exported), lambda raw: dict(raw) if isinstance(raw, dict) else {exported.input.name: raw}
    core = numeric_core(exported)
    fixed = length if form != "onnx" and free_steps(core.model) else None

    def prepare(raw: Any) -> dict[str, Any]:
        found = core.prepare(raw)
        return (
            found if fixed is None else {name: padded(each[:, :fixed], [None, fixed]) for name, each in found.items()}
        )

    return called(core.model), prepare
