"""The package as a whole: what importing it costs and does, and that imports point down."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

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


# By `import kerasdl` alone.
LOADED = ["arguments", "deprecation", "foreign_names", "layers", "losses", "optimizers", "schedules", "version"]


def test_namespaces_load_when_first_used():
    code = (
        "import sys, keras; before = set(sys.modules); import kerasdl; "
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before})); "
        "print(sorted(name for name in sys.modules if name.startswith('kerasdl.') and name.count('.') == 1)); "
        "kerasdl.plots; print('kerasdl.plots' in sys.modules)"
    )
    assert run(code).splitlines() == [
        "['kerasdl']",
        str([f"kerasdl.{name}" for name in LOADED]),
        "True",
    ]


def test_every_name_that_is_promised_is_there():
    for name in kerasdl.__all__:
        assert getattr(kerasdl, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = kerasdl.nothing


def test_a_module_promises_every_class_and_function_that_it_defines():
    for module in (kerasdl.errors, kerasdl.groups, kerasdl.losses, kerasdl.lr_range, kerasdl.schedules):
        own = {name for name, each in vars(module).items() if getattr(each, "__module__", "") == module.__name__}
        assert {name for name in own if not name.startswith("_")} <= set(module.__all__)


def test_the_old_name_of_runs_works_with_a_warning():
    with pytest.warns(DeprecationWarning, match=r"kerasdl.run_folder is deprecated.*use kerasdl.runs"):
        assert kerasdl.run_folder.RunFolder is kerasdl.runs.RunFolder


def test_names_that_users_import_work():
    from kerasdl.data import augment, features, images, mixing, sequences, series, tabular, text
    from kerasdl.data.augment import Augmentation, cifar, digits, light, resample, standard
    from kerasdl.data.features import Features, precompute
    from kerasdl.data.mixing import CutMix, MixUp

    sources = ("from_arrays", "from_csv", "from_folder", "from_frame", "from_pattern", "from_tfds")
    assert all(callable(getattr(images, name)) for name in sources)
    for wing in (tabular, series, text):
        assert callable(wing.from_csv)
        assert callable(wing.from_frame)
    assert all(
        callable(getattr(sequences, f"from_{name}")) for name in ("arrays", "audio", "csv", "frame", "npz", "ts")
    )
    assert all(callable(getattr(text, name)) for name in ("from_files", "from_folder", "from_texts", "from_tfds"))
    assert callable(series.mackey_glass)
    for module, names in (
        (augment, (Augmentation, cifar, digits, light, resample, standard)),
        (features, (Features, precompute)),
        (mixing, (CutMix, MixUp)),
    ):
        assert [getattr(module, each.__name__) for each in names] == list(names)
    exported = ("class_names", "image_classifier", "raw_columns", "series_model", "table_model", "target_names")
    assert [getattr(kerasdl.models, name) for name in exported] == [getattr(kerasdl.export, name) for name in exported]


def test_cpu_kernels_are_chosen_before_tensorflow_loads_and_a_choice_is_respected():
    """The import ends where it would load Keras, which takes seconds."""
    ask = """
import os, sys
sys.modules["keras"] = None
try:
    import kerasdl
except ImportError:
    print(os.environ.get("TF_ENABLE_ONEDNN_OPTS"))
