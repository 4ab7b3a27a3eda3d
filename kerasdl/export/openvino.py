"""OpenVINO, for processors and graphics of Intel."""

import tempfile
from pathlib import Path

import keras
from kerasdl.errors import BadInput
from kerasdl.export.onnx import to_onnx
from kerasdl.export.plain_layers import LONGEST_UNROLLED, free_steps, recurrent_cells
from kerasdl.optional import import_optional


def to_openvino(model: keras.Model, file: Path, *, length: int | None = None) -> Path:
    """Write a model of numbers as OpenVINO's .xml and .bin, from ONNX; the number of rows is free.

    OpenVINO 2026.4 has no rule for the loops of TensorFlow's recurrent layers, which Keras's own export writes. From
    ONNX it takes an LSTM as one operator; other recurrent layers, and masked ones, are written out step by step.

    Args:
        model: Such as `numeric_core(exported).model`.
        file: Ends with .xml.
        length: Steps of inputs of any length, which recurrent layers other than LSTM need here.

    Returns:
        The file.

    Raises:
        BadInput: Such layers without a length, or with one above 256; the message names them.
        ModuleNotFoundError: openvino, onnx or tf2onnx is not installed.

    Example:
        >>> from kerasdl.export import numeric_core
        >>> to_openvino(numeric_core(keras.models.load_model("pets.keras")).model, Path("model.xml")).name
        'model.xml'
    """
    openvino = import_optional("openvino")
    if reason := why_not_openvino(model, length):
        raise BadInput(f"{reason} Received: {model.name!r}, length={length}")
    unroll = needs_unrolling(model)
    with tempfile.TemporaryDirectory() as folder:
        between = to_onnx(model, Path(folder) / "model.onnx", length=length if unroll else None, unroll=unroll)
        openvino.save_model(openvino.convert_model(str(between)), str(file), compress_to_fp16=False)
    return file


def needs_unrolling(model: keras.Model) -> bool:
    """Whether the model has recurrent layers that OpenVINO holds only step by step.

    Example:
        >>> needs_unrolling(kerasdl.models.forecaster((24, 1), 1, cell="gru"))
        True
    """
    return bool(recurrent_cells(model) - {"LSTM"})


def why_not_openvino(model: keras.Model, length: int | None) -> str:
    """A sentence, or "" if nothing hinders.

    Example:
        >>> why_not_openvino(kerasdl.models.forecaster((24, 1), 1, cell="gru"), None)
        ''
    """
    if not needs_unrolling(model):
        return ""
    what = ", ".join(sorted(recurrent_cells(model)))
    if free_steps(model) and length is None:
        return f"OpenVINO holds recurrent layers ({what}) at one length only: pass length, or take an LSTM, or ONNX."
    steps = length or max(each.shape[1] for each in model.inputs if len(each.shape) > 1)
    if steps > LONGEST_UNROLLED:
        return f"OpenVINO holds recurrent layers ({what}) up to {LONGEST_UNROLLED} steps: take an LSTM, or ONNX."
    return ""
