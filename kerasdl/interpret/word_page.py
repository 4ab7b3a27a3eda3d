"""A page in HTML of texts whose words are coloured by their weight."""

from collections.abc import Iterable, Iterator
from html import escape

import numpy as np
from kerasdl.interpret.weighed_text import Method, WeighedText

# Of the heaviest word of its text; below it a word is not coloured.
FAINTEST = 0.03

_STYLE = """
:root { color-scheme: light dark; --for: 209 73 91; --against: 31 119 180; }
body { background: Canvas; color: CanvasText; font: 1rem/1.75 system-ui, sans-serif; margin: 0; }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 .5rem; }
header p { margin: 0 0 1rem; font-size: .875rem; line-height: 1.5; opacity: .8; }
.scale { display: flex; align-items: center; gap: .6rem; font-size: .875rem; white-space: nowrap; }
.scale i { flex: 0 1 11rem; height: .75rem; border-radius: .25rem;
  background: linear-gradient(to right, rgb(var(--against) / .75), transparent, rgb(var(--for) / .75)); }
article { border-top: 1px solid rgb(128 128 128 / .35); margin-top: 1.5rem; padding-top: 1rem; }
h2 { font-size: .875rem; font-weight: 400; margin: 0 0 .5rem; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
h2 b { font-weight: 650; }
article p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
span { border-radius: .2rem; padding: .1em 0; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.for { background: rgb(var(--for) / var(--weight)); }
.against { background: rgb(var(--against) / var(--weight)); }
"""


def word_page(
    texts: Iterable[WeighedText], title: str = "Which words weighed", *, method: Method = "leave_one_out"
) -> str:
    """Draw texts with words coloured by their weight: red for the predicted class, blue against it.

    Colours are relative to the heaviest word of each text; its tooltip gives the weight of a word. The page stands
    alone, in light or dark as the reader's browser is set.

    Args:
        texts: From `weighed_texts`.
        title: Title of the page.
        method: That of `weighed_texts`, which the page explains.

    Returns:
        The page; `RunFolder.save_page` writes it.

    Example:
        >>> text = WeighedText(["A", " good", " film"], np.array([0.0, 0.7, -0.1]), "positive", 0.9, "positive", 0.11)
        >>> Path("words.html").write_text(word_page([text]), encoding="utf-8")
    """
    articles = "\n".join(map(_article, texts))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<header>
<h1>{escape(title)}</h1>
<p>{_EXPLANATIONS[method]} Colours are relative to the heaviest word of each text.</p>
<div class="scale">against <i></i> for the predicted class</div>
</header>
{articles}
</main>
</body>
</html>
"""


_EXPLANATIONS: dict[Method, str] = {
    "leave_one_out": "Each word, or in a long text each short span of words, is left out in turn. Where the "
    "log-probability of the predicted class falls without it, it spoke for the class; where it rises, against it.",
    "integrated_gradients": "The weight of a word is what it adds to the log-probability of the predicted class on the "
    "way from embeddings of 0 to those of the text. Above 0 it spoke for the class, below 0 against it.",
}


def _article(text: WeighedText) -> str:
    facts = [f"<span>predicted <b>{escape(text.predicted)}</b> {text.probability:.1%}</span>"]
    facts += [f"<span>actual <b>{escape(text.actual)}</b></span>", f"<span>loss {text.loss:.2f}</span>"]
    return f'<article>\n<h2>{"".join(facts)}</h2>\n<p dir="auto">{"".join(_words(text))}</p>\n</article>'


def _words(text: WeighedText) -> Iterator[str]:
    weights = np.nan_to_num(text.weights)
    heaviest = np.abs(weights).max(initial=0)
    for word, weight in zip(text.words, weights, strict=True):
        bare = word.lstrip()
        if not bare or not abs(weight) >= FAINTEST * heaviest > 0:
            yield escape(word)
            continue
        side, strength = "for" if weight > 0 else "against", 0.75 * abs(weight) / heaviest
        yield escape(word[: len(word) - len(bare)])
        yield f'<span class="{side}" style="--weight:{strength:.2f}" title="{weight:+.3g}">{escape(bare)}</span>'
