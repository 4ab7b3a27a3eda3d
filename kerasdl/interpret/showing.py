"""How results show themselves: one line in print, and a picture with it in a notebook."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasdl.plots import Figure


def counted(count: int, one: str, many: str = "") -> str:
    """A number and its noun, in the singular or plural (`many`, by default with an s).

    Example:
        >>> counted(1, "sample"), counted(1200, "sample"), counted(2, "class", "classes")
        ('1 sample', '1,200 samples', '2 classes')
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def summary(result: Any, *sizes: str) -> str:
    """The class of a result, its sizes and its first three scores.

    Example:
        >>> summary(found, "200 samples", "2 classes")
        'Classification(200 samples, 2 classes: accuracy ..., loss ...)'
    """
    scores = list(result.scores.items())[:3] if len(result.targets) else []
    shown = ", ".join(f"{name} {short(value)}" for name, value in scores)
    return f"{type(result).__name__}({', '.join(sizes)}{': ' if shown else ''}{shown})"


def html(result: Any, draw: Callable[[], Figure]) -> str:
    """The summary of a result and a figure of it, for a notebook.

    Example:
        >>> html(found, lambda: kerasdl.plots.confusion(found.confusion, found.classes))
    """
    text = f"<p>{escape(repr(result))}</p>"
    if not len(result.targets):
        return text
    picture = b64encode(draw()._repr_png_()).decode()
    return f'{text}<img src="data:image/png;base64,{picture}" style="max-width: 100%">'


def short(value: float) -> str:
    """A number as a person would write it.

    Example:
        >>> short(48503.24), short(0.97512)
        ('48,503', '0.9751')
    """
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"
