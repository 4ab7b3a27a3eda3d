import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.data import images
from kerasdl.data.images import build
from kerasdl.data.images.augment.augmentation import Augmentation, digits, standard
from kerasdl.data.source import array_source
from kerasdl.data.splits import stratified_split
from kerasdl.errors import BadInput


def collect(dataset):
    pictures, labels = zip(*[(x.numpy(), y.numpy()) for x, y in dataset], strict=True)
    return np.concatenate(pictures), np.concatenate(labels)


def test_train_and_valid_folders_and_their_siblings(image_folder):
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


def test_a_train_folder_alone_is_split(image_folder):
    data = images.from_folder(image_folder({"train/cat": 5, "train/dog": 5, "sample/cat": 3}))
    assert len(data.train_names) + len(data.valid_names) == 10


def test_pixels_are_those_of_the_files(image_folder):
    folder = image_folder({"train/a": 2, "train/b": 2, "valid/a": 1, "valid/b": 1}, size=(6, 6))
    data = images.from_folder(folder, augment=None)
    pictures, _ = collect(data.valid)
    for picture, name in zip(pictures, data.valid_names, strict=True):
        assert np.array_equal(picture, tf.io.decode_png(tf.io.read_file(name)).numpy())


def test_memory_and_disk_give_the_same_bits(image_folder, monkeypatch):
    folder = image_folder({"train/a": 9, "train/b": 8, "valid/a": 3, "valid/b": 2}, size=(10, 14))
    cached = images.from_folder(folder, batch_size=4)
    monkeypatch.setattr(build, "CACHE_BYTES", 0)
    read = images.from_folder(folder, batch_size=4)
    for left, right in ((cached.train, read.train), (cached.valid, read.valid)):
        assert all(np.array_equal(a, b) for a, b in zip(collect(left), collect(right), strict=True))


def test_sizes_and_channels(image_folder):
    folder = image_folder({"a": 3, "b": 3}, size=(30, 200))
    assert images.from_folder(folder).shape == (30, 30, 3)
    assert images.from_folder(folder, image_size=16, channels=1).shape == (16, 16, 1)
    assert images.from_folder(folder, image_size=(20, 40)).shape == (20, 40, 3)
    assert images.from_folder(image_folder({"a": 3, "b": 3}, size=(300, 200))).shape == (128, 128, 3)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("names", [("cat", "dog"), ("3", "7"), ("10", "11")])
def test_only_photographs_are_mirrored(image_folder, suffix, names):
    data = images.from_folder(image_folder(dict.fromkeys(names, 3), suffix=suffix))
    assert data.augmentation == (standard(flip=suffix == "jpg") if names == ("cat", "dog") else digits())


def test_augmentation_as_asked(image_folder):
    folder = image_folder({"a": 3, "b": 3})
    assert images.from_folder(folder, augment=None).augmentation is None
    assert images.from_folder(folder, augment=Augmentation(rotate=3)).augmentation == Augmentation(rotate=3)


def test_fewer_images_than_a_batch(image_folder):
    data = images.from_folder(image_folder({"a": 2, "b": 2}), batch_size=64)
    assert [len(x) for x, _ in data.train] == [2]


def test_hidden_files_and_folders_are_left_alone(image_folder):
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


