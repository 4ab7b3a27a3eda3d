from pathlib import Path

import pytest
from kerasdl.data.images.listing import by_class, image_files, parts_of
from kerasdl.errors import BadInput

from tests.data.test_listing import made


def test_image_files_are_sorted_and_without_hidden_ones(tmp_path):
    made(tmp_path, "b/2.JPG", "a/x/1.png", "a/.hidden/3.png", "a/.3.png", "a/notes.txt", "c.tif")
    found = [Path(file).relative_to(tmp_path).as_posix() for file in image_files(tmp_path)]
    assert found == ["a/x/1.png", "b/2.JPG", "c.tif"]


def test_files_by_class_at_any_depth(tmp_path):
    found = by_class(made(tmp_path, "dog/1.png", "cat/x/y/1.png", "cat/2.png", "beside.md", "empty/readme.md"))
    assert {name: len(files) for name, files in found.items()} == {"cat": 2, "dog": 1}


def test_a_test_part_has_the_same_classes(tmp_path):
    made(tmp_path, "train/a/1.png", "train/b/1.png", "test/a/1.png")
    assert [part for part, _ in parts_of(tmp_path)] == [0, 2]


def test_an_unlabelled_test_folder_is_ignored(tmp_path):
    made(tmp_path, "train/a/1.png", "train/b/1.png", "test/1.png", "test/unknown/2.png")
    assert [part for part, _ in parts_of(tmp_path)] == [0]


def test_images_outside_the_class_folders_are_named(tmp_path):
    made(tmp_path, "cat/1.png", "dog/2.png", "4.png", "3.jpg")
    with pytest.raises(BadInput, match=r"have no class: .*/3.jpg and 1 more. Move them .* classes \['cat', 'dog'\]"):
        parts_of(tmp_path)


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (
            ["test/cat/3.png", "test/bird/4.png"],
            r"the test folder without training images: \['bird'\]. Received: '.*test'",
        ),
        (["test/Cat/3.png", "test/Dog/4.png"], r"without training images: \['Cat', 'Dog'\]"),
        (["test/cat/3.png", "test/4.png"], r"have no class: .*test/4.png. Move them"),
    ],
)
def test_a_test_folder_with_other_classes_is_an_error(test, message, tmp_path):
    with pytest.raises(BadInput, match=message):
        parts_of(made(tmp_path, "train/cat/1.png", "train/dog/2.png", *test))


def test_a_name_that_is_not_utf_8_is_shown_by_its_bytes(tmp_path):
    made(tmp_path, "caf\udce9/1.png")
    with pytest.raises(BadInput, match=r"is not UTF-8: rename it. Received: b'.*/caf\\xe9/1.png'"):
        image_files(tmp_path)


def test_training_and_validation_share_no_folder(tmp_path):
    made(tmp_path, "train/a/1.png", "train/b/1.png")
    (tmp_path / "valid").symlink_to(tmp_path / "train")
    with pytest.raises(BadInput, match=r"lead to the same folder.*train/[ab]' and '.*valid/[ab]'"):
        parts_of(tmp_path)
