from pathlib import Path

import pytest
from kerasdl.runs.report_limits import half_width, limits
from kerasdl.runs.run_files import RunFiles

ALWAYS = ["This is one training", "There are no test data", "The figures hold for data"]


def said(tmp_path, config=None, valid=None, **metrics):
    found = limits(RunFiles(tmp_path, config or {}, {"valid": valid or {}, **metrics}, {}, {}))
    assert all(each.endswith(".") for each in found)
    return found


@pytest.mark.parametrize(
    ("arguments", "begin"),
    [
        ({"valid_rows": 999}, "Validation has only 999 rows: with others the figures would differ"),
        (
            {"valid_images": 96, "valid": {"accuracy": 0.5}},
            "Validation has only 96 images: with others the accuracy could be 9.8",
        ),
        ({"intervals": {"loss": [1, 2]}, "valid": {"loss": 1.5}}, "The intervals tell what other validation samples"),
        ({"config": {"deterministic": False}}, "On this device the same seed does not give the same bits"),
        ({"skipped_images": 3}, "3 images could not be read"),
        ({"recommended": "ngrams"}, "The recommendation was chosen on the validation data"),
        ({"config": {"columns": {}}}, "Validation rows were drawn at random"),
        ({"config": {"lookback": 24}}, "The forecast holds for as long as"),
        ({"valid": {"accuracy": 0.5}}, "Probabilities were not compared"),
    ],
)
def test_a_sentence_is_there_if_it_applies_and_only_then(arguments, begin, tmp_path):
    assert any(each.startswith(begin) for each in said(tmp_path, **arguments))
    assert not any(each.startswith(begin) for each in said(tmp_path))


def test_what_is_no_limit_of_this_run_is_not_said(tmp_path):
    assert [any(each.startswith(begin) for each in said(tmp_path)) for begin in ALWAYS] == [True] * 3
    assert len(said(tmp_path)) == 3
    config = {"columns": {}, "group": "house", "deterministic": True, "lookback": 3}
    found = said(tmp_path, config, {"rmse": 1.0}, test_rmse=1.0, valid_rows=1000, skipped_images=0)
    assert [each[:16] for each in found] == ["This is one trai", "The forecast hol"]


@pytest.mark.parametrize("name", ["importance", "grad_cam", "words"])
def test_a_figure_brings_its_own(name, tmp_path):
    (tmp_path / f"{name}.png").touch()
    assert len(said(tmp_path)) == 4


def test_the_interval_of_a_share_is_that_of_agresti_and_coull():
    # 50 of 96: (50 + 2) / 100 = 0.52; 1.96 * sqrt(0.52 * 0.48 / 100).
    assert half_width(50 / 96, 96) == pytest.approx(1.96 * (0.52 * 0.48) ** 0.5 / 10)


def test_any_folder_is_looked_at():
    assert limits(RunFiles(Path("tests"), {}, {}, {}, {}))
