"""What any layer of any model returns."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.interpret.layer_calls import inference, layer_at, recorded_call
from kerasdl.interpret.progress import with_progress


def layer_outputs(
    model: keras.Model, inputs: Any, layers: Sequence[str] | str, *, batch_size: int = 32
) -> dict[str, Any]:
    """What layers return in inference.

    Args:
        model: Any Keras model: functional, also with nested models, Sequential or subclassed.
        inputs: What the model takes: an array (count, ...), or a list or dict of them.
        layers: Names of layers; those of a nested model are "backbone/layer", or "layer" if there is only one.
        batch_size: Number of samples of a call.

    Returns:
        By name the output for all samples, (count, ...); of a layer with several outputs a list.

    Raises:
        BadInput: The model has no such layer, or does not call it exactly once.

    Example:
        >>> found = layer_outputs(model, pets_images, ["stage1_relu1", "head_pool"])
        >>> found["stage1_relu1"].shape, found["head_pool"].shape
        ((4, 64, 64, 4), (4, 8))
    """
    chosen = {name: layer_at(model, name) for name in ([layers] if isinstance(layers, str) else layers)}
    count = len(keras.tree.flatten(inputs)[0])
    parts = []
    with inference(model):
        for rows in with_progress(batches(count, batch_size)):
            _, calls = recorded_call(model, keras.tree.map_structure(lambda each: each[rows], inputs), chosen)  # noqa: B023
            outputs = {name: call.outputs for name, call in calls.items()}
            parts.append(keras.tree.map_structure(keras.ops.convert_to_numpy, outputs))
    return keras.tree.map_structure(lambda *each: np.concatenate(each), *parts)


def batches(count: int, batch_size: int) -> list[slice]:
    """Slices of at most `batch_size` samples.

    Raises:
        BadInput: No sample, or a batch size below 1.

    Example:
        >>> batches(5, 3)
        [slice(0, 3, None), slice(3, 5, None)]
    """
    if count < 1 or batch_size < 1:
        raise BadInput(f"Give at least one sample, and a batch_size of at least 1. Received: {count}, {batch_size}")
    return [slice(start, min(start + batch_size, count)) for start in range(0, count, batch_size)]
