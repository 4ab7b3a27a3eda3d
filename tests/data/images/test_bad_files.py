import json
import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from kerasdl.data.images.bad_files import bad_files

from tests.data.images.pictures import encoded

# The attribute of this name in the package is the function.
MODULE = import_module("kerasdl.data.images.bad_files")
IMAGE = encoded(np.zeros((4, 5, 3), np.uint8))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(IMAGE)
    return tmp_path


@pytest.fixture
def decoded(monkeypatch):
    """The names of the decoded files, one list per call."""
    calls = []
    decode_all = MODULE._decode_all

    def spy(names, channels):
        calls.append([Path(name).name for name in names])
        return decode_all(names, channels)

    monkeypatch.setattr(MODULE, "_decode_all", spy)
    return calls


def paths(folder):
    return sorted(folder.glob("*/*.png"))


def test_bad_files_are_found_with_their_reason(folder, capsys):
    (folder / "cat/2.png").write_bytes(IMAGE[:-20])
    (folder / "dog/1.png").write_bytes(encoded(np.zeros((4, 5, 3), np.uint8), "TIFF"))
    found = bad_files([*paths(folder), folder / "gone.png"])
    assert list(found) == [str(folder / name) for name in ("cat/2.png", "dog/1.png", "gone.png")]
    reasons = list(found.values())
    assert reasons[0].startswith("Damaged or cut short")
    assert reasons[1].endswith("convert the file to one of them. Received: a TIFF")
    assert "No such file" in reasons[2]
    assert capsys.readouterr().out == ""


def test_a_pipe_and_a_device_are_not_read(folder):
    os.mkfifo(folder / "cat/3.png")
    assert bad_files([folder / "cat/3.png", "/dev/zero"]) == {
        str(folder / "cat/3.png"): "Not a file",
        "/dev/zero": "Not a file",
    }


def test_only_bad_files_are_decoded_again(folder, decoded):
    (folder / "cat/2.png").write_bytes(b"garbage")
    first = bad_files(paths(folder))
    assert bad_files(paths(folder)) == first
    assert decoded == [["1.png", "2.png", "1.png"], ["2.png"]]
    assert bad_files(paths(folder), cached=False) == first
    assert len(decoded[-1]) == 3


def test_a_changed_file_is_decoded_again(folder, decoded):
    bad_files(paths(folder))
    (folder / "cat/1.png").write_bytes(b"x" * len(IMAGE))
    os.utime(folder / "cat/2.png", ns=(1, 1))
    assert list(bad_files(paths(folder))) == [str(folder / "cat/1.png")]
    assert decoded[-1] == ["1.png", "2.png"]
    bad_files(paths(folder), channels=1)
    assert len(decoded[-1]) == 3


def test_a_file_swapped_for_another_of_the_same_size_and_time_is_decoded_again(folder, decoded):
    """As after unpacking an archive or renaming: only the status change time differs."""
    bad_files(paths(folder))
    before = (folder / "cat/1.png").stat()
    (folder / "swap").write_bytes(b"x" * len(IMAGE))
    os.utime(folder / "swap", ns=(before.st_atime_ns, before.st_mtime_ns))
    (folder / "swap").replace(folder / "cat/1.png")
    after = (folder / "cat/1.png").stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert list(bad_files(paths(folder))) == [str(folder / "cat/1.png")]
    assert decoded[-1] == ["1.png"]


def test_one_cache_file_per_folder_and_a_damaged_one_is_ignored(folder, decoded):
    bad_files(paths(folder))
    memories = sorted((folder / "cache/kerasdl").iterdir())
    assert len(memories) == 2
    assert all(memory.suffix == ".json" for memory in memories)
    for memory in memories:
        memory.write_text("{ not json")
    assert bad_files(paths(folder)) == {}
    assert [len(names) for names in decoded] == [3, 3]
    memories[0].write_text("[1]")
    assert bad_files(paths(folder)) == {}
    assert sorted(len(json.loads(memory.read_text())) for memory in memories) == [1, 2]


def test_a_cache_that_cannot_be_written_is_not_an_error(folder, monkeypatch):
    (folder / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "file"))
    assert bad_files(paths(folder)) == {}


def test_the_default_cache_is_in_the_home_folder(folder, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(folder))
    bad_files(paths(folder))
    assert len(list((folder / ".cache/kerasdl").iterdir())) == 2


def test_many_files_show_a_progress_bar(folder, monkeypatch, capsys):
    monkeypatch.setattr(MODULE, "SHOWN_FROM", 2)
    bad_files(paths(folder))
    assert "3/3" in capsys.readouterr().out


def test_two_channels_are_an_error(folder):
    with pytest.raises(ValueError, match="Received: channels=2"):
        bad_files(paths(folder), channels=2)
