"""The front page is the README, with the menu that docs/README.md lists; other files are read in the repository."""

import posixpath
import re
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
SOURCES = "https://github.com/kerasdl/kerasdl/blob/main"


def menu() -> dict[str, list[str]]:
    """The pages of docs/README.md under each of its headings, in order."""
    sections = re.split(r"^## (.+)\n", (ROOT / "docs/README.md").read_text(), flags=re.MULTILINE)[1:]
    pages = [re.findall(r"^- \[[^]]+\]\((\w+)\.(?:md|ipynb)\)", text, flags=re.MULTILINE) for text in sections[1::2]]
    return {heading: names for heading, names in zip(sections[::2], pages, strict=True) if names}


def listed() -> list[str]:
    """The pages of the menu."""
    return [name for names in menu().values() for name in names]


def toctrees() -> str:
    """The menu, as Sphinx reads it."""
    return "\n".join(
        f":::{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(names) + "\n:::\n"
        for caption, names in menu().items()
    )


def with_links(text: str, folder: str) -> str:
    """Markdown of a folder of the repository, read in docs/: what is no page of the site is read in the repository."""

    def there(link: re.Match[str]) -> str:
        path, _, anchor = link[1].partition("#")
        whole = posixpath.normpath(posixpath.join(folder, path))
        if not path or re.fullmatch(r"docs/(\w+\.(md|ipynb)|figures/\w+\.png)", whole):
            return f"]({whole.removeprefix('docs/') if path else ''}{'#' * bool(anchor)}{anchor})"
        return f"]({SOURCES}/{whole}{'#' * bool(anchor)}{anchor})"

    return re.sub(r"\]\((?!\w+:)([^)\s]+)\)", there, text)


def read(app: Sphinx, page: str, source: list[str]) -> None:
    """Put docs/index.md between the head of the README and its first heading; drop the tree of the repository."""
    if page != "index":
        source[0] = with_links(source[0], "docs") if app.env.doc2path(page).suffix == ".md" else source[0]
        return
    for name in ("README.md", "docs/README.md"):
        app.env.note_dependency(str(ROOT / name))
    head, rest = (ROOT / "README.md").read_text().split("\n## ", 1)
    rest = rest.split("\n## The tree")[0]
    parts = with_links(head, ""), source[0], f"## {with_links(rest, '')}", toctrees()
    source[0] = "\n\n".join(parts)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
