"""What a wheel holds, read from setup.cfg the way setuptools reads it."""

import re
from configparser import ConfigParser
from pathlib import Path

import kerasdl

ROOT = Path(__file__).parents[1]


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
