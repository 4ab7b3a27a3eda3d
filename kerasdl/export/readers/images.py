"""Makes the pixels that the model beside this file takes. Needs preprocessing.json, Python and NumPy alone."""

import json
from pathlib import Path
from typing import Any

import numpy as np


def prepare(pictures: list[np.ndarray], facts: dict[str, Any] | None = None) -> dict[str, np.ndarray]:
    """Pictures (height, width, channels) of 0..255 as {"pixels": float32 (pictures, height, width, channels)}."""
    facts = facts or json.loads(Path(__file__).with_name("preprocessing.json").read_text("utf-8"))
    return {"pixels": np.stack([fitted(each, facts["height"], facts["width"]) for each in pictures])}


def fitted(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """The middle of a picture in the shape of the model's input, resized and rounded."""
    given_height, given_width = picture.shape[:2]
    crop_height = max(min(given_height, int(np.float32(given_width * height) / np.float32(width))), 1)
    crop_width = max(min(given_width, int(np.float32(given_height * width) / np.float32(height))), 1)
    top, left = (given_height - crop_height) // 2, (given_width - crop_width) // 2
    pixels = np.asarray(picture, np.float32)[top : top + crop_height, left : left + crop_width]
    if (crop_height, crop_width) != (height, width):
        pixels = resized(resized(pixels, height).swapaxes(0, 1), width).swapaxes(0, 1)
    return np.round(pixels)


def resized(pixels: np.ndarray, size: int) -> np.ndarray:
    """The first axis in another size: triangles as wide as an output pixel, or an input pixel if that is wider."""
    one, given = np.float32, len(pixels)
    scale = one(1) / (one(size) / one(given))
    width = max(scale, one(1))
    centers = (np.arange(size, dtype=one) + one(0.5)) * scale
    found = np.zeros((size, *pixels.shape[1:]), one)
    for at, center in enumerate(centers):
        first = max(int(np.ceil(center - width - one(0.5))), 0)
        last = min(int(np.floor(center + width - one(0.5))), given - 1)
        offsets = (np.arange(first, last + 1, dtype=one) + one(0.5) - center) * (one(1) / width)
        weights = np.maximum(one(1) - np.abs(offsets), one(0))
        total = one(0)
        for weight in weights:
            total += weight
        for weight, row in zip(weights * (one(1) / total), pixels[first : last + 1], strict=True):
            found[at] += weight * row
    return found
