"""The command line: whose option is whose, what is refused, and the exit status."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from kerasdl.errors import BadInput
from kerasdl.launch.__main__ import Options, check, main, parsed

from tests.test_clusters import assert_runs

ROOT = Path(__file__).parents[2]


def test_options_before_the_script_are_ours_and_those_behind_it_its_own():
    options, own = parsed(["--workers", "4", "--restarts", "1", "train.py", "--workers", "7", "other.py"])
    assert (options, own) == (Options(Path("train.py"), workers=4, restarts=1), ["--workers", "7", "other.py"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "At least one worker"),
        ({"restarts": -1}, "no negative numbers"),
        ({"cpus": 0, "address": "auto"}, "one core"),
        ({"cpus": 2}, "--cpus and --gpus are for Ray"),
        ({"gpus": 0}, "--cpus and --gpus are for Ray"),
        ({"script": Path("none.py")}, "No such script"),
    ],
)
def test_what_cannot_be_meant_is_refused(options, message):
    with pytest.raises(BadInput, match=f"{message}.*Received: "):
        check(Options(**{"script": Path(__file__), **options}))


def test_a_job(tmp_path, monkeypatch, capfd):
    script = tmp_path / "train.py"
    script.write_text(
        "import json, os, sys\nprint(sys.argv[1:])\n"
        "print(json.dumps([os.environ[f'KERASDL_{each}'] for each in ('JOB', 'COMMAND')]))\n"
        "print(repr(os.environ['CUDA_VISIBLE_DEVICES']))\n"
        "sys.exit(5)"
    )
    arguments = ["--workers", "1", str(script), "--epochs", "3"]
    monkeypatch.setattr("sys.argv", ["__main__.py", *arguments])
    assert main(*parsed(arguments)) == 5
    said, own, environment, gpus = capfd.readouterr().out.splitlines()
    assert said == "1 workers on this machine, without GPUs"
    assert own == "['--epochs', '3']"
    job, command = json.loads(environment)
    assert len(job) == len("20260101-120000")
    assert command == f"python -m kerasdl.launch --workers 1 {script} --epochs 3"
    assert gpus == "''"


def test_the_command_lines_of_the_guide_name_recipes_and_options_that_they_have(monkeypatch):
    pages = "\n".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))
    found = re.findall(r"^python -m kerasdl\.launch (.*)$", pages, re.MULTILINE)
    assert len(found) > 1
    monkeypatch.chdir(ROOT)
    for each in found:
        options, own = parsed(each.split())
        check(options)
        assert_runs([str(options.script), *own], monkeypatch)


@pytest.mark.slow
def test_the_command_line_ends_with_the_status_of_the_script_and_explains_bad_input_in_one_line(tmp_path):
    (tmp_path / "train.py").write_text("import sys; sys.exit(7)")
    missing = ("none.py", 1, "error: No such script. Received: 'none.py'\n")
    for script, status, error in ((tmp_path / "train.py", 7, ""), missing):
        command = [sys.executable, "-m", "kerasdl.launch", str(script)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
        assert done.returncode == status
        assert done.stderr.endswith(error)
