"""Where TensorFlow computes: layers have faster ways on a CPU, and cuDNN has them on a GPU."""

from typing import Literal

import keras


def compute_device() -> Literal["cpu", "gpu"] | None:
    """The kind of device on which TensorFlow computes; None with another backend.

    Example:
        >>> compute_device()
        'cpu'
    """
    if keras.backend.backend() != "tensorflow":
        return None
    return "gpu" if keras.distribution.list_devices("gpu") else "cpu"
