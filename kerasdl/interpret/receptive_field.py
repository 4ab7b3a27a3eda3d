"""The pixels that a position of a map depends on."""

from typing import Any

import keras
import numpy as np
from keras import ops
from kerasdl.interpret.gradients import gradient
from kerasdl.interpret.layer_calls import layer_at, recorded_call
from kerasdl.interpret.layer_outputs import batches


def receptive_field(
    model: keras.Model, images: np.ndarray, layer: str, *, batch_size: int = 32
) -> tuple[np.ndarray, np.ndarray]:
    """The rows and the columns of an image that each row and each column of a layer's map depends on.

    They are measured, so that they hold for any padding, shortcut or nested model: a row of the map depends on the
    pixels where its gradient is not 0. The gradient is that of the whole row, all its columns and channels with random
    weights, and the image is noise of the pixels at hand, so that no ReLU which is 0 hides a pixel.

    Args:
        model: A model of images.
        images: At least one image (count, height, width, channels), whose pixels make the noise.
        layer: Name of a layer with a map (height, width, channels).
        batch_size: Number of rows of a call.

    Returns:
        Integers (rows, 2) and (columns, 2): the first pixel, and the one behind the last.

    Raises:
        BadInput: The layer does not exist, or nothing before it has a gradient.

    Example:
        >>> rows, columns = receptive_field(model, pets_images, "stage1_relu1")
        >>> rows[:2].tolist(), rows[-1].tolist()
        ([[0, 2], [0, 3]], [62, 64])
    """
    random, chosen = np.random.default_rng(0), {layer: layer_at(model, layer)}
    height, width, channels = images.shape[1:]
    pixels = random.permutation(np.asarray(images, np.float32).reshape(-1, channels))
    noise = pixels[: height * width].reshape(1, height, width, channels)
    shape = recorded_call(model, noise, chosen)[1][layer].outputs.shape[1:]

    def depends(axis: int, rows: slice) -> np.ndarray:
        """Whether rows of the map (or columns) depend on each row of the image: bool (rows, rows of the image)."""
        count, others = rows.stop - rows.start, [each for each in (1, 2, 3) if each != axis]
        weights = random.normal(size=(count, *shape)).astype(np.float32)
        weights *= np.expand_dims(np.eye(shape[axis - 1], dtype=np.float32)[rows], others)

        def weighted(x: Any) -> Any:
            return ops.cast(recorded_call(model, x, chosen)[1][layer].outputs, "float32") * weights

        return (gradient(weighted, np.repeat(noise, count, axis=0)) != 0).any(axis=tuple(others))

    rows, columns = (
        _ends(np.concatenate([depends(axis, rows) for rows in batches(shape[axis - 1], batch_size)])) for axis in (1, 2)
    )
    return rows, columns


def _ends(depends: np.ndarray) -> np.ndarray:
    # What depends on nothing, such as padding, is given all.
    depends = depends | ~depends.any(axis=1, keepdims=True)
    return np.stack([depends.argmax(axis=1), depends.shape[1] - depends[:, ::-1].argmax(axis=1)], axis=1)
