"""The settings of the site that `make docs` builds with Sphinx; what it makes by itself is in `extensions/`."""

import os
import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent), str(DOCS / "extensions"), str(DOCS / "figures")]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import kerasdl  # noqa: E402 -- it lies in the folder above

project = "kerasdl"
author = project_copyright = "The kerasdl developers"
version = release = kerasdl.__version__
extensions = [
    *("myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.linkcode"),
    *("sphinx.ext.githubpages", "sphinx_copybutton", "api_pages", "code_links", "guide_pages", "gallery_cards"),
]
exclude_patterns = ["_static", "extensions", "figures"]

# Single backticks in docstrings are code; `code_links` makes a link of it if it is a public name.
default_role = "literal"
# Types in signatures: those that are not in an `__all__`, and those of other packages, have no page.
nitpick_ignore_regex = [("py:class", ".*")]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # `make notebooks` runs them

autodoc_typehints = "description"
autodoc_typehints_format = "short"
autodoc_inherit_docstrings = False  # Keras describes its hooks
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
add_module_names = False
maximum_signature_line_length = 60
copybutton_exclude = ".linenos, .gp, .go"  # without prompts and outputs

html_theme = "furo"
html_title = f"{project} {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072b2", "color-brand-content": "#0072b2"},
    "dark_css_variables": {"color-brand-primary": "#56b4e9", "color-brand-content": "#56b4e9"},
    "footer_icons": [],
}


def linkcode_resolve(_: str, info: dict[str, str]) -> str | None:
    """Where the source of a name is read."""
    import api_pages

    return api_pages.source_of(info["module"], info["fullname"])
