"""Image files made by Pillow, and the pixels that Pillow decodes from a file."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageOps

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 30, 47, 3), dtype=np.uint8)


def encoded(pixels: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def turned(pixels: np.ndarray, orientation: int, kind: str = "JPEG", **options: Any) -> bytes:
    """A file that stores these pixels with an EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(pixels, kind, exif=exif, **options)


def seen(file: bytes, channels: int = 3, background: int = 255) -> np.ndarray:
    """The first frame, upright, over the background; 16 bits reduced to 8 by >> 8."""
    picture = Image.open(io.BytesIO(file))
    picture.load()
    picture = ImageOps.exif_transpose(picture)
    if picture.mode == "I;16":
        return _sixteen_bits(picture, channels, background)
    layers = picture.convert("RGBA")
    canvas = Image.new("RGBA", layers.size, (background,) * 3 + (255,))
    canvas.alpha_composite(layers)
    pixels = np.asarray(canvas.convert("RGB") if channels == 3 else canvas.convert("RGB").convert("L"))
    return pixels.reshape((*pixels.shape[:2], channels))


def _sixteen_bits(picture: Image.Image, channels: int, background: int) -> np.ndarray:
    values = np.asarray(picture)
    shades = np.where(values == picture.info.get("transparency", -1), background, values >> 8).astype(np.uint8)
    return np.repeat(shades[..., None], channels, axis=2)


def collect(dataset: Any) -> tuple[np.ndarray, np.ndarray]:
    """All images and labels of a dataset."""
    images, labels = zip(*[(x.numpy(), y.numpy()) for x, y in dataset], strict=True)
    return np.concatenate(images), np.concatenate(labels)
