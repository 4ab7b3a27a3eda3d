import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_every_linked_file_exists():
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_every_named_file_of_the_repository_exists():
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for path in re.findall(r"(?<![\w/])(?:tests|recipes|benchmarks|docs)/[\w/]+\.\w+", document.read_text()):
            assert (ROOT / path).exists(), f"{document.name}: {path}"


def test_the_tree_lists_every_module():
    tree = README.split("\nkerasdl/\n")[1].split("\nrecipes/")[0]
    listed = {line.split()[0].rstrip("/") for line in tree.splitlines()}
    existing = {path.name for path in (ROOT / "kerasdl").iterdir() if not path.name.startswith("__")}
    assert listed == existing - {"py.typed"}
