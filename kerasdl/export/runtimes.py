"""Exported files in their own runtimes, without Keras."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from kerasdl.errors import BadInput
from kerasdl.optional import import_optional

Run = Callable[[Mapping[str, Any]], np.ndarray]


def load_runtime(path: Path, *, threads: int = 1) -> Run:
    """Load what `to_saved_model`, `to_onnx`, `to_litert` or `to_openvino` wrote.

    Args:
        path: A folder (SavedModel), or a file that ends with .onnx, .tflite or .xml.
        threads: How many the runtime may use; a SavedModel uses those of the process.

    Returns:
        A function of inputs by name, (rows, …) each, that returns the model's numbers, (rows, …). LiteRT takes one row
        after the other. Inputs of a fixed length are padded with 0 if they are whole numbers, and else with NaN.

    Raises:
        BadInput: The path has another ending, or, in the call, an input is too long.
        ModuleNotFoundError: The runtime is not installed.

    Example:
        >>> from kerasdl.export import numeric_core, to_onnx
        >>> core = numeric_core(keras.models.load_model("pets.keras"))
        >>> run = load_runtime(to_onnx(core.model, Path("model.onnx")))
        >>> run({"pixels": np.zeros((2, 64, 64, 3), np.float32)}).shape
        (2, 2)
    """
    if path.is_dir():
        return _saved_model(path)
    loaders = {".onnx": _onnx, ".tflite": _litert, ".xml": _openvino}
    if path.suffix not in loaders:
        raise BadInput(f"The path must be a folder or end with one of {list(loaders)}. Received: {str(path)!r}")
    return loaders[path.suffix](path, threads)


def _saved_model(path: Path) -> Run:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]
    name = next(each for each in sorted(serve.structured_outputs, reverse=True) if each != "classes")
    # The function holds the variables only weakly.
    serve.loaded = loaded
    return lambda inputs: serve(**{key: tf.convert_to_tensor(each) for key, each in inputs.items()})[name].numpy()


def _onnx(path: Path, threads: int) -> Run:
    onnxruntime = import_optional("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(None, dict(inputs))[0]


def _openvino(path: Path, threads: int) -> Run:
    openvino = import_optional("openvino")
    # By default it computes in 16 bits where the processor has them.
    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads}
    compiled = openvino.Core().compile_model(str(path), "CPU", options)
    fixed = {
        name: [None if size.is_dynamic else size.get_length() for size in each.partial_shape]
        for each in compiled.inputs
        for name in each.names
    }
    return lambda inputs: compiled({name: padded(each, fixed[name]) for name, each in inputs.items()})[0].copy()


def _litert(path: Path, threads: int) -> Run:
    litert = import_optional("ai_edge_litert.interpreter")
    runner = litert.Interpreter(str(path), num_threads=threads).get_signature_runner()
    shapes = {name: each["shape"].tolist() for name, each in runner.get_input_details().items()}
    (output,) = runner.get_output_details()

    def run(inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        given = {name: padded(each, [None, *shapes[name][1:]]) for name, each in inputs.items()}
        rows = len(next(iter(given.values())))
        found = [runner(**{name: each[row : row + 1] for name, each in given.items()})[output] for row in range(rows)]
        return np.concatenate(found)

    return run


def padded(array: np.ndarray, shape: list[int | None]) -> np.ndarray:
    """The array with as many steps as the model takes: whole numbers are padded with 0, others with NaN.

    Args:
        array: (rows, steps, …).
        shape: What the model takes; None where any number will do.

    Raises:
        BadInput: The array has more steps.

    Example:
        >>> padded(np.array([[1, 2]]), [None, 3]).tolist()
        [[1, 2, 0]]
    """
    steps = shape[1] if len(shape) > 1 else None
    if steps is None or array.shape[1] == steps:
        return array
    if array.shape[1] > steps:
        raise BadInput(f"The model takes up to {steps} steps: cut the input. Received: {array.shape[1]}")
    missing = ((0, 0), (0, steps - array.shape[1]), *((0, 0) for _ in array.shape[2:]))
    return np.pad(array, missing, constant_values=0 if array.dtype.kind == "i" else np.nan)
