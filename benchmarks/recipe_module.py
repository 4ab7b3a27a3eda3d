"""The recipes as modules, for benchmarks that call their functions."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def recipe_module(name: str) -> ModuleType:
    """The module of a recipe."""
    path = Path(__file__).parents[1] / "recipes" / f"{name}.py"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module
