"""Code that is a public name becomes a link to its page, and its page leads to those of the guide that mention it."""

from functools import cache

import api_pages
import guide_pages
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


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
            mentions_of(app.env).setdefault(page, set()).add((about(code, page), name))


def about(code: nodes.literal, page: str) -> str:
    """The page that a name is mentioned for: in the list of the guide the one that its item leads to."""
    item = code.parent
    while item is not None and not isinstance(item, nodes.list_item):
        item = item.parent
    link = item.next_node(pending_xref) if page == "README" and item is not None else None
    return page if link is None else link["reftarget"]


def mentions_of(env: BuildEnvironment) -> dict[str, set[tuple[str, str]]]:
    """What each page mentions, with the page that it does so for; kept with what else Sphinx knows of the pages."""
    return env.__dict__.setdefault("kerasdl_mentions", {})


def forget(_: Sphinx, env: BuildEnvironment, page: str) -> None:
    """A page will be read again."""
    mentions_of(env).pop(page, None)


def lead_to_guide(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Below the title of a public name, the pages of the guide that mention it."""
    pairs, name = set().union(*mentions_of(app.env).values()), page.removeprefix("api/")
    found = [each for each in guide_pages.listed() if (each, name) in pairs]
    if page.startswith("api/") and found:
        line = nodes.paragraph("", "In the guide: ")
        for place, each in enumerate(found):
            address = app.builder.get_relative_uri(page, each)
            line += [
                nodes.Text(", " if place else ""),
                nodes.reference("", app.env.titles[each].astext(), refuri=address),
            ]
        next(doctree.findall(nodes.title)).parent.insert(1, line)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("env-purge-doc", forget)
    app.connect("doctree-read", link_names)
    app.connect("doctree-resolved", lead_to_guide)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
