import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data import images
from kerasdl.data.source import array_source
from kerasdl.data.splits import stratified_split
from kerasdl.errors import BadInput

from tests.data.images.pictures import collect


def test_train_and_valid_folders_ignore_other_folders(image_folder):
    folder = image_folder({"train/cat": 5, "train/dog": 4, "valid/cat": 2, "valid/dog": 1, "models/x": 3, "test1": 2})
    data = images.from_folder(folder)
    assert (data.classes, data.shape) == (("cat", "dog"), (8, 8, 3))
    assert str(data) == "9 training and 3 validation images of 8x8x3 in 2 classes"
    assert [name.removeprefix(str(folder)) for name in data.valid_names] == [
        "/valid/cat/0.png",
        "/valid/cat/1.png",
        "/valid/dog/0.png",
    ]
    assert collect(data.valid)[1].tolist() == [0, 0, 1]


def test_one_folder_is_split_by_class_and_seed(image_folder):
    folder = image_folder({"cat": 10, "dog": 20})
    data = images.from_folder(folder, valid_share=0.3)
    assert np.bincount(collect(data.valid)[1]).tolist() == [3, 6]
    assert images.from_folder(folder, valid_share=0.3).valid_names == data.valid_names
    assert images.from_folder(folder, valid_share=0.3, seed=1).valid_names != data.valid_names


def test_a_train_folder_without_valid_is_split(image_folder):
    data = images.from_folder(image_folder({"train/cat": 5, "train/dog": 5, "sample/cat": 3}))
    assert len(data.train_names) + len(data.valid_names) == 10


def test_pixels_are_those_of_the_files(image_folder):
    folder = image_folder({"train/a": 2, "train/b": 2, "valid/a": 1, "valid/b": 1}, size=(6, 6))
    data = images.from_folder(folder, augment=None)
    found, _ = collect(data.valid)
    for image, name in zip(found, data.valid_names, strict=True):
        assert np.array_equal(image, tf.io.decode_png(tf.io.read_file(name)).numpy())


def test_hidden_files_and_folders_are_ignored(image_folder):
    folder = image_folder({"a": 2, "b": 2, "a/.checkpoints": 2, ".git": 1})
    (folder / "a" / "._0.png").write_bytes(b"resource fork")
    data = images.from_folder(folder)
    assert data.classes == ("a", "b")
    assert len(data.train_names) + len(data.valid_names) == 4


def test_every_format_is_read(image_folder):
    folder = image_folder({"a": 1, "b": 2})
    from PIL import Image

    for suffix in ("jpg", "gif", "bmp", "webp"):
        Image.fromarray(np.full((8, 8, 3), 200, np.uint8)).save(folder / "a" / f"extra.{suffix}")
    data = images.from_folder(folder)
    assert len(data.train_names) + len(data.valid_names) == 7


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({}, "No images: expected one folder per class"),
        ({"a": 3}, "only one class: a classifier needs two"),
        ({"a": 3, "b": 3, "valid/a": 1, "valid/b": 1}, "valid/ needs a train/ folder beside it"),
        ({"train/a": 3, "valid/a": 1, "valid/b": 1}, "only one class: a classifier needs two"),
        ({"train/a": 3, "train/b": 3, "valid/a": 1}, r"Classes without images in validation: \['b'\]"),
        (
            {"train/a": 3, "train/b": 3, "train/c": 3, "valid/a": 1, "valid/b": 1},
            r"Classes without images in validation: \['c'\]",
        ),
        (
            {"train/a": 3, "train/b": 3, "valid/a": 1, "valid/b": 1, "valid/c": 1},
            r"Classes in validation without training images: \['c'\]",
        ),
        ({"a": 1, "b": 3}, "two samples.*Received: class 'a' with 1"),
    ],
)
def test_folders_that_cannot_be_used(image_folder, counts, message):
    with pytest.raises(BadInput, match=message):
        images.from_folder(image_folder(counts))


def test_no_such_folder(tmp_path):
    with pytest.raises(BadInput, match=f"No such folder. Received: '{tmp_path}/nowhere'"):
        images.from_folder(tmp_path / "nowhere")


@settings(max_examples=40)
@given(
    counts=st.lists(st.integers(2, 12), min_size=2, max_size=5),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 1000),
)
def test_any_split_has_every_class_in_both_parts(counts, share, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    source = array_source(np.zeros((len(labels), 1, 1, 1), np.uint8), labels, [str(i) for i in range(len(labels))])
    classes = [chr(97 + label) for label in range(len(counts))]
    train, valid = stratified_split(source, classes, share, seed)
    assert sorted([*train.names, *valid.names], key=int) == list(source.names)
    for label, count in enumerate(counts):
        held_out = (valid.labels == label).sum()
        assert 1 <= held_out <= count - 1
        assert abs(held_out - share * count) <= 1


def test_a_test_folder_and_a_split_by_groups(image_folder):
    folder = image_folder({"train/a": 12, "train/b": 12, "test/a": 2, "test/b": 1})
    data = images.from_folder(folder, group=r"/(\d)\d?\.png$", valid_share=0.2)
    assert data.counts["test_images"] == 3
    assert collect(data.test)[1].tolist() == [0, 0, 1]
    first = {name.rsplit("/", 1)[1][0] for name in data.valid_names}
    assert first.isdisjoint(name.rsplit("/", 1)[1][0] for name in data.train_names)
    assert str(data).endswith("in 2 classes, 3 test images")


def test_a_group_with_a_validation_folder_is_an_error(image_folder):
    folder = image_folder({"train/a": 2, "train/b": 2, "valid/a": 1, "valid/b": 1})
    with pytest.raises(BadInput, match="There is a validation folder already.*Received: group='x'"):
        images.from_folder(folder, group="x")


def test_the_class_in_the_file_name(image_folder, tmp_path):
    folder = image_folder({"all/great_dane": 4, "all/pug": 4})
    for path in list(folder.rglob("*.png")):
        path.rename(folder / "all" / f"{path.parent.name}_{path.name}")
    data = images.from_pattern(folder / "all", r"(.+)_\d+\.png$")
    assert data.classes == ("great_dane", "pug")
    assert all(
        data.classes[label] in name for name, label in zip(data.valid_names, data.valid_pictures.labels, strict=True)
    )
    with pytest.raises(BadInput, match="folder cannot be read .No such file"):
        images.from_pattern(tmp_path / "nowhere", "(.)")


def test_folder_names_in_any_case(image_folder):
    folder = image_folder({"Train/a": 2, "Train/b": 2, "Validation/a": 1, "Validation/b": 1})
    assert images.from_folder(folder).counts["valid_images"] == 2
