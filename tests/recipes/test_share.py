"""The recipe that writes a run as a repository of the Hub; predictions with what it wrote."""

from tests.recipes.bad_input import earlier_run
from tests.recipes.test_image_classifier import run


def test_predictions_of_a_shared_run_are_those_of_the_run(tmp_path, monkeypatch, capsys):
    shared = tmp_path / "shared"
    (tmp_path / "a.csv").write_text("area\n12.5\n40\n")
    assert run("share", earlier_run("table"), shared, monkeypatch=monkeypatch) is None
    assert capsys.readouterr().out == f"{shared}\n"
    printed = []
    for folder in (earlier_run("table"), shared):
        assert run("predict", folder, tmp_path / "a.csv", monkeypatch=monkeypatch) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] != ""
