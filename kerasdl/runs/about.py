"""about.json: how a run was started, when it ended, and with which versions."""

import os
import platform
import shlex
import sys
import time
from typing import Any

import keras
import tensorflow as tf
from kerasdl.runs.options import defaults_of, flattened
from kerasdl.version import __version__

ABOUT = "about.json"


def typed() -> str:
    """The command line of this run, or of the job that it is part of.

    Example:
        >>> command = typed()
    """
    return os.environ.get("KERASDL_COMMAND") or shlex.join(["python", *sys.argv])


def about(config: Any = None) -> dict[str, Any]:
    """The command line, the options that differ from their defaults, when the run ended, and versions.

    Args:
        config: The options of a recipe, a dataclass; None for a run of no recipe, whose command line says nothing.

    Example:
        >>> about(Config(data="cars"))["given"]
        {'data': 'cars'}
    """
    versions = {"python": platform.python_version(), "keras": keras.__version__, "tensorflow": tf.__version__}
    defaults = defaults_of(type(config)) if config else {}
    options = flattened(config).items() if config else ()
    return {
        "command": typed() if config else "",
        "given": {name: value for name, value in options if name not in defaults or value != defaults[name]},
        "finished": time.strftime("%Y-%m-%d %H:%M"),
        "versions": {**versions, "kerasdl": __version__},
    }