"""
    assert run(ask) == "1"
    assert run(ask, TF_ENABLE_ONEDNN_OPTS="0") == "0"
    assert run(f"import sys; sys.modules['tensorflow'] = sys\n{ask}") == "None"


# What each room imports, and nothing else: an edge that nothing uses is an error, too. Arguments, errors, epochs,
# deprecation, optional packages and the version are the ground, which every room may import.
GROUND = {"arguments", "foreign_names", "errors", "epochs", "deprecation", "optional", "version"}
BELOW = {
    "arguments": set(),
    "foreign_names": set(),
    "errors": set(),
    "epochs": set(),
    "deprecation": set(),
    "optional": set(),
    "version": set(),
    "files": set(),
    "schedules": set(),
    "losses": set(),
    "outputs": set(),
    "plots": set(),
    "layers": set(),
    "families": set(),
    "precision": set(),
    "groups": {"families"},
    "model_summary": {"families", "groups", "layers", "precision"},
    "lr_range": {"plots"},
    "optimizers": {"schedules"},
    "distribute": {"optimizers"},
    "export": {"layers", "outputs"},
    "models": {"layers", "export", "families", "files"},
    "interpret": {"outputs", "plots"},
    "callbacks": {"optimizers", "schedules", "lr_range", "families", "groups", "files", "distribute"},
    "data": {"files", "plots", "distribute"},
    "data.tabular": {"data", "export", "files", "layers", "plots"},
    "data.images": {"data", "data.tabular", "export", "files", "layers", "plots"},
    "data.text": {"data", "data.tabular", "distribute", "export", "files", "layers", "losses", "plots"},
    "data.series": {"data", "data.tabular", "export", "layers", "plots"},
    "data.music": set(),
    "data.sequences": {"data", "data.tabular", "export", "files", "layers", "plots"},
    "data faces": {"data.images", "data.tabular", "data.text", "data.series", "data.sequences", "data.music"},
    "launch": set(),
    "app": {
        *("data.images", "data.sequences", "data.series", "data.tabular", "data.text", "export", "interpret"),
        *("layers", "plots", "runs"),
    },
    "serving": {
        *("app", "data.images", "data.sequences", "data.series", "data.tabular", "data.text", "export", "runs"),
    },
    "runs": {
        *("callbacks", "data", "data faces", "data.images", "data.sequences", "data.series", "data.tabular"),
        *("data.text", "distribute", "export", "files", "groups", "interpret", "layers", "lr_range", "models"),
        *("optimizers", "plots", "precision"),
    },
}
WINGS = {"images", "tabular", "text", "series", "sequences", "music"}
# Modules of data that are names for a wing or for a part of one.
DATA_FACES = {"", "augment", "mixing", "features"}


def room_of(module: str) -> str:
    """The room of "data.images.stores", a path below kerasdl; of "" the package root."""
    first, *rest = module.split(".")
    if first != "data":
        return first
    second = rest[0] if rest else ""
    return f"data.{second}" if second in WINGS else "data faces" if second in DATA_FACES else "data"


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")


def imports(file: Path) -> set[str]:
    """The modules below kerasdl that a file imports, "" for the root; `from x import y` is x.y if that is a module."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{file} has a relative import"
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "kerasdl":
            base = node.module.removeprefix("kerasdl").removeprefix(".")
            for alias in node.names:
                below = f"{base}.{alias.name}".removeprefix(".")
                path = PACKAGE / below.replace(".", "/")
                is_module = path.with_suffix(".py").is_file() or path.is_dir()
                # The face of a package may hold a function of its module's name.
                found.add(below if is_module and not (base and is_not_a_module(base, alias.name)) else base)
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.split(".")[0] == "kerasdl"]
            found |= {name.removeprefix("kerasdl").removeprefix(".") for name in names}
    return found


def is_not_a_module(package: str, name: str) -> bool:
    return not isinstance(getattr(importlib.import_module(f"kerasdl.{package}"), name, None), ModuleType)


FILES = sorted(file for file in PACKAGE.rglob("*.py") if file != PACKAGE / "__init__.py")


def test_imports_point_down_and_every_edge_is_used():
    edges: dict[str, set[str]] = {room: set() for room in BELOW}
    for file in FILES:
        room = room_of(module_of(file))
        assert "" not in imports(file), f"{file} imports the package root"
        edges[room] |= {room_of(module) for module in imports(file)} - {room} - GROUND
    assert edges == BELOW


def test_there_is_no_circle():
    rooms = dict(BELOW)
    while rooms:
        free = {room for room, below in rooms.items() if not below & set(rooms)}
        assert free, f"a circle among {sorted(rooms)}"
        rooms = {room: below for room, below in rooms.items() if room not in free}


def test_wings_are_entered_by_their_faces():
    """From outside data by any face, from another wing by that of tabular."""
    for file in FILES:
        room = room_of(module_of(file))
        wings = {f"data.{wing}" for wing in WINGS} - {room}
        entered = {each for each in imports(file) if room_of(each) in wings}
        if room in {"data", *(f"data.{wing}" for wing in WINGS)}:
            assert entered <= {"data.tabular"}, file
        elif room != "data faces":
            assert entered <= {f"data.{wing}" for wing in WINGS}, file


def test_tensorflow_appears_only_where_it_may():
    users = [file for file in FILES if re.search(r"(import|from) tensorflow", file.read_text())]
    # keras.ops has no strings, no gradients and no kernels of optimizers and normalization, and Keras does not know the
    # GPUs. Imported when it is called, so that layers and optimizers load without TensorFlow.
    called = ("text_rules.py", "acceleration.py", "gradients.py", "fused.py", "batch_normalization.py")
    rooms = {room_of(module_of(file)) for file in users if file.name not in called}
    assert rooms <= {"callbacks", "runs", "export", "distribute", "data", *(f"data.{wing}" for wing in WINGS)}


@pytest.mark.parametrize("file", sorted((PACKAGE.parent / "recipes").rglob("*.py")), ids=lambda file: file.name)
def test_recipes_import_faces_only(file):
    faces = {"", *(name for name in kerasdl.__all__ if name not in ("__version__", "lr_find", "summary"))}
    faces |= {f"data.{name}" for name in (*WINGS, *DATA_FACES - {""})}
    assert imports(file) <= faces
