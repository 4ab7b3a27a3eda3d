import os
from pathlib import Path

import pytest
from kerasdl.data.listing import VALID_FOLDERS, by_subfolder, check_apart, files_below, matched, subfolder
from kerasdl.errors import BadInput


def made(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def test_files_below_a_folder_are_sorted_without_hidden_ones_and_links_in_a_circle_end(tmp_path):
    made(tmp_path, "b/2.TXT", "a/x/1.md", "a/.hidden/3.txt", "a/.3.txt", "a/notes.doc", "0.txt")
    (tmp_path / "a/x/again").symlink_to(tmp_path)
    found = [Path(file).relative_to(tmp_path).as_posix() for file in files_below(tmp_path, (".txt", ".md"))]
    assert found == ["0.txt", "a/x/1.md", "b/2.TXT"]


def test_two_links_to_one_folder_are_named(tmp_path):
    made(tmp_path, "data/a/1.txt", "store/2.txt")
    (tmp_path / "data/b").symlink_to(tmp_path / "store")
    assert len(files_below(tmp_path / "data", (".txt",))) == 2
    (tmp_path / "data/c").symlink_to(tmp_path / "store")
    with pytest.raises(BadInput, match=r"same folder.*: remove one. Received: '.*data/b' and '.*data/c'"):
        files_below(tmp_path / "data", (".txt",))


def test_parts_that_share_a_folder_are_named(tmp_path):
    made(tmp_path, "train/a/1.txt", "train/b/1.txt", "valid/a/1.txt")
    parts = [files_below(tmp_path / name, (".txt",)) for name in ("train", "valid")]
    check_apart(parts)
    (tmp_path / "valid/b").symlink_to(tmp_path / "train/b")
    parts[1] = files_below(tmp_path / "valid", (".txt",))
    with pytest.raises(BadInput, match=r"same folder.*'.*train/b' and '.*valid/b'"):
        check_apart(parts)


def test_a_pipe_is_no_file_and_a_broken_link_is_left_to_the_reader(tmp_path):
    made(tmp_path, "1.txt")
    os.mkfifo(tmp_path / "2.txt")
    (tmp_path / "3.txt").symlink_to(tmp_path / "3.txt")
    assert [Path(file).name for file in files_below(tmp_path, (".txt",))] == ["1.txt", "3.txt"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    made(tmp_path, "a/1.txt", "b/2.txt")
    scan = os.scandir

    def refused(path="."):
        if str(path).endswith("b"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    # Not by its permissions, which do not count for root.
    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(BadInput, match=f"folder cannot be read .Permission denied.. Received: '{tmp_path}/b'"):
        files_below(tmp_path, (".txt",))
    monkeypatch.setattr(Path, "iterdir", lambda path: refused("b"))
    with pytest.raises(BadInput, match=f"folder cannot be read .Permission denied.. Received: '{tmp_path}'"):
        subfolder(tmp_path, VALID_FOLDERS)


def test_files_by_the_first_folder_of_their_path(tmp_path):
    made(tmp_path, "b/2.txt", "a/x/1.txt", "c.txt")
    found, beside = by_subfolder(tmp_path, files_below(tmp_path, (".txt",)))
    assert {name: len(files) for name, files in found.items()} == {"a": 1, "b": 1}
    assert [Path(file).name for file in beside] == ["c.txt"]


def test_a_subfolder_is_found_whatever_its_case(tmp_path):
    made(tmp_path, "Val/1.txt", "valid")
    assert subfolder(tmp_path, VALID_FOLDERS) == tmp_path / "Val"
    assert subfolder(tmp_path, ("test",)) is None


def test_matched_returns_the_first_group(tmp_path):
    files = [str(tmp_path / name) for name in ("pug_1.jpg", "x/great_dane_22.jpg")]
    assert matched(files, tmp_path, r"([^/]+)_\d+\.jpg$") == ["pug", "great_dane"]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "Invalid regular expression"),
        (r"\d", "needs a group"),
        (r"(z)", r"does not match every file. Received: .*pug"),
    ],
)
def test_expressions_that_cannot_be_used(pattern, message, tmp_path):
    with pytest.raises(BadInput, match=message):
        matched([str(tmp_path / "pug_1.jpg")], tmp_path, pattern)
