"""An exported model as a function of raw input: in Keras, or in the runtime of another format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.export.numeric_core import NumericCore, numeric_core
from kerasdl.export.runtimes import Run, load_runtime

ROWS_AT_ONCE = 64
# Of probabilities the difference itself, of large numbers its share of the largest.
TOLERANCE = 1e-4


def raw_runtime(exported: keras.Model, path: Path | None = None, *, threads: int = 1) -> Run:
    """A function that computes an exported model, traced once for any number of calls.

    Args:
        exported: A model of raw input, new or loaded.
        path: What `Conversion.write` wrote of it, which computes in the place of Keras; strings and the resizing of
            pictures, which ONNX, LiteRT and OpenVINO do not hold, are left to Keras.
        threads: How many another runtime may use.

    Returns:
        A function of the model's inputs by name, (rows, …) each, that returns its numbers, (rows, …).

    Raises:
        BadInput: As for `load_runtime` and `numeric_core`; what was written is of another model.
        ModuleNotFoundError: The runtime is not installed.

    Example:
        >>> run = raw_runtime(keras.models.load_model("pets.keras"))
        >>> run({"images": photographs}).shape
        (2, 2)
    """
    if path is None:
        return called(exported)
    found, expected = load_runtime(path, threads=threads), called(exported)
    if not path.is_dir():
        # Its part of numbers computes in float32, as the written one does.
        core = numeric_core(exported)
        found, expected = _prepared(core, found), _prepared(core, called(core.model))
    _check_same(exported, found, expected, path)
    return found


def called(model: keras.Model) -> Run:
    """A model as a function of its inputs by name.

    Args:
        model: A functional model; of several outputs the first counts.

    Example:
        >>> called(keras.models.load_model("pets.keras"))({"images": photographs}).shape
        (2, 2)
    """
    traced = _traced(model)

    def call(inputs: Mapping[str, Any]) -> np.ndarray:
        rows = len(next(iter(inputs.values())))
        several = [
            traced({name: each[at : at + ROWS_AT_ONCE] for name, each in inputs.items()})
            for at in range(0, rows, ROWS_AT_ONCE)
        ]
        return np.concatenate([next(iter(each.values())) if isinstance(each, dict) else each for each in several])

    return call


def _traced(model: keras.Model) -> Any:
    import tensorflow as tf

    # Traced once for all numbers of rows and steps.
    signature = {each.name: tf.TensorSpec(each.shape, each.dtype) for each in model.inputs}

    @tf.function(input_signature=[signature], autograph=False)
    def traced(inputs: dict[str, Any]) -> Any:
        return model(inputs if isinstance(model.input, dict) else next(iter(inputs.values())), training=False)

    def call(inputs: Mapping[str, Any]) -> Any:
        given = {name: tf.convert_to_tensor(each, signature[name].dtype) for name, each in inputs.items()}
        return keras.tree.map_structure(lambda each: each.numpy(), traced(given))

    return call


def _prepared(core: NumericCore, run: Run) -> Run:
    before = dict if core.before is None else _traced(core.before)
    kinds = {name: each.dtype for name, each in core.inputs.items()}

    def call(inputs: Mapping[str, Any]) -> np.ndarray:
        found = before(inputs)
        found = found if isinstance(found, dict) else {next(iter(kinds)): found}
        return run({name: np.asarray(each).astype(kinds[name]) for name, each in found.items()})

    return call


def _check_same(exported: keras.Model, run: Run, of_keras: Run, path: Path) -> None:
    """Raise unless both answer the same to noise: a model that was trained again needs another export."""
    import tensorflow as tf

    noise = {each.name: _noise(each) for each in exported.inputs}
    with tf.device("CPU"):
        inputs = {name: tf.constant(each) for name, each in noise.items()}
    expected, found = of_keras(inputs), run(inputs)
    if found.shape != expected.shape or not np.allclose(
        found, expected, rtol=0, atol=TOLERANCE * max(1.0, np.abs(expected).max())
    ):
        raise BadInput(f"What was exported is of another model: export it again. Received: {str(path)!r}")


def _noise(tensor: Any) -> np.ndarray:
    """One row that fits an input."""
    free = 32 if len(tensor.shape) == 4 else 1000
    shape = (1, *(free if each is None else each for each in tensor.shape[1:]))
    if tensor.dtype == "string":
        return np.full(shape, b"a", object)
    random = np.random.default_rng(0)
    return (
        random.integers(0, 256, shape, np.uint8)
        if tensor.dtype == "uint8"
        else random.normal(size=shape).astype(tensor.dtype)
    )
