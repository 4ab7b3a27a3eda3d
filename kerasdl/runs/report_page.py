"""The page of a report, and what all its sections are made of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kerasdl.runs.markup import Markup, joined, tag
from kerasdl.runs.readable import readable
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


def table(rows: Mapping[str, Any], *, header: Sequence[str] = ()) -> Markup:
    """A table of names and values, which scrolls where the screen is narrow; nothing without rows.

    Example:
        >>> table({"epochs": 5})
        '<div class="scroll"><table><tbody><tr><th scope="row">epochs</th><td>5</td></tr></tbody></table></div>'
    """
    lines = [tag("tr", tag("th", name, scope="row"), tag("td", value)) for name, value in rows.items()]
    return grid(heads_of(header), lines) if lines else Markup()


def grid(heads: Sequence[Markup], lines: Sequence[Markup], **attributes: Any) -> Markup:
    """A table of given cells, which scrolls where the screen is narrow.

    Example:
        >>> grid([], [tag("tr", tag("td", 1))], class_="several")
        '<div class="scroll"><table class="several"><tbody><tr><td>1</td></tr></tbody></table></div>'
    """
    head = [tag("thead", tag("tr", *heads))] if heads else []
    return tag("div", tag("table", *head, tag("tbody", *lines), **attributes), class_="scroll")


def heads_of(names: Iterable[str], **attributes: Any) -> list[Markup]:
    """Headers of columns.

    Example:
        >>> heads_of(["loss"])
        ['<th scope="col">loss</th>']
    """
    return [tag("th", name, scope="col", **attributes) for name in names]


def fold(title: str, *content: Markup) -> Markup:
    """What is shown after a click; nothing without content.

    Example:
        >>> fold("All options", tag("p", "epochs"))
        '<details><summary>All options</summary><p>epochs</p></details>'
    """
    filled = joined(*content)
    return tag("details", tag("summary", title), filled) if filled else Markup()


def number(name: str, value: float | None, interval: Any = None, *, is_best: bool = False) -> Markup:
    """A cell with the value of a metric; empty if it has none.

    Example:
        >>> number("accuracy", 0.9)
        '<td class="number">90.00 %</td>'
    """
    said = "" if value is None else readable(name, value, interval)
    return tag("td", said, class_="number best" if is_best else "number", title="the best" if is_best else None)
