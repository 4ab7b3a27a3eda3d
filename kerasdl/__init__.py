"""kerasdl: training that goes well, as plain Keras parts.

Namespaces load when first used, so that importing kerasdl costs next to nothing on top of Keras. Only what a saved
model may hold is loaded at once: `keras.models.load_model` finds a class only after it is registered.
"""

import importlib
import os
import sys
from typing import Any

if "tensorflow" not in sys.modules:
    # TensorFlow 2.21 leaves oneDNN's kernels off on CPUs without AVX-512 VNNI, where a ResNet-18 step on small images
    # then takes nine times as long. The choice is read when TensorFlow loads; whoever has made it keeps it.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from kerasdl import layers, losses, optimizers, schedules

__version__ = "0.1.0"

_NAMESPACES = (
    "callbacks",
    "data",
    "errors",
    "export",
    "groups",
    "interpret",
    "lr_range",
    "models",
    "plots",
    "run_folder",
)

__all__ = ["__version__", "layers", "losses", "lr_find", "optimizers", "schedules", *_NAMESPACES]


def __getattr__(name: str) -> Any:
    if name == "lr_find":
        return importlib.import_module("kerasdl.callbacks").lr_find
    if name in _NAMESPACES:
        return importlib.import_module(f"kerasdl.{name}")
    raise AttributeError(f"module 'kerasdl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
