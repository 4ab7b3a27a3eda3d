"""about.json: what a run was started with: command, defaults of the options, versions."""

import platform
import shlex
import sys
import time
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf
from kerasdl.version import __version__

ABOUT = "about.json"


def about(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The command line, the defaults of its options, when the run has ended, and the versions that it ran with.

    Args:
        defaults: From `defaults_of`; empty for a run of no recipe, whose command line says nothing.

    Example:
        >>> list(about({"epochs": 5}))
        ['command', 'defaults', 'finished', 'versions']
    """
    versions = {"python": platform.python_version(), "keras": keras.__version__, "tensorflow": tf.__version__}
    return {
        "command": shlex.join(["python", *sys.argv]) if defaults else "",
        "defaults": dict(defaults),
        "finished": time.strftime("%Y-%m-%d %H:%M"),
        "versions": {**versions, "kerasdl": __version__},
    }
