from pathlib import Path

from kerasdl.data.listing import VALID_FOLDERS, by_subfolder, files_below, subfolder


def made(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def test_files_below_a_folder_are_sorted_without_hidden_ones_and_links_in_a_circle_end(tmp_path):
    made(tmp_path, "b/2.TXT", "a/x/1.md", "a/.hidden/3.txt", "a/.3.txt", "a/notes.doc")
    (tmp_path / "a/x/again").symlink_to(tmp_path)
    found = [Path(file).relative_to(tmp_path).as_posix() for file in files_below(tmp_path, (".txt", ".md"))]
    assert found == ["a/x/1.md", "b/2.TXT"]


def test_files_by_the_first_folder_of_their_path(tmp_path):
    made(tmp_path, "b/2.txt", "a/x/1.txt", "c.txt")
    found, beside = by_subfolder(tmp_path, files_below(tmp_path, (".txt",)))
    assert {name: len(files) for name, files in found.items()} == {"a": 1, "b": 1}
    assert [Path(file).name for file in beside] == ["c.txt"]


def test_a_subfolder_is_found_whatever_its_case(tmp_path):
    made(tmp_path, "Val/1.txt", "valid")
    assert subfolder(tmp_path, VALID_FOLDERS) == tmp_path / "Val"
    assert subfolder(tmp_path, ("test",)) is None
