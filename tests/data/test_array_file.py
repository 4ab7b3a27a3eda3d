import numpy as np
import pytest
from kerasdl.data.array_file import array_file, nameless_array
from kerasdl.errors import BadInput


def test_an_array_is_made_once_and_read_where_it_lies(tmp_path):
    made = array_file(tmp_path / "deep/er/a.npy", (2, 3), np.float32, lambda array: array.fill(7))
    again = array_file(tmp_path / "deep/er/a.npy", (2, 3), np.float32, lambda _: pytest.fail("made again"))
    assert isinstance(made, np.memmap)
    assert made.dtype == np.float32
    assert np.array_equal(made, np.full((2, 3), 7))
    assert np.array_equal(again, made)


def test_what_fails_half_way_leaves_no_file(tmp_path):
    def fill(array):
        array[0] = 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        array_file(tmp_path / "a.npy", (2,), np.uint8, fill)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_whole_or_not_of_this_is_made_anew(tmp_path):
    for spoil in (
        lambda path: path.write_bytes(path.read_bytes()[:-4]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"PK\x03\x04"),
        lambda path: np.save(path, np.zeros(5)),
        lambda path: np.save(path, np.full((2, 3), np.nan, np.float32)),
        lambda path: path.write_bytes(path.read_bytes()[:-9] + b"!" + path.read_bytes()[-8:]),
    ):
        array_file(tmp_path / "a.npy", (2, 3), np.float32, lambda array: array.fill(7))
        spoil(tmp_path / "a.npy")
        made = array_file(tmp_path / "a.npy", (2, 3), np.float32, lambda array: array.fill(8))
        assert np.array_equal(made, np.full((2, 3), 8))
        (tmp_path / "a.npy").unlink()


def test_of_a_large_file_the_length_is_checked(tmp_path, monkeypatch):
    monkeypatch.setattr("kerasdl.data.array_file.MOST_CHECKED", 23)
    path = tmp_path / "a.npy"
    array_file(path, (2, 3), np.float32, lambda array: array.fill(7))
    found = array_file(path, (2, 3), np.float32, lambda _: pytest.fail("made again"))
    assert np.array_equal(found, np.full((2, 3), 7))
    path.write_bytes(path.read_bytes()[:-4])
    assert array_file(path, (2, 3), np.float32, lambda array: array.fill(8))[0, 0] == 8


def test_a_folder_that_cannot_be_written_or_is_too_small(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match=f"cannot be written .* Received: '{tmp_path}/file'"):
        array_file(tmp_path / "file" / "a.npy", (2,), np.uint8, lambda array: None)
    with pytest.raises(BadInput, match=r"needs 1,048,576,000 MiB, but the disk has"):
        array_file(tmp_path / "a.npy", (1_048_576_000, 1024, 1024), np.uint8, lambda array: None)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_array_without_a_name_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    array = nameless_array((3, 2), np.int32)
    array[1] = 7
    assert array.tolist() == [[0, 0], [7, 7], [0, 0]]
    assert isinstance(array, np.memmap)
    assert list((tmp_path / "kerasdl").iterdir()) == []
    with pytest.raises(BadInput, match="The cache needs .* MiB, but the disk has only"):
        nameless_array((2**45, 2**10), np.int32)
