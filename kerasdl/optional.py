"""Optional packages: an import whose error names the extra of setup.cfg that installs the package."""

import importlib
from typing import Any

EXTRAS = {
    "gradio": "app",
    "starlette": "serve",
    "uvicorn": "serve",
    "ai_edge_litert": "export",
    "onnx": "export",
    "onnxruntime": "export",
    "openvino": "export",
    "tf2onnx": "export",
    "pandas": "tables",
    "pyarrow": "tables",
    "ray": "ray",
    "mido": "music",
    "rich": "recipes",
    "scipy": "recipes",
    "sklearn": "recipes",
    "tyro": "recipes",
    "soundfile": "audio",
    "soxr": "audio",
    "huggingface_hub": "pretrained",
    "safetensors": "pretrained",
}


def import_optional(module: str) -> Any:
    """Import a module of a package that `pip install kerasdl` alone does not install.

    Args:
        module: Name of the module, such as "pandas" or "sklearn.datasets".

    Returns:
        The module.

    Raises:
        ModuleNotFoundError: The package is not installed; the message gives the pip command.

    Example:
        >>> pd = import_optional("pandas")
    """
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise  # the package is there, but one that it needs is not
        raise ModuleNotFoundError(
            f'{package} is not installed: pip install "kerasdl[{EXTRAS[package]}]". Received: import {module}',
            name=error.name,
        ) from error
