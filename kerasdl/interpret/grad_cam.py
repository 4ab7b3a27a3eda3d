"""Grad-CAM: which parts of an image speak for a class."""

from typing import Any

import keras
import numpy as np
from keras import ops
from kerasdl.errors import BadInput
from kerasdl.interpret.activation_maps import learned_maps
from kerasdl.interpret.gradients import gradient
from kerasdl.interpret.layer_calls import inference, layer_at, recorded_call
from kerasdl.interpret.layer_outputs import batches
from kerasdl.interpret.progress import with_progress
from kerasdl.interpret.scores import Target, score_of, target_of
from kerasdl.outputs import Outputs


def grad_cam(
    model: keras.Model,
    images: np.ndarray,
    *,
    target: Target = None,
    layer: str | None = None,
    outputs: Outputs | None = None,
    tags: bool = False,
    batch_size: int = 32,
) -> np.ndarray:
    """Heat maps of what speaks for a class (Selvaraju et al., arXiv:1610.02391).

    The maps of a layer are added up, each with the weight of its mean gradient, and what is below 0 is cut off. The
    gradient is that of the logarithm of the odds, p / (1 - p): of two classes the difference of their logits. It is the
    same for logits and for probabilities, and does not vanish where the model is certain.

    Args:
        model: A classifier of images (height, width, channels), as for `Classification.of`, or any model of images if
            `target` is a function.
        images: (count, height, width, channels), as the model takes them.
        target: Index of the class, or one for each image; by default the most probable one. Or a function from the
            outputs to one number per image, such as `lambda outputs: outputs[:, 0]` for a regression.
        layer: Name of a layer with a map, such as "stage3_block1_relu2" or "backbone/layer"; by default the last one
            whose map has more than one position. An earlier layer has a finer map, of simpler things.
        outputs: "logits" or "probabilities"; by default read from the last layer and the compiled loss.
        tags: Whether an image may have any number of the classes.
        batch_size: Number of images of a call.

    Returns:
        float32 (count, height, width): from 0 to 1, the largest value of each image, at the size of the images. All 0
        where nothing speaks for the class.

    Raises:
        BadInput: The layer does not exist, or has no map (height, width, channels); `target` is no class.
        ValueError: As for `Classification.of`.

    Example:
        >>> maps = grad_cam(model, pets_images)
        >>> maps.shape, float(maps.max()) <= 1
        ((4, 64, 64), True)
    """
    images = np.asarray(images)
    count, size = len(images), images.shape[1:3]
    name = layer or last_map(model, images[:1])
    chosen, maps = {name: layer_at(model, name)}, []
    with inference(model):
        for rows in with_progress(batches(count, batch_size)):
            batch = images[rows]
            predicted, found = recorded_call(model, batch, chosen)
            score = score_of(model, predicted, target_of(target, rows, count), outputs=outputs, tags=tags, odds=True)
            features = _map(found[name].outputs, name)

            def score_at(features: Any, batch: Any = batch, score: Any = score) -> Any:
                return score(recorded_call(model, batch, chosen, lambda maps: ops.cast(features, maps.dtype))[0])

            weights = gradient(score_at, features).mean(axis=(1, 2), keepdims=True)
            heat = np.maximum((weights * features).sum(axis=-1, keepdims=True), 0)
            maps.append(ops.convert_to_numpy(ops.image.resize(heat, size, interpolation="bilinear"))[..., 0])
    heat = np.concatenate(maps)
    highest = heat.max(axis=(1, 2), keepdims=True)
    return heat / np.where(highest > 0, highest, 1)


def last_map(model: keras.Model, image: Any) -> str:
    """The path of the last layer that returns a learned map (height, width, channels) of more than one position.

    Raises:
        BadInput: There is none.

    Example:
        >>> last_map(model, pets_images[:1])
        'stage2_pool'
    """
    if maps := learned_maps(model, image):
        return list(maps)[-1]
    raise BadInput(
        "No layer returns a map (height, width, channels) of more than one position: give the name of a layer, or use "
        f"occlusion. Received: {model.name!r}, images of shape {tuple(image.shape[1:])}"
    )


def _map(outputs: Any, name: str) -> np.ndarray:
    if (shape := getattr(outputs, "shape", ())) and len(shape) == 4:
        return ops.convert_to_numpy(outputs).astype(np.float32)
    raise BadInput(
        "The layer must return one map (height, width, channels) per image. "
        f"Received: layer={name!r} with outputs of shape {tuple(shape)}"
    )
