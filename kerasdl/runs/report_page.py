"""The page of a report, and what all its sections are made of."""

from collections.abc import Iterable, Mapping
from typing import Any

from kerasdl.runs.markup import Markup, joined, tag
from kerasdl.runs.report_chart import SCRIPT
from kerasdl.runs.report_style import style

# Nothing is fetched, whatever a text or a page of the run says.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'"

ENLARGE = """
for (const button of document.querySelectorAll(".picture button")) {
  button.addEventListener("click", () => {
    const isWhole = button.parentElement.classList.toggle("whole");
    button.setAttribute("aria-pressed", isWhole);
  });
}
"""


def page(title: str, *content: Any) -> str:
    """The page, which stands alone.

    Args:
        title: Of the browser's tab.
        *content: Elements.

    Example:
        >>> page("Report", tag("h1", "Report"))[:15]
        '<!DOCTYPE html>'
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Markup(style())),
    )
    body = tag("body", tag("main", *content), tag("script", Markup(SCRIPT + ENLARGE)))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def section(title: str, *content: Markup) -> Markup:
    """A section below its heading; nothing without content.

    Example:
        >>> section("Data", tag("p", "3 rows"))
        '<section id="data"><h2>Data</h2><p>3 rows</p></section>'
    """
    filled = [each for each in content if each]
    return tag("section", tag("h2", title), *filled, id=anchor(title)) if filled else Markup()


def anchor(title: str) -> str:
    """The name of a section in links.

    Example:
        >>> anchor("What was asked")
        'what-was-asked'
    """
    return title.lower().replace(" ", "-")


def table(rows: Mapping[str, Any], *, header: Iterable[str] = ()) -> Markup:
    """A table of names and values, which scrolls where the screen is narrow; nothing without rows.

    Example:
        >>> table({"epochs": 5})
        '<div class="scroll"><table><tbody><tr><th scope="row">epochs</th><td>5</td></tr></tbody></table></div>'
    """
    if not rows:
        return Markup()
    lines = [
        tag("tr", tag("th", name, scope="row"), *(tag("td", each) for each in _cells(value)))
        for name, value in rows.items()
    ]
    heads = [tag("th", name, scope="col") for name in header]
    head = [tag("thead", tag("tr", *heads))] if heads else []
    several = any(isinstance(value, tuple) for value in rows.values())
    body = tag("table", *head, tag("tbody", *lines), class_="several" if several else None)
    return tag("div", body, class_="scroll")


def _cells(value: Any) -> Iterable[Any]:
    return value if isinstance(value, tuple) else (value,)


def fold(title: str, *content: Markup) -> Markup:
    """What is shown after a click; nothing without content.

    Example:
        >>> fold("All options", tag("p", "epochs"))
        '<details><summary>All options</summary><p>epochs</p></details>'
    """
    filled = joined(*content)
    return tag("details", tag("summary", title), filled) if filled else Markup()
