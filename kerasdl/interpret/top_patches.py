"""The parts of images that excite a filter most."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappush, heappushpop
from typing import Any

import keras
import numpy as np
from keras import ops
from kerasdl.errors import BadInput
from kerasdl.interpret.layer_calls import inference, layer_at, recorded_call
from kerasdl.interpret.progress import with_progress
from kerasdl.interpret.receptive_field import receptive_field


@dataclass(frozen=True, eq=False)
class Patch:
    """A part of an image, and how much it excites a filter.

    Attributes:
        activation: Value of the filter.
        index: Index of the image in the dataset, from 0.
        place: (top, left, bottom, right) in pixels; bottom and right are the first ones outside.
        pixels: (height, width, channels).

    Example:
        >>> Patch(0.7, 12, (0, 0, 3, 3), np.zeros((3, 3, 3)))
    """

    activation: float
    index: int
    place: tuple[int, int, int, int]
    pixels: np.ndarray


def top_patches(
    model: keras.Model, dataset: Any, layer: str, filters: Sequence[int], count: int = 9
) -> dict[int, list[Patch]]:
    """The patches of a dataset that excite some filters of a layer most (Zeiler and Fergus, arXiv:1311.2901).

    Of each image the strongest position counts; its patch is its receptive field (`receptive_field`), which ends where
    the image ends. The dataset is read once, and no more than the patches is kept.

    Args:
        model: A model of images.
        dataset: Batches of (images, labels), such as `valid`.
        layer: Name of a layer with a map (height, width, channels).
        filters: Which channels of the map.
        count: Number of patches of each filter.

    Returns:
        By filter its patches, the strongest first; `plots.patch_rows` draws them.

    Raises:
        BadInput: The layer does not exist, or has no such filters; the dataset is empty.

    Example:
        >>> found = top_patches(model, pets.valid, "stage1_relu1", [0, 3])
        >>> found[3][0].pixels.shape
        (3, 3, 3)
    """
    chosen = {layer: layer_at(model, layer)}
    best: dict[int, list[tuple[float, int, Patch]]] = {number: [] for number in filters}
    fields: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]] = {}
    seen = 0
    with inference(model):
        for images, *_ in with_progress(dataset):
            images = np.asarray(images)
            maps = _maps(recorded_call(model, images, chosen)[1][layer].outputs, layer, filters)
            if images.shape[1:] not in fields:
                fields[images.shape[1:]] = receptive_field(model, images, layer)
            for number, map_of_filter in zip(filters, np.moveaxis(maps, -1, 0), strict=True):
                _keep_best(best[number], count, images, map_of_filter, fields[images.shape[1:]], seen)
            seen += len(images)
    if not seen:
        raise BadInput("The dataset has no image. Received: an empty dataset")
    return {number: [patch for *_, patch in sorted(found, reverse=True)] for number, found in best.items()}


def _keep_best(
    best: list[tuple[float, int, Patch]], count: int, images: np.ndarray, maps: np.ndarray, fields: Any, seen: int
) -> None:
    """Add the strongest patches of a batch to the heap of the best ones."""
    highest = maps.max(axis=(1, 2))
    for image in np.argsort(-highest, kind="stable")[:count].tolist():
        if len(best) == count and highest[image] <= best[0][0]:
            return
        row, column = np.unravel_index(maps[image].argmax(), maps.shape[1:])
        (top, bottom), (left, right) = fields[0][row].tolist(), fields[1][column].tolist()
        pixels = images[image, top:bottom, left:right].copy()
        patch = Patch(float(highest[image]), seen + image, (top, left, bottom, right), pixels)
        # Of equal ones the earlier image is the better.
        (heappush if len(best) < count else heappushpop)(best, (patch.activation, -patch.index, patch))


def _maps(outputs: Any, layer: str, filters: Sequence[int]) -> np.ndarray:
    shape = tuple(getattr(outputs, "shape", ()))
    if len(shape) != 4 or not all(0 <= number < shape[3] for number in filters):
        raise BadInput(
            "The layer must return one map (height, width, channels) per image, and filters are its channels, from 0. "
            f"Received: layer={layer!r} with outputs of shape {shape}, filters={list(filters)}"
        )
    return ops.convert_to_numpy(outputs).astype(np.float32)[..., list(filters)]