def broken(folder, *names):
    for name in names:
        (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n not an image")
    return folder


def test_files_that_do_not_decode_are_all_named(image_folder):
    folder = broken(image_folder({"a": 70, "b": 3}), "a/0.png", "a/69.png", "b/1.png")
    with pytest.raises(BadInput, match=r"3 of 73 files do not decode") as caught:
        images.from_folder(folder)
    assert all(f"{folder / name} (" in str(caught.value) for name in ("a/0.png", "a/69.png", "b/1.png"))
    assert "on_bad='skip'" in str(caught.value)


def test_files_that_do_not_decode_can_be_left_out(image_folder):
    folder = broken(image_folder({"a": 6, "b": 6}), "a/0.png", "b/5.png")
    data = images.from_folder(folder, on_bad="skip", augment=None)
    assert data.counts == {"train_images": 8, "valid_images": 2, "skipped_images": 2}
    assert str(data).endswith(", 2 unreadable files skipped")
    names = [*data.train_names, *data.valid_names]
    assert len(names) == 10
    assert not {str(folder / "a/0.png"), str(folder / "b/5.png")} & set(names)
    for picture, name in zip(collect(data.valid)[0], data.valid_names, strict=True):
        assert np.array_equal(picture, tf.io.decode_png(tf.io.read_file(name)).numpy())


def test_a_class_that_loses_all_its_files_is_named(image_folder):
    folder = broken(image_folder({"train/a": 3, "train/b": 3, "valid/a": 1, "valid/b": 1}), "valid/b/0.png")
    with pytest.raises(BadInput, match=r"Classes left without a readable image: \['b'\]"):
        images.from_folder(folder, on_bad="skip")


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({}, "No images: expected a folder a class"),
        ({"a": 3}, "One class only"),
        ({"a": 3, "b": 3, "valid/a": 1, "valid/b": 1}, "valid/ needs train/ beside it"),
        ({"train/a": 3, "valid/a": 1, "valid/b": 1}, "One class only"),
        ({"train/a": 3, "train/b": 3, "valid/a": 1}, r"Classes without images in validation: \['b'\]"),
        (
            {"train/a": 3, "train/b": 3, "train/c": 3, "valid/a": 1, "valid/b": 1},
            r"Classes without images in validation: \['c'\]",
        ),
        (
            {"train/a": 3, "train/b": 3, "valid/a": 1, "valid/b": 1, "valid/c": 1},
            r"Classes in validation that training lacks: \['c'\]",
        ),
        ({"a": 1, "b": 3}, "two samples at least.*Received: class 'a' with 1"),
    ],
)
def test_folders_that_cannot_be_used(image_folder, counts, message):
    with pytest.raises(BadInput, match=message):
        images.from_folder(image_folder(counts))


def test_arrays_are_resized_if_asked():
    pictures = np.full((6, 8, 8), 77, np.uint8)
    data = images.from_arrays(pictures, np.arange(6) % 2, classes=["a", "b"], image_size=(4, 6), augment=None)
    assert data.shape == (4, 6, 1)
    assert (collect(data.valid)[0] == 77).all()


def test_no_such_folder(tmp_path):
    with pytest.raises(BadInput, match=f"No such folder. Received: '{tmp_path}/nowhere'"):
        images.from_folder(tmp_path / "nowhere")


def test_formats_that_tensorflow_does_not_decode_are_named(image_folder):
    folder = image_folder({"a": 2, "b": 2})
    (folder / "a" / "scan.tiff").write_bytes(b"II*\0")
    with pytest.raises(BadInput, match=r"scan\.tiff \(TensorFlow decodes .* convert the file .* Received: a TIFF\)"):
        images.from_folder(folder)
    with pytest.raises(BadInput, match=r"scan\.tiff \(TensorFlow does not decode this format\)"):
        images.from_folder(folder, check=False)


@pytest.mark.parametrize("options", [{"valid_share": 0.0}, {"valid_share": 1.0}, {"batch_size": 0}, {"image_size": 0}])
def test_options_out_of_range(image_folder, options):
    with pytest.raises(BadInput, match="Received: "):
        images.from_folder(image_folder({"a": 3, "b": 3}), **options)


