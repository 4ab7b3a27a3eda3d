"""The package as a whole: what importing it costs and does, and that imports point down."""

import ast
import subprocess
import sys
from pathlib import Path

import kerasdl
import pytest

PACKAGE = Path(kerasdl.__file__).parent


def run(code: str, **environment: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


def test_namespaces_load_when_first_used():
    code = (
        "import sys, keras; before = set(sys.modules); import kerasdl; "
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before})); "
        "print(sorted(name for name in sys.modules if name.startswith('kerasdl.') and name.count('.') == 1)); "
        "kerasdl.plots; print('kerasdl.plots' in sys.modules)"
    )
    assert run(code).splitlines() == [
        "['kerasdl']",
        "['kerasdl.layers', 'kerasdl.losses', 'kerasdl.optimizers', 'kerasdl.schedules']",
        "True",
    ]


def test_every_name_that_is_promised_is_there():
    for name in kerasdl.__all__:
        assert getattr(kerasdl, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = kerasdl.nothing


def test_cpu_kernels_are_chosen_before_tensorflow_loads_and_a_choice_is_respected():
    ask = "import os, kerasdl; print(os.environ.get('TF_ENABLE_ONEDNN_OPTS'))"
    assert run(ask) == "1"
    assert run(ask, TF_ENABLE_ONEDNN_OPTS="0") == "0"
    assert run(f"import tensorflow; {ask}") == "None"


# A room may import those below it; errors, epochs and the layers' registration are the ground under all.
GROUND = {"errors", "epochs"}
BELOW = {
    "errors": set(),
    "epochs": set(),
    "schedules": set(),
    "lr_range": {"plots"},
    "losses": set(),
    "plots": set(),
    "layers": set(),
    "groups": set(),
    "optimizers": {"schedules"},
    "models": {"layers", "groups"},
    "data": {"layers", "plots"},
    "interpret": {"plots"},
    "callbacks": {"optimizers", "schedules", "lr_range", "groups", "interpret", "plots"},
    "run_folder": {"interpret", "plots"},
}


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "kerasdl":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("kerasdl.")}
    return found


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_down(file):
    room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room != "__init__":
        assert imports(file) - {room} <= BELOW[room] | GROUND
    tensorflow = "import tensorflow" in file.read_text()
    assert not tensorflow or room in {"data", "callbacks", "run_folder"}
