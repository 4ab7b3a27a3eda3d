"""Elements of HTML and SVG. Text is escaped, always: names and texts come from users, or from anywhere."""

from html import escape
from typing import Any

# Without an end tag.
_VOID = {"meta", "img", "br"}


class Markup(str):
    """Text that is markup already, and is not escaped again.

    Example:
        >>> tag("p", Markup("a<br>b"))
        '<p>a<br>b</p>'
    """

    __slots__ = ()


def tag(element: str, /, *content: Any, **attributes: Any) -> Markup:
    """An element with its attributes and content.

    Args:
        element: Its name.
        *content: Elements, and anything else as text.
        **attributes: Underscores stand for hyphens, and one at the end for nothing, as in `class_`. True is an
            attribute without a value; None and False are left out.

    Example:
        >>> tag("td", "<b>", class_="name", data_epoch=3)
        '<td class="name" data-epoch="3">&lt;b&gt;</td>'
    """
    written = [
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    ]
    end = "" if element in _VOID else f"</{element}>"
    return Markup(f"<{element}{''.join(written)}>{joined(*content)}{end}")


def joined(*content: Any) -> Markup:
    """Elements and texts one after the other.

    Example:
        >>> joined("a < b ", tag("b", "c"))
        'a &lt; b <b>c</b>'
    """
    return Markup("".join(each if isinstance(each, Markup) else escape(str(each)) for each in content))