@pytest.mark.parametrize(
    ("pictures", "labels", "message"),
    [
        (np.zeros((4, 3, 3)), [0, 1, 0, 1], "must be uint8.*Received: float64"),
        (np.zeros((4, 3), np.uint8), [0, 1, 0, 1], r"Received: uint8 \(4, 3\)"),
        (np.zeros((4, 3, 3), np.uint8), [0, 1, 0], "One whole-number label an image"),
        (np.zeros((4, 3, 3), np.uint8), [0.0, 1, 0, 1], "Received: float64"),
        (np.zeros((4, 3, 3), np.uint8), [0, 1, 0, 2], r"0\.\.1\. Received: 0\.\.2"),
    ],
)
def test_arrays_that_cannot_be_used(pictures, labels, message):
    with pytest.raises(BadInput, match=message):
        images.from_arrays(pictures, np.array(labels), classes=["a", "b"])


@settings(max_examples=40, deadline=None)
@given(
    counts=st.lists(st.integers(2, 12), min_size=2, max_size=5),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 1000),
)
def test_any_split_holds_every_class_on_both_sides(counts, share, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    source = array_source(np.zeros((len(labels), 1, 1, 1), np.uint8), labels, [str(i) for i in range(len(labels))])
    classes = [chr(97 + label) for label in range(len(counts))]
    train, valid = stratified_split(source, classes, share, seed)
    assert sorted([*train.names, *valid.names], key=int) == list(source.names)
    for label, count in enumerate(counts):
        held_out = (valid.labels == label).sum()
        assert 1 <= held_out <= count - 1
        assert abs(held_out - share * count) <= 1


def test_a_garbage_collected_pipeline_keeps_counting(image_folder):
    import gc

    train = images.from_folder(image_folder({"a": 3, "b": 3})).train.map(lambda x, y: x)
    gc.collect()
    assert not np.array_equal(next(iter(train)), next(iter(train)))


class Spoil(keras.callbacks.Callback):
    """Overwrites a file when the second epoch ends."""

    def __init__(self, file):
        super().__init__()
        self.file = file

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            self.file.write_bytes(self.file.read_bytes()[:-60])


@pytest.mark.parametrize("augment", [None, standard()])
@pytest.mark.parametrize("name", ["train/b/2.jpg", "valid/a/0.jpg"])
def test_a_file_that_goes_bad_in_the_middle_of_training_is_named(image_folder, augment, name):
    folder = image_folder({"train/a": 5, "train/b": 5, "valid/a": 2, "valid/b": 2}, size=(12, 12), suffix="jpg")
    data = images.from_folder(folder, image_size=8, batch_size=4, augment=augment)
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    model.compile("sgd", data.loss)
    with pytest.raises(tf.errors.OpError, match=rf"Cannot be read or decoded: {folder / name}: Damaged or cut short"):
        model.fit(
            data.train, validation_data=data.valid, epochs=4, verbose=0, shuffle=False, callbacks=[Spoil(folder / name)]
        )


def test_a_defect_that_is_no_files_fault_speaks_for_itself(image_folder):
    class Wrong:
        def mix(self, images, labels, seed, *, classes):
            with tf.control_dependencies([tf.debugging.Assert(False, ["this was wrong"])]):
                return tf.identity(images), tf.one_hot(labels, classes)

    data = images.from_folder(image_folder({"a": 5, "b": 5}, size=(12, 12)), image_size=8, mixing=Wrong())
    with pytest.raises(tf.errors.OpError, match="this was wrong"):
        next(iter(data.train))


def test_a_test_part_and_whole_groups(image_folder):
    folder = image_folder({"train/a": 12, "train/b": 12, "test/a": 2, "test/b": 1})
    data = images.from_folder(folder, group=r"/(\d)\d?\.png$", valid_share=0.2)
    assert data.counts["test_images"] == 3
    assert collect(data.test)[1].tolist() == [0, 0, 1]
    first = {name.rsplit("/", 1)[1][0] for name in data.valid_names}
    assert first.isdisjoint(name.rsplit("/", 1)[1][0] for name in data.train_names)
    assert str(data).endswith("in 2 classes, 3 test images")


def test_a_group_where_the_folders_say_it_already(image_folder):
    folder = image_folder({"train/a": 2, "train/b": 2, "valid/a": 1, "valid/b": 1})
    with pytest.raises(BadInput, match="what is for validation already. Received: group='x'"):
        images.from_folder(folder, group="x")


def test_the_class_in_a_files_name(image_folder, tmp_path):
    folder = image_folder({"all/great_dane": 4, "all/pug": 4})
    for path in list(folder.rglob("*.png")):
        path.rename(folder / "all" / f"{path.parent.name}_{path.name}")
    data = images.from_pattern(folder / "all", r"(.+)_\d+\.png$")
    assert data.classes == ("great_dane", "pug")
    assert all(
        data.classes[label] in name for name, label in zip(data.valid_names, data.valid_pictures.labels, strict=True)
    )
    with pytest.raises(BadInput, match="No images, or no such folder"):
        images.from_pattern(tmp_path / "nowhere", "(.)")


def test_balanced_classes_come_alike_from_a_folder(image_folder):
    data = images.from_folder(image_folder({"a": 20, "b": 5}), balanced=True, batch_size=4)
    labels = collect(data.epoch(0))[1]
    assert np.bincount(labels).tolist() == [10, 10]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": 2}, "1 or 3 channels"),
        ({"background": 300}, "a background from 0 to 255"),
        ({"on_bad": "ignore"}, "on_bad is 'raise' or 'skip'"),
        ({"on_bad": "skip", "check": False}, "only after a check"),
    ],
)
def test_options_of_files_out_of_range(image_folder, options, message):
    with pytest.raises(BadInput, match=message):
        images.from_folder(image_folder({"a": 3, "b": 3}), **options)


