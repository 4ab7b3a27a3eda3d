"""Answers about pictures: classes, where the network looked, and the validation pictures most alike."""

import math
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from kerasdl import interpret, plots
from kerasdl.app.answer import Answer, check_count, check_files
from kerasdl.app.trained import Trained
from kerasdl.data import images
from kerasdl.errors import BadInput

MOST = 12
NEIGHBOURS = 4
# Bytes of the features that a run kept; the largest that runs write are far smaller.
_LARGEST = 2**28


def answer_images(trained: Trained, files: Sequence[str]) -> list[Answer]:
    """Answer for each picture.

    Args:
        trained: A run on images.
        files: Their paths.

    Raises:
        BadInput: Too many, or one that cannot be read or decoded.
    """
    check_count(len(files), MOST, "pictures")
    channels = trained.model.input_shape[-1]
    check_files(images.bad_files(files, channels=channels, cached=False))
    found = images.predict(trained.model, files, top=None, run=trained.run)
    return [_answer(trained, file, channels, each) for file, each in zip(files, found, strict=True)]


def _answer(trained: Trained, file: str, channels: int, found: dict[str, float]) -> Answer:
    picture = images.decode(Path(file).read_bytes(), channels=channels)
    fitted = keras.ops.convert_to_numpy(trained.model.get_layer("fit_image")(picture[None]))
    pictures = {"What the network sees, and where it looked (Grad-CAM)": _heat(trained, fitted, next(iter(found)))}
    pictures |= {"The validation pictures that it takes for most alike": _alike(trained, fitted)}
    remarks = []
    (height, width), (rows, columns) = picture.shape[:2], fitted.shape[1:3]
    if height * columns != width * rows:
        remarks.append("The network sees the middle of this picture: what is beside it was cut off.")
    if height < rows and width < columns:
        remarks.append(
            f"This picture is smaller than those of the training, {columns} x {rows} pixels, and was enlarged."
        )
    drawn = {caption: png for caption, png in pictures.items() if png}
    if not any("Grad-CAM" in caption for caption in drawn):
        drawn = {"What the network sees": plots.image_sheet(fitted, [""], columns=2).png, **drawn}
    return Answer(Path(file).name, found, pictures=drawn, remarks=remarks)


def _heat(trained: Trained, fitted: np.ndarray, name: str) -> bytes:
    """A picture beside what speaks for a class in it; nothing if the network has no map."""
    try:
        target = trained.classes.index(name)
        maps = interpret.grad_cam(trained.model, fitted.astype(np.uint8), target=target, outputs="probabilities")
    except BadInput:
        return b""
    return plots.heat_maps(fitted, maps, [f"for {name}"]).png


def _alike(trained: Trained, fitted: np.ndarray) -> bytes:
    """The pictures whose features the run kept, for TensorBoard's Projector, that are nearest; or nothing."""
    folder = trained.path / "logs" / "projector"
    files = [folder / name for name in ("features.tsv", "features_labels.tsv", "features.png")]
    if not all(file.is_file() and file.stat().st_size < _LARGEST for file in files):
        return b""
    try:
        kept = np.loadtxt(files[0], dtype=np.float32, delimiter="\t", ndmin=2)
        own = interpret.embeddings(trained.model, [(fitted.astype(np.uint8), None)])
        header, *rows = (line.split("\t") for line in files[1].read_text("utf-8").splitlines())
        sheet = images.decode(files[2].read_bytes(), channels=3)
        nearest = interpret.nearest_samples(np.concatenate([own, kept]), [0], count=NEIGHBOURS)[0]
        labels = [f"{rows[place - 1][header.index('actual')]}, {cosine:.2f}" for place, cosine in nearest]
        return plots.image_sheet([_tile(sheet, len(kept), place - 1) for place, _ in nearest], labels, columns=6).png
    except (ValueError, IndexError):  # not what this version writes
        return b""


def _tile(sheet: np.ndarray, count: int, place: int) -> np.ndarray:
    """One of the pictures that stand row by row on a sheet."""
    columns = math.ceil(math.sqrt(count))
    height, width = len(sheet) // math.ceil(count / columns), sheet.shape[1] // columns
    top, left = place // columns * height, place % columns * width
    return sheet[top : top + height, left : left + width]
