"""Weights seeded by their names: the golden values were computed with them in other frameworks."""

import math
import zlib

import numpy as np


def seeded(name: str, shape: tuple[int, ...], scale: float) -> np.ndarray:
    random = np.random.default_rng(zlib.crc32(name.encode()))
    return (random.standard_normal(shape) * scale).astype("float32")


def seeded_weight(name: str, shape: tuple[int, ...], zero_init: str = "none") -> np.ndarray:
    """A weight in PyTorch's layout; `zero_init` is the suffix of a block's last normalization, whose gain is small."""
    if len(shape) > 1:
        return seeded(name, shape, math.sqrt(2 / math.prod(shape[1:])))
    if name.endswith(("running_var", "moving_variance")):
        return np.abs(seeded(name, shape, 0.2)) + np.float32(0.8)
    if name.endswith(f"{zero_init}.weight"):
        return np.float32(0.2) + seeded(name, shape, 0.05)
    return np.float32(name.endswith((".weight", "gamma"))) + seeded(name, shape, 0.1)


def torch_layout(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(shape[axis] for axis in {4: (3, 2, 0, 1), 2: (1, 0)}.get(len(shape), (0,)))


def keras_layout(tensor: np.ndarray) -> np.ndarray:
    return tensor.transpose({4: (2, 3, 1, 0), 2: (1, 0)}.get(tensor.ndim, (0,)))


IMAGES = seeded("images", (2, 64, 64, 3), 1.0)
