"""Cards of answers: names and texts stay text, in HTML and in Gradio's templates."""

from dataclasses import replace
from html.parser import HTMLParser

from kerasdl.app import cards
from kerasdl.app.answer import Answer
from kerasdl.app.trained import Trained

from tests.examples import write_run
from tests.recipes.bad_input import earlier_run

HOSTILE = '<img src=x onerror="alert(1)">${alert(2)}{{alert}}@children'


class Page(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.text = set(), ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attributes)

    def handle_data(self, data):
        self.text += data


def test_names_and_texts_stay_text():
    answer = Answer(
        HOSTILE, {HOSTILE: 0.75, "b": 0.25}, [(HOSTILE, "x")], [(HOSTILE, 0.5)], {HOSTILE: b"png"}, [HOSTILE]
    )
    for written in (cards.answers([answer]), cards.problem(HOSTILE)):
        page = Page(written)
        assert HOSTILE in page.text
        assert not page.tags & {"script", "b" if "problem" in written else "script"}
        assert not {"{", "$", "@", "`"} & {*written}
    assert cards.answers([answer]).count("<img") == 1  # the picture


def test_probabilities_have_the_digits_of_predictions():
    page = Page(cards.answers([Answer("", {str(name): 0.12345 for name in range(8)})]))
    assert page.text.count("12.35 %") == page.text.count("12.34 %") + 6 or page.text.count("12.34 %") == 6
    assert "and 2 less probable ones" in page.text


def test_the_facts_of_a_run_and_what_it_cannot_tell(tmp_path):
    (tmp_path / "run").mkdir()
    write_run(tmp_path / "run")
    trained = Trained.of(earlier_run("images"))
    text = Page(cards.facts(replace(trained, path=tmp_path / "run"))).text
    for said in ("validation accuracy75.00 %", "It knows 2 classes", "Validation has only 40 rows"):
        assert said in text
