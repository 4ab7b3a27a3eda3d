"""The API pages: one for each namespace, and one for each class and function in its `__all__`.

They are written into `docs/api` before Sphinx reads, and say what the docstrings say.
"""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
from sphinx.application import Sphinx
from sphinx.ext.napoleon import GoogleDocstring

ROOT = Path(__file__).parents[2]
SOURCES = "https://github.com/kerasdl/kerasdl/blob/main"


def namespaces(name: str = "kerasdl") -> Iterator[str]:
    """The package, the modules in its `__all__`, and the modules in theirs."""
    yield name
    for each in importlib.import_module(name).__all__:
        if inspect.ismodule(member(name, each)):
            yield from namespaces(f"{name}.{each}")


def member(namespace: str, name: str) -> Any:
    """What a namespace calls by a name."""
    return getattr(importlib.import_module(namespace), name)


def public_names() -> dict[str, Any]:
    """Everything in the `__all__` of a namespace, by its full name."""
    return {
        f"{namespace}.{name}": member(namespace, name)
        for namespace in namespaces()
        for name in importlib.import_module(namespace).__all__
    }


def is_data(each: Any) -> bool:
    """Types and constants, which stand on the page of their namespace."""
    return not (inspect.ismodule(each) or inspect.isclass(each) or inspect.isroutine(each))


def pages() -> dict[str, str]:
    """The reStructuredText of each page, by its name."""
    return {name: page_of_namespace(name) for name in namespaces()} | {
        name: page_of(name, each)
        for name, each in public_names().items()
        if not (inspect.ismodule(each) or is_data(each))
    }


def page_of(name: str, each: Any) -> str:
    """The page of a class or a function. It is reached from that of its namespace: the menu lists namespaces only."""
    namespace, short = name.rsplit(".", 1)
    title = f"{namespace.removeprefix('kerasdl.')}.{short}" if namespace != "kerasdl" else name
    kind = "class" if inspect.isclass(each) else "function"
    back = f":doc:`{namespace} <{namespace}>`"
    members = "   :members:\n" if kind == "class" else ""
    # What a callback inherits are hooks.
    members += "   :inherited-members:\n" if kind == "class" and not issubclass(each, keras.callbacks.Callback) else ""
    return f":orphan:\n\n{title}\n{'=' * len(title)}\n\n{back}\n\n.. auto{kind}:: {name}\n{members}"


def page_of_namespace(namespace: str) -> str:
    """What a namespace is for, and the first sentences of everything in it."""
    own = {name: each for name, each in public_names().items() if name.rpartition(".")[0] == namespace}
    below = "".join(f"   {name}\n" for name, each in own.items() if inspect.ismodule(each))
    data = "".join(f".. autodata:: {name}\n\n" for name, each in own.items() if is_data(each))
    listed = "".join(f":py:obj:`~{name}`\n   {first_of(each)}\n\n" for name, each in own.items() if not is_data(each))
    title = f"{namespace}\n{'=' * len(namespace)}"
    menu = f".. toctree::\n   :hidden:\n\n{below}" if below else ""
    return f"{title}\n\n.. automodule:: {namespace}\n\n{listed}{data}{menu}"


def first_of(each: Any) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(each) or "").split("\n\n")[0].split())


def write_pages(app: Sphinx) -> None:
    """Write what has changed, and remove the pages of names that are gone."""
    folder = Path(app.srcdir) / "api"
    folder.mkdir(exist_ok=True)
    texts = pages()
    for name, text in texts.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    for path in folder.glob("*.rst"):
        if path.stem not in texts:
            path.unlink()


def show_constructors(_: Sphinx) -> None:
    """Keras gives its classes a `__new__(*args, **kwargs)`, which autodoc would show instead of the arguments."""
    for each in public_names().values():
        if inspect.isclass(each) and inspect.isfunction(each.__init__):
            whole = inspect.signature(each.__init__)
            each.__signature__ = whole.replace(parameters=list(whole.parameters.values())[1:])


def readable(_: Sphinx, __: str, ___: str, ____: Any, _____: Any, signature: str | None, returned: str | None) -> Any:
    """A default that is made anew for each object is no Python, which Sphinx would cut at every comma."""
    return signature and (signature.replace("<factory>", "..."), returned)


def is_foreign(_: Sphinx, __: str, ___: str, each: Any, skip: bool, ____: Any) -> bool | None:
    """What a class inherits from Keras or Python is not documented here."""
    each = each.fget if isinstance(each, property) else inspect.unwrap(each) if callable(each) else each
    skip = skip or type(each).__name__ == "_tuplegetter"  # a field, which the class describes
    module = getattr(each, "__module__", None)
    return True if skip or (module is not None and not module.startswith("kerasdl")) else None


def describe(app: Sphinx, what: str, name: str, _: Any, __: Any, lines: list[str]) -> None:
    """Papers become links, words that end in an underscore do not.

    Napoleon believes that the words before a colon are a type in attributes and below `Returns:`; they are not.
    """
    text = re.sub(r"^ *(?:>>>|\.\.\.).*|`[^`]*`|\w_(?!\w)", escaped, "\n".join(lines), flags=re.MULTILINE)
    text = re.sub(r"\barXiv:(\d{4}\.\d{4,5})", r"`\g<0> <https://arxiv.org/abs/\1>`__", text)
    text = re.sub(r"^( *Returns:\n +)", r"\1: ", text, flags=re.MULTILINE)
    lines[:] = text.split("\n")
    if what in ("attribute", "property", "data"):
        lines[:] = ["..", "", *GoogleDocstring(lines, app.config, app, "method", name).lines()]


def escaped(found: re.Match[str]) -> str:
    """The end of a word in an underscore; examples and code stay."""
    return found[0] if len(found[0]) > 2 or "`" in found[0] else f"{found[0][0]}\\_"


def source_of(module: str, name: str) -> str | None:
    """The address of the file that defines a name."""
    each: Any = importlib.import_module(module)
    for part in name.split("."):
        each = getattr(each, part, None)
    each = each.fget if isinstance(each, property) else each
    try:
        path = Path(inspect.getsourcefile(inspect.unwrap(each))).relative_to(ROOT)
    except (TypeError, ValueError):  # a constant, or defined elsewhere
        return None
    return f"{SOURCES}/{path}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("builder-inited", write_pages)
    app.connect("builder-inited", show_constructors)
    app.connect("autodoc-process-docstring", describe, priority=400)
    app.connect("autodoc-process-signature", readable)
    app.connect("autodoc-skip-member", is_foreign)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
