"""Answers, and what is known of a run, as HTML: all text is escaped, names and texts come from anywhere."""

import re
from base64 import b64encode
from collections.abc import Iterable

import numpy as np
from kerasdl.app.answer import Answer
from kerasdl.app.trained import Trained
from kerasdl.errors import BadInput
from kerasdl.export import has_tags
from kerasdl.runs.markup import Markup, joined, tag
from kerasdl.runs.readable import in_line, readable
from kerasdl.runs.report_limits import limits
from kerasdl.runs.run_files import RunFiles

# Of the classes, those that a card shows.
MOST_CLASSES = 6
# Of the heaviest word; below it a word is not coloured.
FAINTEST = 0.03

STYLE = """
.gradio-container .html-container { padding: 0 !important; }
.answer { border: 1px solid var(--border-color-primary); border-radius: .6rem; padding: 1rem; margin: 0 0 1rem;
  overflow-wrap: anywhere; }
.answer h3 { font-size: 1rem; margin: 0 0 .75rem; font-weight: 600; }
.answer p, .answer li { font-size: .9rem; line-height: 1.5; margin: .4rem 0; }
.answer ul, .facts ul { padding-left: 1.2rem; margin: .5rem 0 0; list-style: disc; }
.facts li { font-size: .9rem; line-height: 1.5; margin: .3rem 0; max-width: 46rem; }
.share { display: grid; grid-template-columns: minmax(3rem, 36%) 1fr 5rem; gap: .75rem; align-items: center;
  margin: .35rem 0; font-size: .9rem; }
.share i { display: block; height: .6rem; border-radius: .3rem; background: var(--border-color-primary); }
.share i b { display: block; height: 100%; border-radius: .3rem; background: #0072b2; }
.share:first-of-type { font-weight: 650; }
.share span:last-child, .tiles b { font-variant-numeric: tabular-nums; }
.share span:last-child { text-align: right; white-space: nowrap; }
.picture { margin: 1rem 0 0; }
.picture img { background: white; border-radius: .4rem; padding: .4rem; max-width: 100%; height: auto; }
.picture figcaption { font-size: .85rem; opacity: .75; margin-bottom: .4rem; }
.words { white-space: pre-wrap; }
.words span { border-radius: .2rem; padding: .1em 0; }
.words .for { background: rgb(209 73 91 / var(--weight)); }
.words .against { background: rgb(31 119 180 / var(--weight)); }
.scroll { overflow-x: auto; max-height: 24rem; }
.scroll :is(table, thead, tbody, tr) { border: 0; }
.scroll table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
.scroll :is(th, td) { padding: .25rem 1rem .25rem 0; text-align: left; white-space: nowrap; border: 0;
  border-bottom: 1px solid var(--border-color-primary); }
.problem { border-left: .3rem solid #d55e00; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: .75rem 0; }
.tiles div { border: 1px solid var(--border-color-primary); border-radius: .6rem; padding: .6rem .9rem; }
.tiles span { display: block; font-size: .8rem; opacity: .75; }
.tiles b { font-size: 1.2rem; }
"""


def answers(given: Iterable[Answer]) -> str:
    """The cards of answers.

    Example:
        >>> "90.00 %" in answers([Answer("a.jpg", {"cat": 0.9})])
        True
    """
    return inert(joined(*map(_card, given)))


def problem(message: str) -> str:
    """A card with a message instead of an answer.

    Example:
        >>> "&lt;b&gt;" in problem("No such column: <b>")
        True
    """
    return inert(tag("div", tag("p", message), class_="answer problem", role="alert"))


def heading(trained: Trained, asked: str) -> str:
    """What the page is about.

    Args:
        trained: The run.
        asked: What it asks for.
    """
    return inert(joined(tag("h1", f"Try {trained.path.resolve().name}"), tag("p", asked)))


def facts(trained: Trained) -> str:
    """The figures of a run with their intervals, and what it cannot tell."""
    return inert(tag("div", tag("h2", "What this model cannot tell"), *_facts(trained), class_="facts"))


def inert(markup: Markup) -> str:
    """Markup in which no template has its marks: Gradio reads the value of an HTML component as one.

    Example:
        >>> inert(tag("p", "${1 + 1} {{value}}"))
        '<p>&#36;&#123;1 + 1&#125; &#123;&#123;value&#125;&#125;</p>'
    """
    return re.sub("[{}$`@]", lambda mark: f"&#{ord(mark[0])};", markup)


def _card(answer: Answer) -> Markup:
    shares = [_share(name, each) for name, each in list(answer.probabilities.items())[:MOST_CLASSES]]
    if more := len(answer.probabilities) - len(shares):
        shares.append(tag("p", f"and {more} less probable ones"))
    pictures = [_picture(caption, png) for caption, png in answer.pictures.items()]
    title = [tag("h3", answer.name)] if answer.name else []
    remarks = [tag("ul", *(tag("li", each) for each in answer.remarks))] if answer.remarks else []
    return tag("div", *title, *shares, *_words(answer), *pictures, *_table(answer), *remarks, class_="answer")


def _share(name: str, probability: float) -> Markup:
    # The digits that recipes/predict.py prints.
    percent = f"{100 * round(probability, 4):.2f}"
    bar = tag("i", tag("b", style=f"width: {percent}%"))
    return tag("div", tag("span", name), bar, tag("span", f"{percent} %"), class_="share")


def _table(answer: Answer) -> list[Markup]:
    if not answer.table:
        return []
    header, *rows = answer.table
    head = tag("tr", *(tag("th", cell, scope="col") for cell in header))
    lines = [tag("tr", *(tag("td", cell) for cell in row)) for row in rows]
    return [tag("div", tag("table", tag("thead", head), tag("tbody", *lines)), class_="scroll", tabindex=0)]


def _words(answer: Answer) -> list[Markup]:
    heaviest = max((abs(weight) for _, weight in answer.words), default=0.0)
    if not heaviest > 0 or not np.isfinite(heaviest):
        return []
    spans = [_word(word, weight / heaviest) for word, weight in answer.words]
    name = next(iter(answer.probabilities))
    said = f"Without the red words “{name}” would be less probable, without the blue ones more."
    return [tag("p", *spans, class_="words", dir="auto"), tag("p", said)]


def _word(word: str, share: float) -> Markup:
    if abs(share) < FAINTEST:
        return tag("span", word)
    return tag("span", word, class_="for" if share > 0 else "against", style=f"--weight: {0.75 * abs(share):.2f}")


def _picture(caption: str, png: bytes) -> Markup:
    image = tag("img", src=f"data:image/png;base64,{b64encode(png).decode()}", alt=caption)
    return tag("figure", tag("figcaption", caption), image, class_="picture")


def _facts(trained: Trained) -> list[Markup]:
    count, sentences = len(trained.classes), []
    if count and has_tags(trained.model):
        sentences.append(f"It knows {count} tags, and no other.")
    elif count:
        sentences.append(f"It knows {count} classes, and answers with them whatever it is given: it cannot say “none”.")
    try:
        run = RunFiles.of(trained.path)
    except BadInput as error:
        return [tag("p", str(error))]
    if warning := run.metrics.get("warning"):
        sentences.insert(0, str(warning))
    sentences += limits(run)
    tiles = [
        tag("div", tag("span", f"validation {in_line(name)}"), tag("b", readable(name, each, run.interval(name))))
        for name, each in run.valid.items()
    ]
    listed = tag("ul", *(tag("li", each) for each in sentences))
    return [*([tag("div", *tiles, class_="tiles")] if tiles else []), listed]
