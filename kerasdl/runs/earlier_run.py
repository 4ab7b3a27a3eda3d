"""An earlier run: its model, and its options."""

import json
from pathlib import Path
from textwrap import shorten
from typing import Any

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.files import check_unpacked

# Characters of another library's error that ours shows.
_SHOWN = 160


def load_run(path: Path, name: str = "model") -> keras.Model:
    """Loads the model of an earlier run, for prediction or fine-tuning.

    A model from elsewhere runs no code: Keras refuses Lambda layers. A file that would unpack to far more than it takes
    on disk is refused, see `files.check_unpacked`.

    Args:
        path: The run's folder.
        name: Of the model in it, such as "ngrams".

    Raises:
        BadInput: The folder has no such model, or one that is damaged, that Keras refuses, or whose weights are not
            finite.

    Example:
        >>> load_run(Path("runs/pets")).predict(photographs)
    """
    file = path / f"{name}.keras"
    if not file.is_file():
        raise BadInput(f"The folder has no {file.name}: choose the folder of a finished run. Received: {str(path)!r}")
    try:
        check_unpacked(file)
        model = keras.models.load_model(file, compile=False)
    except Exception as error:
        # A damaged file may raise anything.
        raise BadInput(
            f"Its {file.name} is damaged, or holds what is not loaded "
            f"({shorten(str(error), _SHOWN, placeholder='…')}): train it again. Received: {str(path)!r}"
        ) from error
    if not isinstance(model, keras.Model):
        raise BadInput(
            f"Its {file.name} holds no model: train it again. Received: {type(model).__name__}, {str(path)!r}"
        )
    if spoiled := non_finite(model):
        raise BadInput(
            f"Its {file.name} has weights that are not finite: train it again. Received: {spoiled[0]!r} and "
            f"{len(spoiled) - 1} more, {str(path)!r}"
        )
    return model


def load_config(path: Path) -> dict[str, Any]:
    """Reads the options and facts of an earlier run from its config.json.

    Args:
        path: The run's folder.

    Raises:
        BadInput: The folder has no config.json, or a damaged one.

    Example:
        >>> load_config(Path("runs/pets"))["image_size"]
    """
    file = path / "config.json"
    try:
        # A pipe or a device may never end.
        found = json.loads(file.read_text("utf-8")) if file.is_file() else None
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadInput(
            f"The folder has no readable config.json: choose the folder of a finished run. Received: {str(path)!r}"
        )
    return found


def non_finite(model: keras.Model) -> list[str]:
    """The paths of weights that hold NaN or infinity.

    Example:
        >>> non_finite(model)
        []
    """
    return [each.path for each in model.weights if not np.isfinite(keras.ops.convert_to_numpy(each)).all()]
