"""The notebooks of the guide: small, without outputs, ready for Colab, and right when they run from top to bottom."""

import ast
import json
import re
import sys
from configparser import ConfigParser
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import keras
import nbformat
import pytest
from nbclient import NotebookClient

from tests import examples

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "docs").glob("*.ipynb"))
SETUP = ConfigParser()
SETUP.read(ROOT / "setup.cfg")

all_notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_of(notebook: nbformat.NotebookNode) -> list[str]:
    """The code cells, without the commands of IPython."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return [re.sub(r"^( *)%.*$", r"\1pass", source, flags=re.MULTILINE) for source in cells]


def executed(notebook: nbformat.NotebookNode, folder: Path, names: list[str]) -> dict[str, Any]:
    """Runs all cells in a fresh kernel; the values of some names afterwards, which are numbers or text."""
    asked = nbformat.v4.new_code_cell(f"import json\nprint(json.dumps([{', '.join(names)}]))")
    notebook.cells.append(asked)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
    return dict(zip(names, json.loads(asked.outputs[-1].text), strict=True))


def outputs_of(notebook: nbformat.NotebookNode, mime: str) -> list[str]:
    """The sources of the cells that show something of that type."""
    return [
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and any(mime in output.get("data", {}) for output in cell.outputs)
    ]


def test_there_are_notebooks():
    assert [path.stem for path in NOTEBOOKS] == ["lesson1", "lesson_text"]


@all_notebooks
def test_a_notebook_is_valid_small_and_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert path.stat().st_size < 40_000
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


@all_notebooks
def test_a_notebook_opens_in_colab_and_installs_kerasdl_first(path):
    notebook = nbformat.read(path, as_version=4)
    url = SETUP["metadata"]["url"]
    colab = url.replace("https://github.com", "https://colab.research.google.com/github")
    assert f"]({colab}/blob/main/docs/{path.name})" in notebook.cells[0].source
    install = next(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert 'if importlib.util.find_spec("kerasdl") is None:' in install
    extras = re.search(rf'%pip install --quiet "kerasdl\[([\w,]+)\] @ git\+{re.escape(url)}"', install)[1]
    assert set(extras.split(",")) <= set(SETUP["options.extras_require"])


@all_notebooks
def test_a_notebook_imports_only_what_is_declared(path):
    """The extra docs is for IPython, which is there wherever a notebook runs."""
    code = "\n".join(code_of(nbformat.read(path, as_version=4)))
    nodes = list(ast.walk(ast.parse(code)))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    tops = {name.split(".")[0] for name in imported} - set(sys.stdlib_module_names) - {"kerasdl"}
    extras = SETUP["options.extras_require"]
    declared = [SETUP["options"]["install_requires"], extras["recipes"], extras["docs"]]
    names = {re.split(r"[ >=\[]", line.strip())[0] for lines in declared for line in lines.splitlines()}
    homes = packages_distributions()
    assert [top for top in sorted(tops) if not names & set(homes[top])] == []


@all_notebooks
def test_the_links_of_a_notebook_lead_to_files(path):
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    for file in re.findall(re.escape(SETUP["metadata"]["url"]) + r"/blob/main/([\w/.]+)", text):
        assert (ROOT / file).exists(), file


@pytest.mark.slow
def test_the_lesson_about_pictures(tmp_path):
    notebook = nbformat.read(ROOT / "docs/lesson1.ipynb", as_version=4)
    names = ["precomputed.accuracy", "plain.accuracy", "result.accuracy", "from_nothing.accuracy"]
    features, whole, averaged, scratch = executed(notebook, tmp_path, names).values()
    assert features > 0.88
    assert whole > max(features, scratch, 0.96)
    assert averaged > 0.96
    drawn = outputs_of(notebook, "image/png")
    assert len(drawn) == 14
    assert [source for source in drawn if "lr_find" in source or "confusion" in source or "show_top_losses" in source]


@pytest.mark.slow
def test_the_lesson_about_pictures_on_a_folder(tmp_path):
    for number in range(48):
        name = tmp_path / "pets" / ("cat", "dog")[number % 2] / f"{number}.png"
        name.parent.mkdir(parents=True, exist_ok=True)
        keras.utils.save_img(name, examples.photograph(number, number % 2, (32, 32)), scale=False)
    notebook = nbformat.read(ROOT / "docs/lesson1.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.source.startswith('DATA = ""'))
    # Without the download.
    for old, new in (('DATA = ""', 'DATA = "pets"'), ('weights="imagenet"', "weights=None")):
        cell.source = cell.source.replace(old, new)
    found = executed(notebook, tmp_path, ["plain.accuracy", "body.name"])
    assert found == {"plain.accuracy": 1, "body.name": "resnet18"}


@pytest.mark.slow
def test_the_lesson_about_texts(tmp_path):
    notebook = nbformat.read(ROOT / "docs/lesson_text.ipynb", as_version=4)
    names = ["result.perplexity", "network.accuracy", "ngrams.accuracy"]
    perplexity, network, ngrams = executed(notebook, tmp_path, names).values()
    assert perplexity < 50
    assert network > 0.55
    assert ngrams > 0.8
    assert len(outputs_of(notebook, "image/png")) == 10
    assert "word_page" in outputs_of(notebook, "text/html")[-1]
