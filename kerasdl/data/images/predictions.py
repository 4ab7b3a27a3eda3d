"""Predictions of an exported classifier for image files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
from kerasdl.data.images.bad_files import read_image
from kerasdl.data.images.decoding.decode import decode
from kerasdl.data.stacks import stacks
from kerasdl.errors import BadInput
from kerasdl.export import Run, class_names, likeliest, raw_runtime


def predict(
    exported: keras.Model, files: Sequence[str | Path | bytes], *, top: int | None = 1, run: Run | None = None
) -> Iterator[dict[str, float]]:
    """Predict image files with an exported classifier, a few at a time.

    Args:
        exported: A model from `export.image_classifier`, new or loaded (`import kerasdl` before
            `keras.models.load_model`).
        files: Any number of files, by their paths or their bytes, of the formats that `decode` reads; `bad_files` finds
            those that do not decode.
        top: How many classes of each; None for all.
        run: What computes, from `export.raw_runtime`; made once, it spares each call the trace.

    Returns:
        For each file its most probable class with the probability, {class: probability}; of several classes the most
        probable first.

    Raises:
        BadInput: The model is no classifier of images, or `files` is one file. When it is its turn: a file that cannot
            be read or decoded.

    Example:
        >>> list(predict(keras.models.load_model("pets.keras"), ["portrait.jpg"]))      # [{'cat': 0.51}]
    """
    if isinstance(files, str | Path | bytes):
        raise BadInput(f"Give a list of files, such as [file]. Received: {files!r:.80}")
    shape: tuple[int, ...] = getattr(getattr(exported, "input", None), "shape", ())
    if len(shape) != 4 or exported.layers[-1].name != "class_names":
        raise BadInput(
            f"The model is no classifier of images: export it with export.image_classifier. Received: {exported.name!r}"
        )
    return _predictions(exported, files, top, run or raw_runtime(exported))


def _predictions(
    exported: keras.Model, files: Sequence[str | Path | bytes], top: int | None, run: Run
) -> Iterator[dict[str, float]]:
    names, fit, channels = class_names(exported), exported.get_layer("fit_image"), exported.input_shape[-1]

    def fitted(file: str | Path | bytes) -> np.ndarray:
        # Pictures of one size, which the model leaves as they are.
        return keras.ops.convert_to_numpy(fit(_read(file, channels))).astype(np.uint8)

    for pictures in stacks(files, fitted):
        for probabilities in run({exported.input.name: pictures}):
            yield likeliest(names, probabilities, top)


def _read(file: str | Path | bytes, channels: int) -> np.ndarray:
    try:
        return decode(file, channels=channels) if isinstance(file, bytes) else read_image(str(file), channels)
    except ValueError as error:
        where = f"{len(file):,} bytes" if isinstance(file, bytes) else repr(str(file))
        raise BadInput(f"Cannot be read or decoded: {error}. Received: {where}") from error
