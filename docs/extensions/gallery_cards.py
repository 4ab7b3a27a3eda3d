"""The cards of the gallery: pictures that lead to the pages that explain them."""

import os
from pathlib import Path

import gallery
import gallery_table
from gallery_table import FRONT, KEPT, Card, sections
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]


def folder_of(app: Sphinx) -> Path:
    """Where the pictures are drawn, beside what Sphinx keeps."""
    return Path(app.doctreedir) / "gallery"


def draw(app: Sphinx) -> None:
    """Draw the pictures, if none are there or what draws them is newer."""
    sources = [*ROOT.glob("kerasdl/**/*.py"), *ROOT.glob("docs/figures/*.py")]
    newest = max(source.stat().st_mtime for source in sources)
    oldest = min((each.stat().st_mtime for each in folder_of(app).glob("*")), default=0)
    if oldest < newest:
        gallery.draw(folder_of(app))


def card(app: Sphinx, each: Card) -> str:
    """A picture, its title and its function, in MyST."""
    if each.file in KEPT:
        path = f"figures/{each.file}.png"
    else:
        path = os.path.relpath(next(folder_of(app).glob(f"{each.file}.*")), app.srcdir)
    return f":::{{container}} card\n[![{each.title}]({path})]({each.page}.md)\n\n{each.title}: `{each.function}`\n:::\n"


def read(app: Sphinx, page: str, source: list[str]) -> None:
    """Add all cards to docs/gallery.md, and some to docs/index.md."""
    if page in ("gallery", "index"):
        app.env.note_dependency(gallery_table.__file__)
    if page == "gallery":
        for section, cards in sections().items():
            source[0] += f"\n## {section}\n\n{row(app, cards)}"
    elif page == "index":
        front = [each for cards in sections().values() for each in cards if each.file in FRONT]
        source[0] = source[0].replace("% cards", row(app, front))


def row(app: Sphinx, cards: list[Card]) -> str:
    """Cards side by side, as many as there is room for."""
    return "::::{container} cards\n" + "".join(card(app, each) for each in cards) + "::::\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("builder-inited", draw)
    app.connect("source-read", read, priority=600)  # after the links of the text
    return {"parallel_read_safe": True, "parallel_write_safe": True}
