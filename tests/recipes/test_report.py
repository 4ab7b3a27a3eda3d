"""The recipe for reports: that of one run is made anew, several are compared."""

import pytest

from tests.examples import write_run
from tests.recipes.test_image_classifier import run
from tests.runs.test_report import Page, stands_alone


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("small", "large"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        write_run(tmp_path / "runs" / name)
    return ["runs/small", "runs/large"]


def read(path):
    return stands_alone(Page(path.read_text("utf-8"))).text


def test_the_report_of_one_run_is_made_anew(folders, tmp_path, monkeypatch, capsys):
    page = tmp_path / "runs" / "small" / "report.html"
    page.write_text("an old one")
    (page.parent / "notes.txt").write_text("a text that was added")
    for options in ([], ["--out", page], ["--out", "copy.html"]):
        assert run("report", folders[0], *options, monkeypatch=monkeypatch) is None
    assert "a text that was added" in read(page)
    assert (tmp_path / "copy.html").read_bytes() == page.read_bytes()
    assert str(tmp_path) not in page.read_text()
    assert "keras.models.load_model('runs/small/model.keras')" in read(page)
    assert capsys.readouterr().out == f"runs/small/report.html\n{page}\ncopy.html\n"


def test_several_are_compared_on_a_page_of_their_own(folders, tmp_path, monkeypatch, capsys):
    for options, page in (([], "comparison.html"), (["--out", "both.html"], "both.html")):
        assert run("report", *folders, *options, monkeypatch=monkeypatch) is None
        assert capsys.readouterr().out == f"{page}\n"
        assert "2 runs compared" in read(tmp_path / page)
    assert not (tmp_path / "runs" / "small" / "report.html").exists()
