"""Code that is a public name becomes a link to its page: `callbacks.OneCycle` in the guide and in docstrings."""

from functools import cache

import api_pages
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx


@cache
def pages() -> frozenset[str]:
    """The public names."""
    return frozenset(api_pages.public_names())


def meant(code: str, namespace: str) -> str | None:
    """The public name that code on a page of a namespace means: "OneCycle(1e-2)" or "callbacks.OneCycle"."""
    name = code.split("(")[0]
    candidates = [name, f"kerasdl.{name}", f"kerasdl.data.{name}"] if "." in name else []
    candidates += [f"{namespace}.{name}"] if namespace else []
    return next((each for each in candidates if each in pages()), None)


def goes_on(code: nodes.literal) -> bool:
    """Whether it continues a list and means the same namespace, as the second in `callbacks.OneCycle`, `FlatCosine`."""
    before = code.previous_sibling()
    return isinstance(before, nodes.Text) and before.astext().strip(" \n") in (",", "and", "or", "to", ", and")


def link_names(app: Sphinx, doctree: nodes.document) -> None:
    """Wrap each code that is a public name into a reference; titles and links stay."""
    page = app.env.docname
    own, carried = page.removeprefix("api/").rsplit(".", 1)[0] if page.startswith("api/") else "", ""
    for code in list(doctree.findall(nodes.literal)):
        namespace = carried if goes_on(code) and not own else own
        inside = code.parent
        while inside is not None and not isinstance(inside, nodes.title | nodes.reference | pending_xref):
            inside = inside.parent
        name = meant(code.astext(), namespace)
        carried = name.rpartition(".")[0] if name else ""
        if inside is None and name and f"api/{name}" != page:
            options = {"refdomain": "py", "reftype": "obj", "reftarget": name, "refexplicit": True, "refdoc": page}
            code.replace_self(pending_xref("", code.deepcopy(), refwarn=True, **options))


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-read", link_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
