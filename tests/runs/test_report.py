"""The page is parsed, as a browser would: balanced, self-contained, and no hostile name becomes markup."""

import base64
import json
import os
from html.parser import HTMLParser

import numpy as np
import pytest
from kerasdl import plots
from kerasdl.errors import BadInput
from kerasdl.runs import RunFolder, report
from kerasdl.runs.markup import Markup, tag

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Elements with their attributes, and the text between them."""

    def __init__(self, html):
        super().__init__()
        self.open, self.elements, self.texts = [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, text):
        if self.open and self.open[-1] not in ("script", "style"):
            self.texts.append(text)

    @property
    def text(self):
        return " ".join(self.texts)

    def of(self, name):
        return [attributes for element, attributes in self.elements if element == name]


def stands_alone(page):
    """Nothing is fetched: pictures are embedded, links stay in the page, and the policy forbids all else."""
    (policy,) = (each["content"] for each in page.of("meta") if "http-equiv" in each)
    assert "default-src 'none'" in policy
    for name, attributes in page.elements:
        assert not attributes.get("src", "data:image/png;base64,").startswith(("http", "/", "file")), name
        assert attributes.get("href", "#").startswith("#")
        assert not any(each.startswith("on") for each in attributes)
    return page


@pytest.fixture
def run(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.write_config({"data": "pets", "out": str(tmp_path), "epochs": 2, "deterministic": True})
    return run


def finish(run, **more):
    run.finish({"accuracy": 0.9, "loss": 0.25}, train_seconds=75.0, **more)
    return stands_alone(Page((run.path / "report.html").read_text("utf-8")))


def test_all_that_a_run_wrote_is_on_its_page(run):
    run.save_figure("confusion", plots.confusion(np.eye(2), ["a", "b"]))
    for name in ("data", "head_lr_range", "curves", "something_new"):
        (run.path / f"{name}.png").write_bytes((run.path / "confusion.png").read_bytes() + name.encode())
    run.save_text("data", "two of them")
    for name, text in (("generated", "To be < or not"), ("head_dead_units", "stem: 3 of 8"), ("summary", "9 weights")):
        run.save_text(name, text)
    run.save_page("words", "<h1>heavy words</h1>")
    for stage in ("head", "whole"):
        run.save_history(stage, {"loss": [2.0, 1.0], "val_loss": [2.0, 1.5], "accuracy": [0.5, 0.75]})
    (run.path / "model.keras").write_bytes(bytes(3 * 2**20))
    more = {"intervals": {"accuracy": [0.85, 0.94]}, "warning": "It is no better than a guess.", "valid_images": 100}
    page = finish(run, peak_lr=0.01, test_accuracy=0.875, **more)
    embedded = [base64.b64decode(each["src"].partition(",")[2]) for each in page.of("img")]
    assert sorted(embedded) == sorted(file.read_bytes() for file in run.path.glob("*.png"))
    assert all((int(each["width"]), int(each["height"])) > (99, 99) for each in page.of("img"))
    assert [each["srcdoc"] for each in page.of("iframe")] == ["<h1>heavy words</h1>"]
    for said in (
        "90.0 %", "(85.0 to 94.0)", "87.50 %", "0.25", "It is no better than a guess.", "two of them", "To be < or not",
        "trained for 1 min 15 s", "The new head alone", "The whole network", "3.0 MiB", "Peak LR", "0.01", "pets",
        "Head: learning-rate range test", "Something new.", "Keras 3.",
        "Validation has only 100 images: with others the figures would differ.",
        f"model = keras.models.load_model('{run.path / 'model.keras'}')",
    ):  # fmt: skip
        assert said in page.text, said
    assert len(page.of("svg")) == 4
    texts = ["To be < or not", "The new head alone", "stem: 3 of 8", "two of them", "model = keras", "9 weights"]
    assert sorted(texts, key=page.text.index) == texts
    order = ["data.png", "curves.png", "head_lr_range.png", "confusion.png", "something_new.png"]
    assert sorted(order, key=page.text.index) == [*order[3:], "curves.png", "head_lr_range.png", "data.png"]


def test_names_texts_and_numbers_of_strangers_are_text(run):
    evil = '"><script>alert(1)<'
    figure = plots.confusion(np.eye(2), ["a", "b"])
    figure.savefig(run.path / f"{evil}.png")
    (run.path / f"{evil}.txt").write_bytes(b"</pre><script>alert(2)</script>\xff\0")
    (run.path / f"{evil}.html").write_text("<script>alert(3)</script>")
    (run.path / f"{os.fsdecode(bytes([233]))}.txt").write_text("a name that is not UTF-8")
    run.write_config({evil: {evil: [evil]}, "columns": {evil: evil}})
    run.save_history(evil, {evil: [1.0], f"val_{evil}": [2.0]})
    (run.path / "no picture.png").write_text(evil)
    os.mkfifo(run.path / "pipe.txt")
    page = finish(run, warning=evil, **{evil: evil})
    assert len(page.of("script")) == 1
    assert [each["sandbox"] for each in page.of("iframe")] == [""]
    assert "alert(2)" in page.text
    assert "This picture is no PNG file." in page.text


def test_links_are_left_out(run, tmp_path):
    (tmp_path / "secret").write_text("my password")
    (run.path / "a.txt").symlink_to(tmp_path / "secret")
    assert "my password" not in finish(run).text


def test_options_that_differ_come_first_and_where_the_run_was_written_is_no_option(run):
    finish(run)
    about = {"command": "python recipes/tabular.py", "given": {"epochs": 2, "out": "/home/me/runs"}, "versions": {}}
    (run.path / "about.json").write_text(json.dumps(about))
    page = Page(report(run.path))
    said = page.text
    first = ("python recipes/tabular.py", "option that differs", "epochs", "All other options", "deterministic")
    assert sorted(first, key=said.index) == list(first)
    assert "/home/me" not in said


def test_a_run_that_is_not_finished_has_a_page(run):
    run.save_history("whole", {"loss": [1.0]})
    (run.path / "UNFINISHED.txt").write_text("To go on with it: python recipes/tabular.py")
    page = Page(report(run.path))
    assert "This run is not finished." in page.text
    assert "To go on with it" in page.text


def test_a_folder_of_no_run_and_damaged_files_are_named(run, tmp_path):
    with pytest.raises(BadInput, match="neither config.json nor metrics.json.*Received: "):
        report(tmp_path)
    for damaged in ("{", "[1]", "[" * 10**5, '{"a": ' + "9" * 5000 + "}"):
        (run.path / "metrics.json").write_text(damaged)
        with pytest.raises(BadInput, match="damaged, or no table.*Received: '.*metrics.json'"):
            report(run.path)


@pytest.mark.parametrize(
    "metrics",
    [
        {"valid": 3, "intervals": [1], "train_seconds": "long", "warning": 5},
        {"valid": {"accuracy": float("nan"), "loss": None, "a": {}}, "intervals": {"accuracy": [1, None]}},
        {"valid": {"accuracy": 10**400}, "valid_images": -3, "train_seconds": float("inf"), "skipped_images": True},
        {"intervals": {"accuracy": [1, 0]}, "valid": {"accuracy": 1e308, "loss": -1e308}, "recommended": [[]]},
    ],
)
def test_metrics_of_any_kind_are_no_obstacle(run, metrics):
    (run.path / "metrics.json").write_text(json.dumps(metrics))
    (run.path / "about.json").write_text('{"given": 3, "versions": [], "command": 5, "finished": {}}')
    assert Page(report(run.path)).of("h1")


def test_markup_escapes_all_but_markup():
    assert tag("p", "<b>", Markup("<br>"), 3, class_='"x"', hidden=True, id=None, aria_label="&") == (
        '<p class="&quot;x&quot;" hidden aria-label="&amp;">&lt;b&gt;<br>3</p>'
    )
    assert tag("img", src="a") == '<img src="a">'
