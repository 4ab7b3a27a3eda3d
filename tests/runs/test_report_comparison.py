import json

import pytest
from kerasdl.errors import BadInput
from kerasdl.runs import comparison
from kerasdl.runs.history import write_history
from kerasdl.runs.report_comparison import best, names_of

from tests.runs.test_report import Page, stands_alone


def written(path, config, valid, losses, **more):
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps(config))
    (path / "metrics.json").write_text(json.dumps({"valid": valid, "train_seconds": 3.0, **more}))
    write_history(path / "history.csv", {"head": {"val_loss": [9.0]}, "whole": {"val_loss": losses}})
    return path


@pytest.fixture
def paths(tmp_path):
    shared = {"data": "<pets>", "out": str(tmp_path), "columns": {"a": 1}}
    valid = {"accuracy": 0.9, "loss": 0.3}
    first = written(tmp_path / "a" / "one", {**shared, "epochs": 2}, valid, [1.0, 0.5], valid_rows=96)
    valid, more = {"accuracy": 0.8, "loss": 0.2}, {"valid_rows": 96, "intervals": {"accuracy": [0.7, 0.9]}}
    other = written(tmp_path / "b" / "one", {**shared, "epochs": 1, "dropout": 0.5}, valid, [0.75], **more)
    return [first, other]


def test_what_differs_what_came_of_it_and_which_is_best(paths, tmp_path):
    page = stands_alone(Page(comparison(paths)))
    rows = "|".join(page.texts).split("Options and facts that all share")
    assert rows[0].endswith(
        "Run|Accuracy|Loss|Training|epochs|dropout"
        "|a/one|90.00 %|0.3|3.0 s|2|None"
        "|b/one|80 % (70 to 90)|0.2|3.0 s|1|0.5|"
    )
    assert [each["class"] for each in page.of("td") if "best" in each.get("class", "")] == ["number best"] * 2
    assert "<pets>" in rows[1]
    assert str(tmp_path) not in page.text
    (points,) = (json.loads(each["data-points"]) for each in page.of("figure"))
    assert [each["text"] for each in points["series"]] == [["1", "0.5"], ["0.75"]]
    # Of 96 samples: half a width of 100 * 1.96 * sqrt(0.884 * 0.116 / 100) = 6.28 points, times the root of two.
    assert "With 96 validation samples, accuracies 8.9 points apart may differ by chance." in page.text


def test_runs_on_other_data_are_compared_with_care(paths, tmp_path):
    other = written(tmp_path / "c", {"data": "cars", "seed": 1}, {"rmse": 1.0}, [])
    assert (
        "The runs differ in data, seed, so they may have other validation samples"
        in Page(comparison([*paths, other])).text
    )


def test_the_direction_of_a_metric_is_in_its_name():
    values = [2.0, 1.0, None, 1.0, float("nan")]
    for name in ("loss", "rmse_price", "bits_per_character", "perplexity"):
        assert best(name, values) == [False, True, False, True, False]
    for name in ("accuracy", "f1", "r2"):
        assert best(name, values) == [True, False, False, False, False]
    assert not any(best("samples", values) + best("loss", [1.0, 1.0]) + best("loss", []))


def test_names_are_short_and_a_run_is_there_once(paths, monkeypatch, tmp_path):
    monkeypatch.chdir(paths[0])
    assert names_of([paths[0], paths[1] / "..", paths[0].parent]) == ["a/one", "b", "a"]
    for given in ([], paths[:1], [paths[0], paths[0].parent / ".." / "a" / "one"]):
        with pytest.raises(BadInput, match="Name at least two runs, each once"):
            comparison(given)
