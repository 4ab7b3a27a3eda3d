import errno
import io
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import tensorflow as tf
from kerasdl.errors import BadInput
from kerasdl.runs import Options, check_counts, flattened, run_recipe


@dataclass(frozen=True)
class Config:
    """Options of a recipe."""

    data: str = "default"
    """Training data."""
    epochs: int = 10
    run: Options = field(default_factory=Options)

    def __post_init__(self):
        check_counts(epochs=self.epochs)


def exit_of(recipe, arguments, monkeypatch, config=Config):
    monkeypatch.setattr("sys.argv", ["recipe", *arguments])
    with pytest.raises(SystemExit) as caught:
        run_recipe(recipe, config)
    return caught.value.code


def test_options_come_from_the_command_line(monkeypatch):
    def recipe(config):
        assert config == Config(data="pets", epochs=3, run=Options(seed=5))
        return 7

    assert exit_of(recipe, ["--data", "pets", "--epochs", "3", "--seed", "5"], monkeypatch) == 7


def test_help_lists_every_option(monkeypatch, capsys):
    assert exit_of(lambda config: None, ["--help"], monkeypatch) == 0
    printed = capsys.readouterr().out
    assert all(f"--{name.replace('_', '-')}" in printed for name in flattened(Config()))
    assert "Peak learning rate" in printed


def test_bad_input_is_one_line_and_a_defect_keeps_its_traceback(monkeypatch, capsys):
    def bad_input(config):
        raise BadInput("No such\n  folder. Received: 'x'")

    def breaks(config):
        raise ValueError("defect")

    def interrupted(config):
        raise KeyboardInterrupt

    assert exit_of(bad_input, [], monkeypatch) == 1
    assert capsys.readouterr().err == "error: No such folder. Received: 'x'\n"
    with pytest.raises(ValueError, match="defect"):
        exit_of(breaks, [], monkeypatch)
    assert exit_of(interrupted, [], monkeypatch) == 130


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "0"], "epochs must be at least 1. Received: epochs=0"),
        (["--seed", "-1"], "seed must be from 0 to 4294967295. Received: seed=-1"),
    ],
)
def test_options_out_of_range_are_one_line(arguments, message, monkeypatch, capsys):
    """Of the recipe, and of the options in its options."""
    assert exit_of(lambda config: None, arguments, monkeypatch) == 1
    assert capsys.readouterr().err == f"error: {message}\n"


def test_what_cannot_be_parsed_is_explained(monkeypatch, capsys):
    assert exit_of(lambda config: None, ["--epochs", "many"], monkeypatch) == 2
    assert "--epochs" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--data", ""], ["--data="], ["--out", ""], ["--epochs", "3", "--out="]])
def test_an_empty_word_is_not_the_working_folder(arguments, monkeypatch, capsys):
    assert exit_of(lambda config: None, arguments, monkeypatch) == 1
    name = "--data" if "--data" in arguments[0] else "--out"
    assert capsys.readouterr().err == f"error: {name} is empty: leave it out, or give it a value. Received: {name} ''\n"


def test_a_default_may_be_empty(monkeypatch):
    @dataclass(frozen=True)
    class Writing:
        """Options of a recipe that writes."""

        prompt: str = ""

    assert exit_of(lambda config: 3, ["--prompt", ""], monkeypatch, Writing) == 3


