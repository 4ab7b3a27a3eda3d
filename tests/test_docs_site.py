"""The site of documentation: the menu has every page, every public name has a page, and every link leads somewhere."""

import importlib
import json
import posixpath
import re
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from kerasdl import plots

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def part():
    """Imports what the site is made by."""
    pytest.importorskip("sphinx")
    folders = [str(DOCS / "extensions"), str(DOCS / "figures")]
    sys.path[:0] = folders
    yield importlib.import_module
    sys.path[:] = [path for path in sys.path if path not in folders]


def heading_anchors(text: str) -> set[str]:
    """GitHub's, of headings without code."""
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", outside, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# Sources


def test_every_page_is_in_the_menu_once(part):
    listed = part("guide_pages").listed()
    pages = {path.stem for path in [*DOCS.glob("*.md"), *DOCS.glob("*.ipynb")]}
    assert sorted(listed) == sorted(pages - {"README", "index", "gallery"})


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda page: page.name)
def test_every_linked_heading_exists(page):
    for path, anchor in re.findall(r"\]\(([^):#]*)#([^)]+)\)", page.read_text()):
        target = page.parent / path if path else page
        assert anchor in heading_anchors(target.read_text()), f"{path}#{anchor}"


def test_every_public_name_has_a_page(part):
    api_pages = part("api_pages")
    pages = api_pages.pages()
    assert "kerasdl.data.images" in pages
    for namespace in api_pages.namespaces():
        for name in importlib.import_module(namespace).__all__:
            full = f"{namespace}.{name}"
            assert full in pages or f".. autodata:: {full}\n" in pages[namespace], full
    # Some file systems take upper and lower case for the same.
    assert len({name.lower() for name in pages}) == len(pages)


def test_links_to_other_files_lead_to_the_repository(part):
    with_links = part("guide_pages").with_links
    assert with_links("[a](LICENSE) [b](docs/text.md#x)", "") == (
        "[a](https://github.com/kerasdl/kerasdl/blob/main/LICENSE) [b](text.md#x)"
    )
    assert with_links("[a](../setup.cfg) [b](text.md) [c](#x) [d](https://keras.io)", "docs") == (
        "[a](https://github.com/kerasdl/kerasdl/blob/main/setup.cfg) [b](text.md) [c](#x) [d](https://keras.io)"
    )


def test_code_that_is_a_public_name_is_found(part):
    meant = part("code_links").meant
    assert meant("callbacks.OneCycle(1e-2)", "") == "kerasdl.callbacks.OneCycle"
    assert meant("images.from_folder", "") == "kerasdl.data.images.from_folder"
    assert meant("from_csv", "kerasdl.data.text") == "kerasdl.data.text.from_csv"
    assert meant("from_csv", "") is meant("keras.layers.Dense", "") is None


def test_every_plot_has_a_card_in_the_gallery(part):
    cards = [card for listed in part("gallery_table").sections().values() for card in listed]
    assert {f"plots.{name}" for name in plots.__all__} - {"plots.Figure"} <= {card.function for card in cards}
    assert all((DOCS / f"{card.page}.md").exists() and part("code_links").meant(card.function, "") for card in cards)
    assert {*part("gallery_table").FRONT, *part("gallery_table").KEPT} <= {card.file for card in cards}
    assert all((DOCS / f"figures/{file}.png").exists() for file in part("gallery_table").KEPT)


# The site


@pytest.mark.slow
def test_the_site_documents_every_public_name(site, part):
    from sphinx.util.inventory import InventoryFile

    with (site / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", posixpath.join)
    found = {name: each for kind, names in inventory.items() if kind.startswith("py:") for name, each in names.items()}
    missing = {*part("api_pages").public_names(), *part("api_pages").namespaces()} - found.keys()
    assert not missing
    assert all((site / found[name].uri.split("#")[0]).exists() for name in part("api_pages").public_names())


@pytest.mark.slow
def test_every_link_of_the_site_leads_somewhere(site):
    pages = {path.resolve(): path.read_text() for path in site.rglob("*.html")}
    anchors = {path: {unescape(name) for name in re.findall(r'\bid="([^"]+)"', text)} for path, text in pages.items()}
    broken = set()
    for page, text in pages.items():
        for link in set(re.findall(r'\b(?:href|src)="([^"]+)"', text)):
            parts = urlsplit(unescape(link))
            if parts.scheme or parts.netloc:
                assert parts.scheme in ("https", "http", "data", "mailto"), link
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if not target.exists() or (parts.fragment and unquote(parts.fragment) not in anchors.get(target, ())):
                broken.add(f"{page.relative_to(site.resolve())}: {link}")
    assert len(pages) > 300
    assert not broken


@pytest.mark.slow
def test_the_gallery_and_the_search_have_what_they_promise(site, part):
    shown = set(re.findall(r'<img [^>]*src="_images/(\w+)\.\w+"', (site / "gallery.html").read_text()))
    assert {card.file for listed in part("gallery_table").sections().values() for card in listed} <= shown
    index = json.loads((site / "searchindex.js").read_text().removeprefix("Search.setIndex(").rstrip(")"))
    assert "OneCycle" in {each[-1] for each in index["objects"]["kerasdl.callbacks"]}
    text = (site / "api/kerasdl.callbacks.FlatCosine.html").read_text()
    assert re.search(r'In the guide: .*href="../schedules.html">One-cycle', text)
    assert (site / ".nojekyll").exists()
