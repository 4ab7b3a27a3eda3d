"""Samples that a model takes for alike: features before its last layer, and neighbours among them."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from kerasdl.errors import BadInput
from kerasdl.interpret.layer_calls import inference, layer_at, layer_calls, recorded_call
from kerasdl.interpret.progress import with_progress


def embeddings(model: keras.Model, dataset: Any, layer: str | None = None) -> np.ndarray:
    """Features of the samples of a dataset: what enters the last layer that has weights, or what a layer returns.

    Args:
        model: Any model of one output.
        dataset: Batches of (inputs, labels), always in the same order, such as `valid`.
        layer: Name of the layer whose outputs are the features; by default the inputs of the last layer with weights.

    Returns:
        float32 (samples, features); maps and sequences are averaged over their positions.

    Raises:
        BadInput: The dataset is empty; the layer does not exist, or the model does not call it exactly once.

    Example:
        >>> embeddings(model, pets.valid).shape
        (12, 8)
    """
    path, found = layer, []
    with inference(model):
        for inputs, *_ in with_progress(dataset):
            path = path or _last_with_weights(model, keras.tree.map_structure(lambda each: each[:1], inputs))
            call = recorded_call(model, inputs, {path: layer_at(model, path)})[1][path]
            features = ops.convert_to_numpy(call.outputs if layer else call.inputs).astype(np.float32)
            found.append(features.reshape(len(features), -1, features.shape[-1]).mean(axis=1))
    if not found:
        raise BadInput("The dataset has no sample. Received: an empty dataset")
    return np.concatenate(found)


def nearest_samples(
    features: np.ndarray, chosen: Sequence[int], *, count: int = 9
) -> dict[int, list[tuple[int, float]]]:
    """The samples whose features point most nearly in the direction of those of a sample.

    Args:
        features: A row per sample (samples, features), such as `embeddings`.
        chosen: Indices of the samples whose neighbours are wanted, such as `found.top_losses(9)`.
        count: Number of neighbours of each.

    Returns:
        For each chosen sample the indices of its neighbours with their cosine, the highest first. A row of zeros has no
        direction, and a cosine of 0.

    Raises:
        BadInput: An index that is none of the samples.

    Example:
        >>> nearest_samples(np.array([[1, 0], [0, 1], [2, 0], [3, 4]]), [0], count=2)
        {0: [(2, 1.0), (3, 0.6...)]}
    """
    if outside := [index for index in chosen if not 0 <= index < len(features)]:
        raise BadInput(f"There are {len(features)} samples, from 0. Received: chosen={outside}")
    rows = np.asarray(features, np.float32)
    lengths = np.linalg.norm(rows, axis=1)
    found = {}
    for index in map(int, chosen):
        products = lengths * lengths[index]
        cosines = (rows @ rows[index]) / np.where(products > 0, products, 1)
        order = [place for place in np.argsort(-cosines, kind="stable").tolist() if place != index]
        found[index] = [(place, float(cosines[place])) for place in order[:count]]
    return found


def _last_with_weights(model: keras.Model, inputs: Any) -> str:
    paths = [call.path for call in layer_calls(model, inputs) if call.layer.weights]
    if not paths:
        raise BadInput(f"No layer of the model has weights: pass layer. Received: {model.name!r}")
    return paths[-1]
