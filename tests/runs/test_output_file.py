import pytest
from kerasdl.errors import BadInput
from kerasdl.runs import RunFolder, check_output


def test_what_was_read_and_what_a_run_wrote_are_safe(tmp_path):
    read = tmp_path / "people.csv"
    read.write_text("age\n")
    (tmp_path / "link.csv").symlink_to(read)
    run = RunFolder(tmp_path / "run")
    run.write_config({})
    for path, message in (
        (read, "would overwrite its input: choose another file"),
        (tmp_path / "link.csv", "would overwrite its input"),
        (run.path / "config.json", "belongs to a run: choose another one"),
        (tmp_path / "none" / "found.csv", "folder of the output file does not exist"),
    ):
        with pytest.raises(BadInput, match=f"{message}.* Received: --csv {path}"):
            check_output(path, [tmp_path / "absent.csv", read])
    check_output(tmp_path / "found.csv", [read])
    (tmp_path / "found.csv").touch()
    check_output(tmp_path / "found.csv", [read])
    check_output(run.path / "found.csv", [read])
