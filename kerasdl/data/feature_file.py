"""Features in a file: what a frozen model makes of every sample, computed once and found again by a hash."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from kerasdl.data.array_file import array_file
from kerasdl.version import __version__


def function_identity(outputs: np.ndarray, weights: Iterable[Any] = ()) -> str:
    """A key for a function: a hash of its outputs for fixed inputs and of its weights.

    Layer names and configurations are not part of it: they may change while the function stays the same, and the code
    of a custom layer may change while they stay the same.

    Args:
        outputs: What it makes of fixed inputs.
        weights: Its variables.
    """
    digest = hashlib.sha256(outputs.tobytes())
    for weight in weights:
        digest.update(keras.ops.convert_to_numpy(weight).tobytes())
    return f"{digest.hexdigest()} {__version__} {keras.__version__} {tf.__version__}"


def feature_file(
    folder: Path, function: str, samples: str, shape: tuple[int, ...], fill: Callable[[np.ndarray], None]
) -> np.ndarray:
    """The features of samples, float32, memory-mapped; computes them first if the folder does not hold them.

    Args:
        folder: The cache folder.
        function: From `function_identity`.
        samples: A key for the samples.
        shape: (samples, …), the shape of the features.
        fill: Writes every feature into the array that it is given.
    """
    name = hashlib.sha256(f"{function} {samples}".encode()).hexdigest()[:32]
    return array_file(folder / f"{name}.npy", shape, np.float32, fill)


def write_features(
    features: np.ndarray, batches: Iterable[tuple[Any, np.ndarray]], *, unit_name: str, verbose: int
) -> None:
    """Writes batches of (rows, features of these rows), with a progress bar.

    Args:
        features: Where to write.
        batches: Every row once.
        unit_name: What a sample is called.
        verbose: 1 for a progress bar, 0 for none.
    """
    bar, count = keras.utils.Progbar(len(features), unit_name=unit_name, verbose=verbose), 0
    for rows, found in batches:
        features[rows] = found
        count += len(found)
        bar.update(count)
