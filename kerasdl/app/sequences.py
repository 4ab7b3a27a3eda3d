"""Answers about sequences and sounds: their classes, beside what the network reads or hears."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from kerasdl import plots, runs
from kerasdl.app.answer import Answer, check_count, check_files
from kerasdl.app.trained import Trained
from kerasdl.data import sequences
from kerasdl.layers import LogMelSpectrogram

MOST = 12


def answer_sequences(trained: Trained, file: str) -> list[Answer]:
    """Answer for each sequence of a file.

    Args:
        trained: A run on sequences.
        file: The path of a .ts, .npz or CSV file.

    Raises:
        BadInput: As for `runs.input_sequences`; too many sequences.
    """
    names, arrays = runs.input_sequences([file], trained.config)
    check_count(len(arrays), MOST, "sequences")
    found = sequences.predict(trained.model, arrays, top=None, run=trained.run)
    channels = trained.config.get("channels") or ()
    return [
        Answer(name, each, pictures={"What the network reads": _lines(array, channels)})
        for name, array, each in zip(names, arrays, found, strict=True)
    ]


def answer_sounds(trained: Trained, files: Sequence[str]) -> list[Answer]:
    """Answer for each sound.

    Args:
        trained: A run on sounds.
        files: Paths of WAV files.

    Raises:
        BadInput: Too many, or one that cannot be read.
    """
    check_count(len(files), MOST, "sounds")
    check_files(sequences.bad_files(files))
    found = sequences.predict(trained.model, files, top=None, run=trained.run)
    return [
        Answer(Path(file).name, each, pictures={"What the network hears": _spectrogram(trained.model, file)})
        for file, each in zip(files, found, strict=True)
    ]


def _lines(array: np.ndarray, channels: Sequence[str]) -> bytes:
    columns = np.asarray(array).reshape(len(array), -1).T
    names = channels if len(channels) == len(columns) else [f"channel {place}" for place in range(1, len(columns) + 1)]
    steps = np.arange(1, len(array) + 1)
    drawn = {str(name): (steps, each) for name, each in zip(names, columns, strict=True)}
    return plots.line_sheet([drawn], [""], "step", "value", columns=1).png


def _spectrogram(model: keras.Model, file: str) -> bytes:
    layer = next(each for each in model.layers if isinstance(each, LogMelSpectrogram))
    spectra = keras.ops.convert_to_numpy(layer(sequences.samples_of(file, layer.sample_rate)[None]))
    return plots.spectrogram_sheet(spectra, [""], hop=layer.hop, bands=layer.centers, columns=1).png
