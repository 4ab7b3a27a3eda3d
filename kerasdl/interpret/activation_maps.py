"""What the layers make of one image."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.interpret.layer_calls import layer_calls
from kerasdl.interpret.layer_outputs import layer_outputs


def activation_maps(
    model: keras.Model, image: np.ndarray, layers: Sequence[str] | str | None = None
) -> dict[str, np.ndarray]:
    """The maps of one image in some layers (Zeiler and Fergus, arXiv:1311.2901).

    Args:
        model: A model of images.
        image: (height, width, channels), as the model takes it.
        layers: Names of layers; by default the last one of each size of map, from input to output.

    Returns:
        By name float32 (height, width, channels); `plots.activation_grid` draws them.

    Raises:
        BadInput: A layer does not exist, or has no map (height, width, channels).

    Example:
        >>> {name: each.shape for name, each in activation_maps(model, pets_images[0]).items()}
        {'stage1_relu1': (64, 64, 4), 'stage2_relu1': (32, 32, 8), 'stage2_pool': (16, 16, 8)}
    """
    batch = np.asarray(image)[None]
    if layers is None:
        layers = list({size: path for path, size in learned_maps(model, batch).items()}.values())
    found = layer_outputs(model, batch, layers)
    for name, each in found.items():
        if getattr(each, "ndim", 0) != 4:
            raise BadInput(
                "The layer must return one map (height, width, channels) per image. "
                f"Received: layer={name!r} with outputs of shape {getattr(each, 'shape', 'of several arrays')}"
            )
    return {name: each[0].astype(np.float32) for name, each in found.items()}


def learned_maps(model: keras.Model, batch: Any) -> dict[str, tuple[int, int]]:
    """The layers that return a map of more than one position, from the first with weights on, in the order of calls.

    Padding and cropping, which only change the size, are left out.

    Args:
        model: A model of images.
        batch: A few images.

    Returns:
        By the path of the layer height and width.

    Example:
        >>> learned_maps(model, pets_images[:1])
        {'stage1_conv1': (64, 64), ..., 'stage2_pool': (16, 16)}
    """
    is_learned, found = False, {}
    for path, layer, _, outputs in layer_calls(model, batch):
        is_learned = is_learned or bool(layer.weights)
        shape = tuple(getattr(outputs, "shape", ()))
        if is_learned and len(shape) == 4 and shape[1] * shape[2] > 1 and not isinstance(layer, _FRAMES):
            found[path] = shape[1:3]
    return found


_FRAMES = (keras.layers.ZeroPadding2D, keras.layers.Cropping2D)