@pytest.mark.parametrize(
    "error", [MemoryError(), tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor\n at ...")]
)
def test_a_lack_of_memory_is_one_line(error, monkeypatch, capsys):
    def recipe(config):
        raise error

    assert exit_of(recipe, ["--epochs", "3"], monkeypatch) == 1
    assert re.fullmatch(r"error: Out of memory: use .*\. Received: --epochs 3\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device: free some space, or use another"),
        (OSError(errno.EROFS, "Read-only file system", "a/logs"), "a/logs: Read-only file system: use another"),
        (
            tf.errors.ResourceExhaustedError(None, None, "{{node}} a/b.v2; No space left on device [Op:Flush]"),
            "a/b.v2: No space left on device: free some space, or use another",
        ),
        (
            tf.errors.PermissionDeniedError(None, None, "{{node}} a/b.v2; Read-only file system\n\tCreating a/b.v2"),
            "a/b.v2: Read-only file system: use another",
        ),
    ],
)
def test_a_full_or_read_only_disk_is_one_line(error, said, monkeypatch, capsys):
    def recipe(config):
        raise error

    assert exit_of(recipe, ["--epochs", "3"], monkeypatch) == 1
    assert capsys.readouterr().err == f"error: {said} folder (--out). Received: --epochs 3\n"


def test_a_file_that_cannot_be_read_is_one_line(monkeypatch, capsys):
    def recipe(config):
        raise PermissionError(errno.EACCES, "Permission denied", "pets.csv")

    assert exit_of(recipe, ["--epochs", "3"], monkeypatch) == 1
    assert capsys.readouterr().err == "error: pets.csv: Permission denied. Received: --epochs 3\n"
    assert exit_of(lambda config: Path(config.data).stat(), ["--data", "a" * 5000], monkeypatch) == 1
    assert capsys.readouterr().err.startswith("error: aaa")


def test_any_name_can_be_printed(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, "ascii"))
    assert exit_of(lambda config: print("caf\u00e9 \udce9", flush=True), [], monkeypatch) is None
    assert written.getvalue() == rb"caf\xe9 \udce9" + b"\n"


@dataclass(frozen=True)
class Transferring:
    """Options of a recipe with a renamed one."""

    unfreeze_every: int = 0


@pytest.mark.parametrize("typed", [["--thaw-every", "2"], ["--thaw-every=2"], ["--thaw_every", "2"]])
def test_an_old_option_works_with_a_warning(typed, monkeypatch, capsys):
    assert exit_of(lambda config: config.unfreeze_every, typed, monkeypatch, Transferring) == 2
    assert "is deprecated and will be removed in the next version: use --unfreeze-every" in capsys.readouterr().err


def test_an_old_option_of_another_recipe_is_unknown(monkeypatch, capsys):
    assert exit_of(lambda config: None, ["--views", "2"], monkeypatch, Transferring) == 2
    printed = capsys.readouterr().err
    assert "--views" in printed
    assert "deprecated" not in printed


@pytest.mark.parametrize(
    ("typed", "ours"),
    [(["--lr", "0.1"], "--peak-lr"), (["--max-lr=0.1"], "--peak-lr"), (["--random_state", "1"], "--seed")],
)
def test_an_option_by_the_name_of_another_library_gives_ours(typed, ours, monkeypatch, capsys):
    assert exit_of(lambda config: None, typed, monkeypatch) == 1
    name = typed[0].partition("=")[0]
    assert capsys.readouterr().err == f"error: No option {name}: use {ours}. Received: {' '.join(typed)}\n"
    # Options of other recipes are none of this one.
    assert exit_of(lambda config: None, ["--bs", "2"], monkeypatch) == 2
    assert "use" not in capsys.readouterr().err


def as_worker(index, monkeypatch):
    job = {"cluster": {"worker": ["localhost:1", "localhost:2"]}, "task": {"type": "worker", "index": index}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(job))


@pytest.mark.parametrize(("worker", "printed"), [(0, "epoch 1\n"), (1, "")])
def test_of_several_workers_the_chief_alone_prints_and_all_tell_errors(worker, printed, monkeypatch, capsys):
    def recipe(config):
        print("epoch 1")
        raise BadInput("No such folder. Received: 'x'")

    as_worker(worker, monkeypatch)
    assert exit_of(recipe, [], monkeypatch) == 1
    assert capsys.readouterr() == (printed, "error: No such folder. Received: 'x'\n")
