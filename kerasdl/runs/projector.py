"""Vectors, their labels and small pictures for TensorBoard's Projector."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from kerasdl.errors import BadInput
from kerasdl.files import atomic_write
from tensorboard.plugins.projector import ProjectorConfig, visualize_embeddings

MOST_POINTS = 10_000
# Pixels of a picture: 100 x 100 of them are one of 6,400 x 6,400, and browsers take 8,192.
_SIDE = 64
_CONFIG = "projector_config.pbtxt"


def save_projector(
    log_dir: str | Path,
    vectors: np.ndarray,
    labels: Mapping[str, Sequence[Any]],
    *,
    images: np.ndarray | None = None,
    name: str = "vectors",
) -> None:
    """Writes vectors for TensorBoard's Projector, which shows them in three dimensions by PCA, t-SNE or UMAP.

    Of more than 10,000 vectors, 10,000 drawn at random are written, and this is printed. TensorBoard reads a folder of
    vectors once: one that was started before must be started again.

    Args:
        log_dir: Folder of logs, such as `run.logs`; created if missing. Other vectors in it are kept.
        vectors: Array (count, dimensions), such as features of a network before its last layer.
        labels: One value per vector, by name: the class, the prediction, the word. The number of the vector is added.
        images: Array (count, height, width, 1 or 3) with values 0..255, drawn at the points, 64 pixels large at most.
        name: Of these vectors in the Projector; vectors with the same name are replaced.

    Raises:
        BadInput: Arrays and labels do not fit each other, a vector is not finite, or the name cannot be that of a file.

    Example:
        >>> vectors = np.random.default_rng(0).normal(size=(16, 8))
        >>> save_projector("logs", vectors, {"class": ["cat", "dog"] * 8}, name="features")
    """
    vectors = np.asarray(vectors)
    _check(vectors, labels, images, name)
    count = len(vectors)
    chosen = np.arange(count)
    if count > MOST_POINTS:
        chosen = np.sort(np.random.default_rng(0).choice(count, MOST_POINTS, replace=False))
        print(f"Projector: {MOST_POINTS:,} of {count:,} vectors, drawn at random")
    folder = Path(log_dir) / "projector"
    folder.mkdir(parents=True, exist_ok=True)
    columns = {**{each: [values[row] for row in chosen] for each, values in labels.items()}, "number": chosen}
    _write(folder / f"{name}.tsv", "\n".join("\t".join(f"{x:.6g}" for x in row) for row in vectors[chosen]))
    _write(folder / f"{name}_labels.tsv", "\n".join(map(_row, [columns, *zip(*columns.values(), strict=True)])))
    size = None
    if images is not None:
        sheet, size = _sheet(np.asarray(images)[chosen])
        with atomic_write(folder / f"{name}.png") as temporary:
            temporary.write_bytes(tf.io.encode_png(sheet).numpy())
    _add(Path(log_dir), name, vectors[chosen].shape, size)


def _check(vectors: np.ndarray, labels: Mapping[str, Sequence[Any]], images: Any, name: str) -> None:
    if vectors.ndim != 2 or min(vectors.shape) < 3:
        raise BadInput(f"Vectors must be an array (count, dimensions), 3 x 3 at least. Received: shape {vectors.shape}")
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise BadInput(f"Vectors must be finite. Received: {vectors[row]} as vector {row}")
    counts = {each: len(values) for each, values in labels.items()}
    if images is not None:
        counts["images"] = len(images)
    if not labels or set(counts.values()) != {len(vectors)}:
        raise BadInput(
            "There must be labels, and one value of each, and one image, per vector. "
            f"Received: {len(vectors)} vectors, {counts}"
        )
    if "number" in labels:
        raise BadInput("The number of each vector is added: name the label otherwise. Received: a label 'number'")
    if images is not None and (np.ndim(images) != 4 or np.shape(images)[-1] not in (1, 3)):
        raise BadInput(f"Images must be an array (count, height, width, 1 or 3). Received: shape {np.shape(images)}")
    if not re.fullmatch(r"\w[\w .-]*", name):
        raise BadInput(f"The name must have letters, digits, '_', '-', '.' and spaces only. Received: {name!r}")


def _row(values: Any) -> str:
    """A row of a table, whose separators may stand in names."""
    return "\t".join(" ".join(str(value).split()) for value in values)


def _write(file: Path, text: str) -> None:
    with atomic_write(file) as temporary:
        temporary.write_bytes(text.encode("utf-8", "replace") + b"\n")


def small(images: np.ndarray) -> np.ndarray:
    """Images (count, height, width, channels) of at most 64 pixels on each side, as the Projector draws them.

    Example:
        >>> small(np.zeros((2, 128, 96, 3))).shape
        (2, 64, 48, 3)
    """
    height, width = images.shape[1:3]
    scale = min(1.0, _SIDE / max(height, width))
    if scale == 1:
        return images
    size = max(1, round(height * scale)), max(1, round(width * scale))
    return tf.image.resize(images, size, method="area").numpy()


def _sheet(images: np.ndarray) -> tuple[tf.Tensor, tuple[int, int]]:
    """One picture of all images, row by row, and width and height of each in it."""
    images = small(images)
    count, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.full((rows * columns, height, width, channels), 255, np.uint8)
    sheet[:count] = np.clip(np.rint(images), 0, 255)
    sheet = sheet.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return tf.constant(sheet.reshape(rows * height, columns * width, channels)), (width, height)


def _add(log_dir: Path, name: str, shape: tuple[int, int], size: tuple[int, int] | None) -> None:
    """Names the files in the configuration of the folder's Projector."""
    file, config = log_dir / _CONFIG, ProjectorConfig()
    if file.exists():
        text_format.Parse(file.read_text("utf-8"), config)
    others = [each for each in config.embeddings if each.tensor_name != name]
    del config.embeddings[:]
    config.embeddings.extend(others)
    added = config.embeddings.add(
        tensor_name=name,
        tensor_shape=shape,
        tensor_path=f"projector/{name}.tsv",
        metadata_path=f"projector/{name}_labels.tsv",
    )
    if size:
        added.sprite.image_path = f"projector/{name}.png"
        added.sprite.single_image_dim.extend(size)
    # Not by atomic_write, which would wait for the lock that a run has on its folder of logs.
    visualize_embeddings(str(log_dir), config)
    if not any(log_dir.glob("*tfevents*")):
        # Below the folder that TensorBoard is given, it finds only those with an event file.
        tf.summary.create_file_writer(str(log_dir)).close()