def test_arrays_with_parts_of_their_own():
    pictures = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8)
    valid, test = (pictures[:4], np.array([0, 1, 0, 1])), (pictures[:3], np.array([1, 1, 0]))
    data = images.from_arrays(pictures, np.arange(20) % 2, classes=["a", "b"], valid=valid, test=test)
    assert (len(data.train_names), len(data.valid_names), len(data.test_names), data.steps) == (20, 4, 3, 1)
    assert collect(data.valid)[1].tolist() == [0, 1, 0, 1]
    assert collect(data.test)[0][:, 0, 0, 0].tolist() == [0, 1, 2]
    only_test = images.from_arrays(pictures, np.arange(20) % 2, classes=["a", "b"], test=test)
    assert only_test.counts["train_images"] == 16
    with pytest.raises(BadInput, match="Images of one size"):
        images.from_arrays(pictures, np.arange(20) % 2, classes=["a", "b"], valid=(pictures[:4, :3], valid[1]))


def test_names_of_parts_in_any_case_and_alone(image_folder):
    folder = image_folder({"Train/a": 2, "Train/b": 2, "Validation/a": 1, "Validation/b": 1})
    assert images.from_folder(folder).counts["valid_images"] == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "A seed is a whole number"),
        ({"augment": "standard"}, "Augment by an Augmentation"),
        ({"mixing": "mixup"}, "Mix by mixing.MixUp"),
        ({"image_size": 16.5}, "whole numbers of pixels"),
        ({"image_size": (16,)}, "whole numbers of pixels"),
        ({"check": "maybe"}, "check True, False or 'auto'"),
        ({"cache": __file__}, "kept in a folder, which this is not"),
    ],
)
def test_options_of_another_kind(image_folder, options, message):
    with pytest.raises(BadInput, match=message):
        images.from_folder(image_folder({"a": 3, "b": 3}), **options)


def test_many_bad_files_are_counted(image_folder, monkeypatch):
    monkeypatch.setattr(build, "NAMED", 2)
    folder = broken(image_folder({"a": 4, "b": 3}), "a/0.png", "a/1.png", "b/1.png")
    with pytest.raises(BadInput, match=r"3 of 7 files do not decode: .*a/1.png \(.*\); and 1 more\. Mend"):
        images.from_folder(folder)
