"""What a wheel holds, read from setup.cfg the way setuptools reads it."""

import os
import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import kerasdl
import pytest

ROOT = Path(__file__).parents[1]
PYTHONS = re.findall(r":: Python :: (3\.\d+)$", (ROOT / "setup.cfg").read_text(), re.MULTILINE)


def test_every_folder_of_modules_is_a_package():
    folders = {path.parent for path in (ROOT / "kerasdl").rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_types_are_shipped():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert config["options.package_data"]["kerasdl"] == "py.typed, export/web/*"
    assert (ROOT / "kerasdl/py.typed").exists()


def test_the_citation_names_the_version():
    assert re.findall(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE) == [kerasdl.__version__]


def interpreter(version):
    """An installed Python of this version, with pip; or the test is skipped."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [*pyenv.glob(f"versions/{version}.*/bin/python"), shutil.which(f"python{version}")]
    for each in filter(None, candidates):
        if not subprocess.run([each, "-m", "pip", "--version"], capture_output=True).returncode:
            return each
    return pytest.skip(f"Python {version} is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("extras", ["dev,ray", "app"])
@pytest.mark.parametrize("version", PYTHONS)
def test_every_extra_installs(version, extras):
    """But for gpu, which adds libraries that know no Python; app wants another Pillow than dev."""
    options = ["--dry-run", "--ignore-installed", "--quiet", "--disable-pip-version-check"]
    command = [interpreter(version), "-m", "pip", "install", *options, f"{ROOT}[{extras}]"]
    done = subprocess.run(command, capture_output=True, text=True)
    if "Failed to establish a new connection" in done.stderr:
        pytest.skip("No package index is reached")
    assert done.returncode == 0, done.stderr[-2000:]
