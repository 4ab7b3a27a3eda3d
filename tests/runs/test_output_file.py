from pathlib import Path

import pytest
from kerasdl.errors import BadInput
from kerasdl.runs import RunFolder, check_output


def test_what_was_read_and_what_a_run_wrote_are_safe(tmp_path):
    read = tmp_path / "people.csv"
    read.write_text("age\n")
    (tmp_path / "link.csv").symlink_to(read)
    run = RunFolder(tmp_path / "run")
    run.write_config({})
    (run.logs / "train").mkdir()
    for path, message in (
        (read, "would overwrite its input: choose another file"),
        (tmp_path / "link.csv", "would overwrite its input"),
        (run.path / "config.json", "belongs to a run: choose another one"),
        (run.path / "metrics.json", "belongs to a run"),
        (run.path / "model.keras", "belongs to a run"),
        (run.path / "confusion.png", "belongs to a run"),
        (run.path / "generated.txt", "belongs to a run"),
        (run.path / "words.html", "belongs to a run"),
        (run.logs / "train" / "found.csv", "belongs to a run"),
        (run.path, "output is a folder: name a file"),
        (tmp_path / "none" / "found.csv", "folder of the output file does not exist"),
    ):
        with pytest.raises(BadInput, match=f"{message}.* Received: --csv {path}"):
            check_output(path, [tmp_path / "absent.csv", read])
    check_output(tmp_path / "found.csv", [read])
    (tmp_path / "found.csv").touch()
    check_output(tmp_path / "found.csv", [read])


def test_predictions_in_a_run_folder_may_be_written_again(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.write_config({})
    for path in (run.path / "found.csv", run.path / "more" / "found.csv"):
        path.parent.mkdir(exist_ok=True)
        check_output(path, [])
        path.touch()
        check_output(path, [])


def test_the_working_folder_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=r"output is a folder.*Received: --csv \.$"):
        check_output(Path(), [])
