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
    rows, columns = picture.shape[:2]
    cropped_rows = max(min(rows, int(np.float32(columns * height) / np.float32(width))), 1)
    cropped_columns = max(min(columns, int(np.float32(rows * width) / np.float32(height))), 1)
    top, left = (rows - cropped_rows) // 2, (columns - cropped_columns) // 2
    pixels = picture[top : top + cropped_rows, left : left + cropped_columns].astype(np.float32)
    if pixels.shape[:2] != (height, width):
        pixels = resized(resized(pixels, height).swapaxes(0, 1), width).swapaxes(0, 1)
    return np.round(pixels)


def resized(pixels: np.ndarray, size: int) -> np.ndarray:
    """The first axis in another size: triangles as wide as an output pixel, or an input pixel if that is wider."""
    one = np.float32
    scale = one(1) / (one(size) / one(len(pixels)))
    width = max(scale, one(1))
    places = np.arange(len(pixels), dtype=np.float32) + one(0.5)
    found = []
    for center in (np.arange(size, dtype=np.float32) + one(0.5)) * scale:
        near = np.abs(places - center) <= width
        weights = np.maximum(one(1) - np.abs((places[near] - center) * (one(1) / width)), one(0))
        weights *= one(1) / sum(weights, one(0))
        found.append(sum(weight * row for weight, row in zip(weights, pixels[near], strict=True)))
    return np.array(found)
