"""Resampling of images: bilinear, once, through projective matrices."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf
from kerasdl.data.images.opencv import opencv
from kerasdl.data.python_call import buffers, python_call

# Nearer to the horizon than this, or further from the image than so many of its sides, points are folded one by one.
NEAREST, FURTHEST = 0.01, 100


def resample(images: tf.Tensor, transforms: tf.Tensor, size: tuple[Any, Any]) -> tf.Tensor:
    """Resamples images bilinearly through matrices; beyond the border the image is reflected.

    The identity gives the largest centered window with the aspect ratio of the output. There is no antialiasing:
    downscale images that are much larger than the output first.

    Args:
        images: uint8 or float32 (batch, any height, any width, channels).
        transforms: (batch, 3, 3), from output points to image points, in output pixels from the center.
        size: (height, width) of the output.

    Returns:
        (batch, height, width, channels) of the type of `images`, uint8 rounded; exact pixel values where points fall on
        pixel centers.

    Example:
        >>> smaller = resample(images, tf.eye(3, batch_shape=[len(images)]), (64, 64))
    """
    picture = tf.cast(tf.shape(images)[1:3], tf.float64)
    target = tf.cast(tf.stack(size), tf.float64)
    scale = tf.reduce_min(picture / target)
    (down, right), (middle, center) = tf.unstack((picture - 1) / 2), tf.unstack((target - 1) / 2)
    one, zero = tf.ones_like(scale), tf.zeros_like(scale)
    to_picture = tf.stack([scale, zero, right, zero, scale, down, zero, zero, one])
    from_corner = tf.stack([one, zero, -center, zero, one, -middle, zero, zero, one])
    matrix = tf.reshape(to_picture, (3, 3)) @ tf.cast(transforms, tf.float64) @ tf.reshape(from_corner, (3, 3))
    coefficients = tf.reshape(matrix, (-1, 9))
    return project(images, coefficients[:, :8] / coefficients[:, 8:], size)


def project(images: tf.Tensor, coefficients: tf.Tensor, size: tuple[Any, Any]) -> tf.Tensor:
    """Resamples images bilinearly through projections; beyond the border the image is reflected.

    Args:
        images: uint8 or float32 (batch, any height, any width, channels).
        coefficients: (batch, 8), or (1, 8) for all images: output pixel (x, y) is sampled at
            ((a x + b y + c) / k, (d x + e y + f) / k) of the image, with k = g x + h y + 1.
        size: (height, width) of the output.

    Returns:
        (batch, height, width, channels) of the type of `images`; uint8 is rounded.

    Example:
        >>> project(images, [[1.0, 0, 0, 0, 1, 0, 0, 0]], (64, 64))   # the upper left corner
    """
    images = tf.convert_to_tensor(images)
    if images.dtype != tf.uint8:
        images = tf.cast(images, tf.float32)
    inputs = [images, tf.cast(coefficients, tf.float64), tf.stack(size)]
    (found,) = python_call(_projected, inputs, [images.dtype], pure=True)
    sides = (None if tf.is_tensor(side) else side for side in size)
    return tf.ensure_shape(found, (images.shape[0], *sides, images.shape[3]))


def _projected(images: np.ndarray, coefficients: np.ndarray, size: np.ndarray) -> np.ndarray:
    found = buffers().unfilled((len(images), *size.tolist(), images.shape[3]), images.dtype)
    return project_into(found, images, np.broadcast_to(coefficients, (len(images), 8)))


def project_into(found: np.ndarray, images: Iterable[np.ndarray], coefficients: np.ndarray) -> np.ndarray:
    """Fills an array with images of any sizes, resampled as by `project`, and returns it.

    Args:
        found: (batch, height, width, channels), uint8 or float32; see `python_call.buffers`.
        images: (any height, any width, channels) each, of that type.
        coefficients: (batch, 8), as for `project`.

    Example:
        >>> image = np.zeros((100, 80, 3), np.uint8)
        >>> project_into(np.empty((1, 64, 64, 3), np.uint8), [image], np.float64([[1, 0, 0, 0, 1, 0, 0, 0]])).shape
        (1, 64, 64, 3)
    """
    for image, numbers, target in zip(images, coefficients.tolist(), found, strict=True):
        if image.shape[2] == 3:
            _warp_color(image, numbers, target)
        else:
            for channel in range(image.shape[2]):
                target[..., channel] = _warp(np.ascontiguousarray(image[..., channel]), numbers, target.shape[:2])
    return found


def _warp_color(image: np.ndarray, numbers: list[float], target: np.ndarray) -> None:
    """Fills `target`; with a fourth channel a pixel is one vector, which is more than twice as fast."""
    cv2 = opencv()
    four = _warp(cv2.cvtColor(image, cv2.COLOR_RGB2RGBA), numbers, target.shape[:2])
    cv2.cvtColor(four, cv2.COLOR_RGBA2RGB, dst=target)


def _warp(image: np.ndarray, numbers: list[float], size: tuple[int, ...]) -> np.ndarray:
    """One image of one or four channels through a projection of eight numbers."""
    cv2 = opencv()
    if _is_far(numbers, image.shape, size):
        return cv2.remap(image, *_folded(numbers, image.shape, size), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    matrix = np.array([*numbers, 1.0]).reshape(3, 3)
    inverse = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(image, matrix, size[::-1], flags=inverse, borderMode=cv2.BORDER_REFLECT)


def _is_far(numbers: list[float], picture: tuple[int, ...], size: tuple[int, ...]) -> bool:
    """Whether points may be far from the image: OpenCV then reflects them side by side, which may take minutes."""
    a, b, c, d, e, f, g, h = numbers
    down, right = size[0] - 1, size[1] - 1
    depth = 1 + min(0.0, g * right) + min(0.0, h * down)
    wide, high = abs(a) * right + abs(b) * down + abs(c), abs(d) * right + abs(e) * down + abs(f)
    # Written so that NaN is far, too.
    return not (depth > NEAREST and wide < FURTHEST * depth * picture[1] and high < FURTHEST * depth * picture[0])


def _folded(numbers: list[float], picture: tuple[int, ...], size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Where each output pixel is sampled, x and y, float32 of that size, reflected into the image."""
    a, b, c, d, e, f, g, h = numbers
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float64)
    depth = g * x + h * y + 1
    depth[depth == 0] = np.inf
    points = (a * x + b * y + c) / depth, (d * x + e * y + f) / depth

    def fold(places: np.ndarray, length: int) -> np.ndarray:
        within = np.mod(np.nan_to_num(places) + 0.5, 2 * length)
        return (np.minimum(within, 2 * length - within) - 0.5).astype(np.float32)

    return fold(points[0], picture[1]), fold(points[1], picture[0])
