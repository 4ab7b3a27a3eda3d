"""The page in Gradio: a form for what the model takes, and beside it the answers."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from kerasdl import runs
from kerasdl.app import cards
from kerasdl.app.answer import Answer
from kerasdl.app.images import answer_images
from kerasdl.app.sequences import answer_sequences, answer_sounds
from kerasdl.app.series import answer_series
from kerasdl.app.tables import answer_row, form
from kerasdl.app.texts import MOST_CHARACTERS, answer_text
from kerasdl.app.trained import Trained
from kerasdl.errors import BadInput
from kerasdl.optional import import_optional
from kerasdl.runs.markup import tag

ASKED: dict[runs.Kind, str] = {
    "images": "Drop pictures: the model says what they show, and where it looked.",
    "sounds": "Drop WAV files: the model says what it hears.",
    "sequences": "Drop a .ts, .npz or CSV file of sequences with the columns of the training.",
    "series": "Drop a CSV file with the columns of the training: the model forecasts the rows that follow.",
    "texts": "Type a text.",
    "table": "Fill in a row. The form starts with typical values; leave empty what is not known.",
}
# Of a table; the columns beyond keep their typical values.
MOST_FIELDS = 100
# Seconds after which an uploaded file is deleted.
KEPT = 600
_PICTURES = [".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp"]
_SEQUENCES = [".ts", ".npz", ".csv", ".tsv", ".txt"]


def page(trained: Trained) -> Any:
    """The page of a run, a `gradio.Blocks`; `serve` shows it.

    Args:
        trained: The run.

    Raises:
        ModuleNotFoundError: gradio is not installed.
    """
    gradio = import_gradio()
    title = f"Try {trained.path.resolve().name}"
    with gradio.Blocks(title=title, analytics_enabled=False, delete_cache=(KEPT, KEPT)) as blocks:
        gradio.HTML(cards.heading(trained, ASKED[trained.kind]))
        with gradio.Row():
            with gradio.Column():
                fields, answer, event = _form(gradio, trained)
            with gradio.Column():
                shown = gradio.HTML(elem_id="answers")
        gradio.HTML(cards.facts(trained))
        options = {"api_visibility": "private", "show_progress": "minimal"}
        for each in event:
            each(_answering(answer), fields, shown, **options)
    return blocks


def import_gradio() -> Any:
    """Gradio, without its reports to its makers.

    Raises:
        ModuleNotFoundError: gradio is not installed.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    return import_optional("gradio")


def _answering(answer: Callable[..., list[Answer]]) -> Callable[..., str]:
    """A function of what was filled in to HTML; what cannot be answered is a message."""

    def answered(*given: Any) -> str:
        try:
            return cards.answers(answer(*given))
        except BadInput as error:
            return cards.problem(str(error))
        except Exception as error:
            # The page goes on; who runs it sees the reason.
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return cards.problem("This cannot be answered: the reason is where the page was started.")

    return answered


def _form(gradio: Any, trained: Trained) -> tuple[list[Any], Callable[..., list[Answer]], list[Callable]]:
    """The fields, the function from what they hold to answers, and the events at which it is called."""
    if trained.kind == "table":
        return _fields(gradio, trained)
    if trained.kind == "texts":
        box = gradio.Textbox(label="Text", lines=5, max_lines=15, max_length=MOST_CHARACTERS)
        button = gradio.Button("Answer", variant="primary")
        return [box], lambda given: answer_text(trained, given or ""), [button.click, box.submit]
    several = trained.kind in ("images", "sounds")
    kinds = {"images": _PICTURES, "sounds": [".wav"], "series": [".csv", ".tsv", ".txt"], "sequences": _SEQUENCES}
    count = "multiple" if several else "single"
    drop = gradio.File(label="Files" if several else "File", file_count=count, file_types=kinds[trained.kind])

    def answer(given: Sequence[str] | str | None) -> list[Answer]:
        if not given:
            return []
        if trained.kind in ("images", "sounds"):
            names = [str(each) for each in given]
            return answer_images(trained, names) if trained.kind == "images" else answer_sounds(trained, names)
        return (answer_series if trained.kind == "series" else answer_sequences)(trained, str(given))

    return [drop], answer, [drop.change]


def _fields(gradio: Any, trained: Trained) -> tuple[list[Any], Callable[..., list[Answer]], list[Callable]]:
    known = form(trained)
    shown = list(known)[:MOST_FIELDS]
    with gradio.Row():
        fields = [_field(gradio, name, known[name]) for name in shown]
    if len(known) > len(shown):
        gradio.HTML(cards.inert(tag("p", f"{len(known) - len(shown)} more columns keep their typical values.")))
    button = gradio.Button("Answer", variant="primary")
    rest = {name: each.typical for name, each in known.items() if name not in shown}

    def answer(*cells: Any) -> list[Answer]:
        return answer_row(trained, rest | dict(zip(shown, cells, strict=True)))

    return fields, answer, [button.click]


def _field(gradio: Any, name: str, known: Any) -> Any:
    """A field for the values of a column."""
    options = {"label": name, "min_width": 140}
    if known.kind == "number":
        told = f"{known.low:g} to {known.high:g}" if known.low is not None else None
        typical = float(f"{known.typical:.6g}") if known.typical != "" else None
        return gradio.Number(typical, info=told, **options)
    if known.categories:
        first = known.categories[0]
        return gradio.Dropdown(list(known.categories), value=first, allow_custom_value=True, **options)
    told = f"{known.low[:10]} to {known.high[:10]}" if known.kind == "date" and known.low else None
    return gradio.Textbox(str(known.typical), info=told, max_length=1000, **options)
