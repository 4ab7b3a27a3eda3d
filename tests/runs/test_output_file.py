from pathlib import Path

import pytest
from kerasdl.errors import BadInput
from kerasdl.runs import RunFolder, check_output, write_csv


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
        (run.path / "history.csv", "belongs to a run"),
        (run.path / "about.json", "belongs to a run"),
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


def test_lines_are_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "found.csv"
    write_csv(path, [("path", "class"), ("caf\udce9.jpg", "cat")])
    whole = path.read_bytes()
    assert whole == rb"path,class" + b"\r\n" + rb"caf\udce9.jpg,cat" + b"\r\n"

    def lines():
        yield "path", "class"
        raise OSError(28, "No space left on device")

    with pytest.raises(BadInput, match=f"cannot be written .No space left.*Received: --csv {path}"):
        write_csv(path, lines())
    assert path.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [path]
