"""Without an optional package, the error of whatever needs it names the extra that installs it."""

import kerasdl  # isort: skip
import re
import sys
from configparser import ConfigParser
from pathlib import Path

import numpy as np
import pytest
from kerasdl import interpret, runs
from kerasdl.data import images, music, series, tabular
from kerasdl.launch.on_ray import RayCluster
from kerasdl.models.pretrained import published_file
from kerasdl.models.weight_files import read_safetensors
from kerasdl.optional import EXTRAS, import_optional

# The distribution of a module, where the names differ.
DISTRIBUTIONS = {"ai_edge_litert": "ai-edge-litert", "sklearn": "scikit-learn"}
GET_A_DATAFRAME = (
    "data/series/forecasts.py",
    "data/series/time_cycles.py",
    "data/series/time_stamps.py",
    "data/series/time_table.py",
    "data/tabular/cells.py",
    "data/tabular/columns.py",
    "data/tabular/dates.py",
)


@pytest.mark.parametrize("package", EXTRAS)
def test_the_extra_holds_the_package(package):
    config = ConfigParser()
    config.read(Path(__file__).parents[1] / "setup.cfg")
    extra = config["options.extras_require"][EXTRAS[package]]
    assert DISTRIBUTIONS.get(package, package) in extra.replace("\n", " ").split()


def test_the_message_is_a_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(
        ModuleNotFoundError,
        match=r'^sklearn is not installed: pip install "kerasdl\[recipes\]". Received: import sklearn.datasets$',
    ):
        import_optional("sklearn.datasets")


def test_a_package_that_lacks_another_one_says_so_itself(tmp_path, monkeypatch):
    (tmp_path / "tyro.py").write_text("import no_such_package")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "tyro", raising=False)
    with pytest.raises(ModuleNotFoundError, match="^No module named 'no_such_package'$"):
        import_optional("tyro")


@pytest.mark.parametrize(
    "use",
    [
        lambda path: tabular.from_csv(path, "y"),
        lambda path: tabular.from_frame([[1]], "y"),
        lambda path: tabular.read_csv(path),
        lambda path: tabular.predict(None, [[1]]),
        lambda path: tabular.raw_inputs([[1]], {}),
        lambda path: series.from_csv(path, target="y"),
        lambda path: series.from_frame([[1]], target="y"),
        lambda path: series.forecast(None, [[1]], target="y"),
        lambda path: series.mackey_glass(10),
        lambda path: images.from_csv(path, "y"),
        lambda path: images.from_frame([[1]], "y"),
    ],
)
def test_tables_without_pandas_name_the_extra(use, tmp_path, monkeypatch):
    (tmp_path / "table.csv").write_text("x,y\n1,2\n")
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match=r'pandas is not installed: pip install "kerasdl\[tables\]"'):
        use(tmp_path / "table.csv")


@pytest.mark.parametrize(
    ("package", "use"),
    [
        ("tyro", lambda folder: runs.run_recipe(print, runs.Options)),
        ("rich", lambda folder: runs.run_recipe(print, runs.Options)),
        ("tyro", lambda folder: runs.positional()),
        ("rich", lambda folder: runs.RunFolder(folder).finish({}, train_seconds=1.0)),
        ("sklearn", lambda folder: runs.load_images(runs.ImageData(), seed=0)),
        ("sklearn", lambda folder: interpret.Classification(np.eye(2), np.array([0, 1]), "ab").f1),
        ("sklearn", lambda folder: interpret.Tagging(np.eye(2), np.eye(2), "ab").f1),
        ("scipy", lambda folder: interpret.Classification(np.eye(2), np.array([0, 1]), "ab").temperature),
        ("ray", lambda folder: RayCluster("auto", workers=1)),
        ("huggingface_hub", lambda folder: published_file("resnet18")),
        ("mido", lambda folder: music.midi_bytes([[60]])),
        ("safetensors", lambda folder: read_safetensors(folder / "resnet18.safetensors")),
    ],
)
def test_other_packages_name_their_extra(package, use, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, package, None)
    extra = EXTRAS[package]
    with pytest.raises(ModuleNotFoundError, match=rf'{package} is not installed: pip install "kerasdl\[{extra}\]"'):
        use(tmp_path)


def test_no_optional_package_is_imported_without_its_extra_in_the_error():
    """Except in modules whose functions get a DataFrame or a part of one, so that pandas is there."""
    root, found = Path(kerasdl.__file__).parent, set()
    for file in root.rglob("*.py"):
        code = re.sub(r"^if TYPE_CHECKING:\n(?: +.*\n)+", "", file.read_text(), flags=re.MULTILINE)
        packages = re.findall(r"^ *(?:import|from) (\w+)", code, flags=re.MULTILINE)
        found |= {(package, file.relative_to(root).as_posix()) for package in packages if package in EXTRAS}
    assert found == {("pandas", module) for module in GET_A_DATAFRAME}
