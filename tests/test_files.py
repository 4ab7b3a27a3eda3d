import errno
import os
import zipfile
from pathlib import Path

import pytest
from kerasdl.files import MOST_MORE, atomic_write, cache_folder, check_unpacked, fingerprint


def test_a_finished_file_replaces_the_old_one(tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("old")
    with atomic_write(path) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".keras"
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_exception_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text("old")

    def fail():
        with atomic_write(path) as temporary:
            temporary.write_text("ne")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_of_writing_names_the_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught, atomic_write(tmp_path / "a.txt") as temporary:
        temporary.write_text("a")
    assert caught.value.filename == str(tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())


def test_a_link_stays_and_a_device_is_written_as_it_is(tmp_path):
    path, link = tmp_path / "model.keras", tmp_path / "link.keras"
    link.symlink_to(path)
    with atomic_write(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    with atomic_write(Path("/dev/null")) as temporary:
        temporary.write_text("gone")
    assert Path("/dev/null").is_char_device()


@pytest.mark.skipif(os.name != "posix", reason="needs locks of folders")
def test_what_a_killed_writer_left_is_removed_but_not_while_another_is_at_work(tmp_path):
    left = tmp_path / "model.0123abcd.partial.keras"
    left.write_text("half")
    mine = tmp_path / "my.partial.keras"
    mine.write_text("mine")
    with atomic_write(tmp_path / "a.txt") as first:
        first.write_text("a")
        assert not left.exists()
        left.write_text("half")
        with atomic_write(tmp_path / "b.txt") as second:
            second.write_text("b")
            assert left.exists()
            assert first.exists()
    with atomic_write(tmp_path / "c.txt") as third:
        third.write_text("c")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt", "c.txt", mine.name]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to name open files")
def test_the_file_and_its_folder_are_synced_before_and_after_the_replacement(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(Path(f"/proc/self/fd/{descriptor}").readlink()))
    with atomic_write(tmp_path / "a.txt") as temporary:
        temporary.write_text("a")
        written = temporary
    assert synced == [written, tmp_path]


def test_a_file_swapped_in_with_the_same_size_and_time_has_another_fingerprint(tmp_path):
    path, other = tmp_path / "a.png", tmp_path / "b.png"
    path.write_bytes(b"good")
    before = fingerprint(path)
    other.write_bytes(b"evil")
    os.utime(other, ns=(before[1], before[1]))
    other.replace(path)
    after = fingerprint(path)
    assert after[:2] == before[:2]
    assert after != before


def test_a_file_that_would_unpack_to_gigabytes_is_refused_by_its_directory(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights", bytes(MOST_MORE // 256))
    check_unpacked(path)
    packed = path.read_bytes()
    # The size in the directory, which comes last.
    at = packed.rindex((MOST_MORE // 256).to_bytes(4, "little"))
    path.write_bytes(packed[:at] + (2 * MOST_MORE).to_bytes(4, "little") + packed[at + 4 :])
    with pytest.raises(zipfile.BadZipFile, match="1 KiB that would unpack to 512 MiB"):
        check_unpacked(path)


def test_the_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "kerasdl"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "kerasdl"
