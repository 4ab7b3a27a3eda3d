"""fast.ai's training practice as plain Keras components.

Namespaces load when first used, so that importing kerasdl costs next to nothing on top of Keras. Only what a saved
model may hold is loaded at once: `keras.models.load_model` finds a class only after it is registered.
"""

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

if "tensorflow" not in sys.modules:
    # TensorFlow 2.21 leaves oneDNN's kernels off on CPUs without AVX-512 VNNI, where a ResNet-18 step on small images
    # then takes nine times as long. TensorFlow reads the variable when it loads; an existing value is respected.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from kerasdl import deprecation, layers, losses, optimizers, schedules
from kerasdl.version import __version__

if TYPE_CHECKING:  # type checkers do not see through __getattr__
    from kerasdl import (
        app,
        callbacks,
        data,
        distribute,
        errors,
        export,
        groups,
        interpret,
        lr_range,
        models,
        plots,
        runs,
        serving,
    )
    from kerasdl.callbacks import lr_find
    from kerasdl.model_summary import summary

__all__ = [
    "__version__",
    "app",
    "callbacks",
    "data",
    "distribute",
    "errors",
    "export",
    "groups",
    "interpret",
    "layers",
    "losses",
    "lr_find",
    "lr_range",
    "models",
    "optimizers",
    "plots",
    "runs",
    "schedules",
    "serving",
    "summary",
]


def __getattr__(name: str) -> Any:
    if name == "lr_find":
        return importlib.import_module("kerasdl.callbacks").lr_find
    if name == "summary":
        return importlib.import_module("kerasdl.model_summary").summary
    if name == "run_folder":
        deprecation.warn("kerasdl.run_folder", "kerasdl.runs")
        return importlib.import_module("kerasdl.runs")
    if name in __all__:
        return importlib.import_module(f"kerasdl.{name}")
    raise AttributeError(f"module 'kerasdl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
