"""Bad input costs no data and no run: each recipe answers in one line, with exit status 1, within seconds."""

import errno
import os
import re
import resource
import signal
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import keras
import pytest
from kerasdl.runs import RunFolder

from tests.recipes.bad_input import BAD_PICTURES, HEADER, ROWS, cells, file, files, gif, intact, pictures, pipe, table
from tests.recipes.bad_input_cases import CASES, GOOD, USE
from tests.recipes.test_image_classifier import RECIPES, recipe, run

# Arguments without a name, of recipes that need some.
POSITIONAL = {
    **{"predict": ["run", "good"], "share": ["run", "out"]},
    **{name: ["run"] for name in ("app", "export", "serve", "web_page")},
}
# For each case; a test that starts processes has its own limits.
SECONDS = 10


@pytest.fixture(autouse=True)
def _no_hang(request):
    if "process" in request.node.name:
        yield
        return

    def stop(*_: Any) -> None:
        raise TimeoutError(f"more than {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


class TrainingBegins(Exception):  # noqa: N818 -- it is no error
    """Raised where a recipe would begin to train."""


@pytest.fixture
def started(tmp_path, monkeypatch, capsys):
    """Runs a recipe until it would train: its exit status, and the lines on stderr."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def begin(*_: Any, **__: Any) -> None:
        raise TrainingBegins

    monkeypatch.setattr(keras.Model, "fit", begin)

    def start(name: str, *arguments: Any) -> tuple[int, list[str]]:
        status = run(name, *arguments, monkeypatch=monkeypatch)
        assert not list((tmp_path / "here").iterdir())
        # TensorFlow counts the networks of this process.
        return status, [line for line in capsys.readouterr().err.splitlines() if not line.startswith("WARNING:tensorf")]

    return start


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def content(folder: Path) -> dict[Path, Any]:
    """All that is below a folder: the bytes of files, and where links lead."""
    found = {path: path.readlink() if path.is_symlink() else path.is_file() for path in folder.rglob("*")}
    return {path: path.read_bytes() if each is True else each for path, each in found.items()}


def nothing_in(folder: Path) -> bool:
    return not folder.exists() or not list(folder.iterdir())


def test_every_recipe_is_here():
    assert set(CASES) == {path.stem for path in RECIPES.glob("*.py")}


@pytest.mark.parametrize(("name", "case"), [(name, case) for name, cases in CASES.items() for case in cases])
def test_bad_input_is_one_line_and_costs_nothing(name, case, started, data, tmp_path):
    make, message = CASES[name][case]
    arguments = make(data)
    before = content(data)
    out = ["--out", tmp_path / "out"] if name in USE else []
    status, lines = started(name, *arguments, *out)
    assert status == 1
    assert len(lines) == 1
    assert re.match("error: .* Received: ", lines[0])
    assert re.search(message, lines[0])
    assert content(data) == before
    assert nothing_in(tmp_path / "out")


def options_of(config: Any) -> dict[str, Any]:
    """The options of a recipe with their defaults."""
    found = {}
    for each in fields(config):
        inner = each.default_factory
        found |= options_of(inner) if is_dataclass(inner) else {each.name: each.default}
    return found


@pytest.mark.parametrize("name", CASES)
def test_an_empty_option_is_named(name, started):
    """An empty path would be the working folder."""
    for option, default in options_of(recipe(name).Config).items():
        if default != "" and option not in ("run", "inputs", "folders"):
            typed_as = f"--{option.replace('_', '-')}"
            for words in ([typed_as, ""], [f"{typed_as}="]):
                assert started(name, *words) == (1, [f"error: {typed_as} is empty: leave it out, or give it a value. "
                                                     f"Received: {typed_as} ''"])  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_parsed_is_explained(name, started):
    status, lines = started(name, *POSITIONAL.get(name, []), "--nonsense", 3)
    assert status == 2
    assert "--nonsense" in "".join(lines)


@pytest.mark.parametrize("name", USE)
def test_what_is_in_the_place_of_a_run_folder_stays(name, started, tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    before = content(tmp_path / "out")
    for out, message in (
        ("out", "The run folder exists and is not empty: choose another one"),
        ("out/mine.txt", "The run folder cannot be created .Not a directory"),
        ("out/mine.txt/run", "The run folder cannot be created .Not a directory"),
        ("/proc/run", "The run folder cannot be created"),
    ):
        status, lines = started(name, "--out", tmp_path / out)
        assert status == 1
        assert re.fullmatch(rf"error: {message}.* Received: '{tmp_path / out}'", *lines)
    assert content(tmp_path / "out") == before


@pytest.mark.parametrize("options", ["", "{", "[]", "[1]", "5", "[" * 10**5, '{"epochs": 3}'])
def test_an_unfinished_run_with_other_or_damaged_options_stays(options, started, tmp_path):
    make = files({"checkpoints/options.json": options, "config.json": "{}", "logs/events": "", "mine.txt": "mine"})
    _, out = make(tmp_path / "out")
    before = content(out)
    status, lines = started("tabular", "--out", out)
    assert status == 1
    assert re.match(r"error: The (folder holds an|options of the) unfinished run .*\(--fresh\).* Received: ", *lines)
    assert content(out) == before


@pytest.mark.parametrize("name", USE)
def test_the_second_of_two_runs_in_one_folder_is_stopped(name, started, data, tmp_path, monkeypatch):
    """The other one is faster, after this one has found the folder empty."""
    init = RunFolder.__init__

    def overtaken(folder: RunFolder, path: Path, **options: Any) -> None:
        init(folder, path, **options)
        monkeypatch.setattr(RunFolder, "__init__", init)
        RunFolder(path).write_config({"mine": 1})

    monkeypatch.setattr(RunFolder, "__init__", overtaken)
    status, lines = started(name, *GOOD[name](data), "--out", tmp_path / "out")
    assert status == 1
    assert re.match("error: Another run has begun to write here: choose another folder .*Received: ", *lines)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"config.json", "logs"}
    assert '"mine": 1' in (tmp_path / "out" / "config.json").read_text()


@pytest.mark.parametrize(
    ("name", "code"),
    [*((name, errno.ENOSPC) for name in USE), *(("tabular", code) for code in (errno.EROFS, errno.EDQUOT, errno.EIO))],
)
def test_a_disk_that_cannot_be_written_is_named(name, code, started, data, tmp_path, monkeypatch):
    def fail(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    arguments = GOOD[name](data)
    monkeypatch.setattr(os, "fsync", fail)
    status, lines = started(name, *arguments, "--out", tmp_path / "out")
    assert status == 1
    # Texts are written to the cache first.
    place = rf"{tmp_path}/out/[^/]+: |The cache cannot be written \("
    assert re.match(rf"error: ({place}){os.strerror(code)}.* Received: ", *lines)
    assert nothing_in(tmp_path / "out")


@pytest.mark.parametrize("place", ["b", "valid"])
@pytest.mark.parametrize("name", ["image_classifier", "language_model", "text_classifier"])
def test_a_folder_that_may_not_be_read_is_named(name, place, started, data, tmp_path, monkeypatch):
    """Of a class, or of validation."""
    texts = {f"train/{each}/{at}.txt": "a good house" for each in "ab" for at in range(2)}
    arguments = files(pictures(2, 2, inside="train/") | texts | {"valid/a/0.txt": "a", "valid/a/0.jpg": "a"})(data)
    scandir = os.scandir

    def refuse(path: Any = ".") -> Any:
        if Path(path).name == place:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    status, lines = started(name, *arguments, "--out", tmp_path / "out")
    assert status == 1
    assert re.fullmatch(rf"error: The folder cannot be read .Permission denied.. Received: '{data}/.*{place}'", *lines)
    assert nothing_in(tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("tabular", table("day,area,self,text", ROWS, "--target", "self")),
        ("tabular", table(HEADER, cells(2, "\0", 3) + cells(2, "\0", 3), *USE["tabular"])),
        ("tabular", file(os.fsdecode(b"caf\xe9.csv"), "\r".join([HEADER, *ROWS]), *USE["tabular"])),
        ("time_series", table("self,area,place,text", ROWS, "--target", "area", "--time", "self")),
        ("time_series", table(HEADER, cells(1, "1"), *USE["time_series"])),
        ("text_classifier", table("day,area,place,self", ROWS, "--text", "self", "--label", "place", "--min-freq", 1)),
        ("language_model", pipe("x.txt", files({f"{at}.txt": "a good house" for at in range(9)}, "--batch-size", 1,
                                               "--min-freq", 1, links={"up": "."}))),
    ],
    ids=["column self", "NUL in cells", "not UTF-8", "time self", "constant", "text self", "pipe and loop"],
)  # fmt: skip
def test_what_only_looks_bad_is_read(name, make, started, data, tmp_path):
    with pytest.raises(TrainingBegins):
        started(name, *make(data), "--out", tmp_path / "out")


def test_each_bad_picture_is_named_and_the_others_are_predicted(started, data, tmp_path):
    _, folder = pipe("pipe.png", files(pictures(2) | BAD_PICTURES))(data)
    run_folder, *_ = intact("images", "RUN")(tmp_path)
    others, found = ["/dev/zero", str(data / "pipe.png"), "none.jpg", ""], tmp_path / "found.csv"
    status, lines = started("predict", run_folder, folder, *others, "--csv", found)
    assert status == 1
    bad = [*(str(data / name) for name in sorted(BAD_PICTURES)), *others]
    assert [line.split(": ")[0] for line in lines] == bad
    assert all(re.search("Not a file|No such file|Is a directory|Damaged|at most|decodes", line) for line in lines)
    assert re.findall("a/[^/]*jpg", found.read_text()) == ["a/0.jpg", "a/1.jpg"]


@pytest.mark.parametrize(
    "name", ["tabular", *(pytest.param(name, marks=pytest.mark.slow) for name in USE if name != "tabular")]
)
def test_an_interrupted_run_says_so(name, started, data, tmp_path, monkeypatch):
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Model, "fit", interrupt)
    assert started(name, *GOOD[name](data), "--out", tmp_path / "out") == (130, ["interrupted"])
    assert (tmp_path / "out" / "config.json").exists()


@pytest.mark.slow
def test_a_few_bytes_with_a_large_canvas_are_predicted_in_seconds(started, data, tmp_path):
    (data / "a.gif").write_bytes(gif(9999, 9999))
    run_folder, *_ = intact("images", "RUN")(tmp_path)
    assert started("predict", run_folder, data) == (0, [])


def process(name: str, *arguments: Any, **options: Any) -> subprocess.Popen:
    """A recipe as a user starts it."""
    command = [sys.executable, str(RECIPES / f"{name}.py"), *map(str, arguments)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options
    )


def last_line(process: subprocess.Popen) -> str:
    """The end of stderr, after what TensorFlow says; a process that hangs at its end is stopped, and an error."""
    try:
        return process.communicate(timeout=60)[1].splitlines()[-1]
    finally:
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_process_ends_after_bad_input(name, data, tmp_path):
    made = process(name, *(["--data", "none", "--out", tmp_path / "out"] if name in USE else ["none", "none"]))
    assert re.match("error: .*Received: .*none", last_line(made))
    assert made.returncode == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", USE)
def test_a_process_ends_when_it_is_interrupted(name, data, tmp_path):
    made = process(name, *GOOD[name](data), "--epochs", 999, "--peak-lr", 0.001, "--out", tmp_path / "out")
    assert made.stdout is not None
    next(line for line in made.stdout if "Epoch 2/" in line)
    made.send_signal(signal.SIGINT)
    assert last_line(made) == "interrupted"
    assert made.returncode == 130


@pytest.mark.slow
def test_a_process_without_memory_says_so(data, tmp_path):
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2**34, 2**34))

    arguments = GOOD["tabular"](data)
    made = process("tabular", *arguments, "--hidden", 99999, 99999, "--out", tmp_path / "out", preexec_fn=limit)
    assert re.match("error: Out of memory: use smaller .* Received: ", last_line(made))
    assert made.returncode == 1
