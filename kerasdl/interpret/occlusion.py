"""Occlusion: how much the probability of a class falls when a part of an image is covered."""

from typing import Any

import keras
import numpy as np
from keras import ops
from kerasdl.errors import BadInput
from kerasdl.interpret.layer_calls import inference
from kerasdl.interpret.layer_outputs import batches
from kerasdl.interpret.progress import with_progress
from kerasdl.interpret.scores import Target, score_of, target_of
from kerasdl.outputs import Outputs


def occlusion(
    model: keras.Model,
    images: np.ndarray,
    *,
    patch: int,
    stride: int,
    target: Target = None,
    outputs: Outputs | None = None,
    tags: bool = False,
    batch_size: int = 32,
) -> np.ndarray:
    """Fall of the log-probability of a class where a square is covered (Zeiler and Fergus, arXiv:1311.2901).

    The square has the mean color of the image. Occlusion needs no gradients, so it takes any model of images, on any
    backend; an image costs as many predictions as there are squares. Of a model that is certain no single square makes
    the probability fall: give its logit as `target`, such as `lambda outputs: outputs[:, 3]`.

    Args:
        model: A classifier of images (height, width, channels), as for `Classification.of`, or any model of images if
            `target` is a function.
        images: (count, height, width, channels), as the model takes them.
        patch: Side of the square, in pixels.
        stride: Pixels from one square to the next, at most `patch`; the last ones end where the image ends.
        target: Index of the class, or one for each image; by default the most probable one. Or a function from the
            outputs to one number per image.
        outputs: "logits" or "probabilities"; by default read from the last layer and the compiled loss.
        tags: Whether an image may have any number of the classes.
        batch_size: Number of squares of a call.

    Returns:
        float64 (count, height, width): for each pixel the mean fall over the squares that cover it, above 0 where the
        image speaks for the class.

    Raises:
        BadInput: `patch` or `stride` out of range; `target` is no class.
        ValueError: As for `Classification.of`.

    Example:
        >>> maps = occlusion(model, pets_images, patch=16, stride=8)
        >>> maps.shape
        (4, 64, 64)
    """
    images = np.asarray(images)
    count, *size = images.shape[:3]
    if not 1 <= stride <= patch <= min(size):
        raise BadInput(
            "patch must be at most the side of the images, and stride from 1 to patch. "
            f"Received: patch={patch}, stride={stride}, images of {size[0]} x {size[1]}"
        )
    corners = [(top, left) for top in _starts(size[0], patch, stride) for left in _starts(size[1], patch, stride)]
    squares = [np.s_[top : top + patch, left : left + patch] for top, left in corners]
    maps = np.zeros((count, *size))
    covered = np.zeros(size, int)
    for square in squares:
        covered[square] += 1
    with inference(model):
        for row in with_progress(range(count), "image"):
            predicted = model(images[row : row + 1], training=False)
            own_target = target_of(target, slice(row, row + 1), count)
            score = score_of(model, predicted, own_target, outputs=outputs, tags=tags)
            for square, fall in zip(squares, _falls(model, images[row], squares, score, batch_size), strict=True):
                maps[row][square] += fall
    return maps / covered


def _starts(side: int, patch: int, stride: int) -> list[int]:
    return sorted({*range(0, side - patch + 1, stride), side - patch})


def _falls(model: keras.Model, image: np.ndarray, squares: list[Any], score: Any, batch_size: int) -> np.ndarray:
    color = image.mean(axis=(0, 1))

    def scores(squares: list[Any]) -> np.ndarray:
        copies = np.repeat(image[None], len(squares), axis=0)
        for copy, square in zip(copies, squares, strict=True):
            copy[square] = color
        return ops.convert_to_numpy(score(model(copies, training=False))).astype(float)

    nowhere = np.s_[:0, :0]
    whole = scores([nowhere])
    return whole - np.concatenate([scores(squares[rows]) for rows in batches(len(squares), batch_size)])
