"""Predictions of an exported classifier for sequences and sounds."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from kerasdl.data.sequences.audio.wav import read_wav, resampled
from kerasdl.data.stacks import stacks
from kerasdl.errors import BadInput
from kerasdl.export import Run, class_names, likeliest, raw_runtime
from kerasdl.layers import LogMelSpectrogram


def predict(
    exported: keras.Model, inputs: Sequence[Any], *, top: int | None = 1, run: Run | None = None
) -> Iterator[dict[str, float]]:
    """Predict sequences, or sounds, with an exported classifier, a few of one length at a time.

    Args:
        exported: A model from `export.sequence_classifier`, new or loaded (`import kerasdl` before
            `keras.models.load_model`).
        inputs: For a model of sequences, arrays (length,) or (length, channels). For a model of sounds, WAV files, by
            their paths or their bytes, at any sample rate; or arrays of samples (count,) at that of the model.
        top: How many classes of each; None for all.
        run: What computes, from `export.raw_runtime`; made once, it spares each call the trace.

    Returns:
        For each its most probable class with the probability, {class: probability}; of several classes the most
        probable first.

    Raises:
        BadInput: The model is no classifier of sequences, or `inputs` is one path. When it is its turn: a file that
            cannot be read, or an array that does not fit the model.

    Example:
        >>> list(predict(keras.models.load_model("digits.keras"), ["hello.wav"]))     # [{'seven': 0.92}]
    """
    if isinstance(inputs, str | bytes | Path):
        raise BadInput(f"Give a list, such as [file]. Received: {inputs!r:.80}")
    shape: tuple[int | None, ...] = getattr(getattr(exported, "input", None), "shape", ())
    layer = next((each for each in exported.layers if isinstance(each, LogMelSpectrogram)), None)
    if len(shape) != (2 if layer else 3) or exported.layers[-1].name != "class_names":
        raise BadInput(
            "The model is no classifier of sequences or sounds: export it with export.sequence_classifier. "
            f"Received: {exported.name!r}"
        )
    names, compute = class_names(exported), run or raw_runtime(exported)

    def read(each: Any) -> np.ndarray:
        return samples_of(each, layer.sample_rate) if layer else sequence_of(each, shape)

    arrays = stacks(inputs, read)
    return (likeliest(names, row, top) for stack in arrays for row in compute({exported.input.name: stack}))


def samples_of(sound: Any, sample_rate: int) -> np.ndarray:
    """Samples float32 (count,) of a WAV file (path or bytes) at a sample rate, or an array of them as it is.

    Raises:
        BadInput: The file cannot be read (the message names it), or the array holds no samples.

    Example:
        >>> samples_of("hello.wav", 16_000).dtype
        dtype('float32')
    """
    if isinstance(sound, str | Path | bytes):
        try:
            return resampled(*read_wav(sound), sample_rate)
        except ValueError as error:
            where = f"{len(sound):,} bytes" if isinstance(sound, bytes) else repr(str(sound))
            raise BadInput(f"Cannot be read: {error}. Received: {where}") from error
    array = np.asarray(sound, np.float32)
    if array.ndim != 1 or not np.isfinite(array).all() or not array.size:
        raise BadInput(f"Samples must be finite numbers (count,), at least one. Received: shape {array.shape}")
    return array


def sequence_of(sequence: Any, shape: tuple[int | None, ...]) -> np.ndarray:
    """A sequence as float32 (length, channels), padded with NaN if the model has a length.

    Raises:
        BadInput: It does not fit the shape (batch, length, channels) that the model takes.

    Example:
        >>> sequence_of([1.0, 2.0], (None, 3, 1)).ravel()
        array([ 1.,  2., nan], dtype=float32)
    """
    array = np.asarray(sequence, np.float32)
    array = array[:, None] if array.ndim == 1 else array
    _, length, channels = shape
    if array.ndim != 2 or not array.size or array.shape[1] != channels or len(array) > (length or len(array)):
        raise BadInput(
            f"The model takes sequences of {'any length' if length is None else f'up to {length} steps'} and "
            f"{channels} channels. Received: shape {array.shape}"
        )
    return np.pad(array, ((0, (length or len(array)) - len(array)), (0, 0)), constant_values=np.nan)
