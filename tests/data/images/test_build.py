import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data import images, listing
from kerasdl.data.images import build
from kerasdl.data.images.augment.augmentation import Augmentation, digits, standard
from kerasdl.errors import BadInput

from tests.data.images.pictures import collect


def broken(folder, *names):
    for name in names:
        (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n not an image")
    return folder


def test_cached_and_decoded_images_have_the_same_bits(image_folder, monkeypatch):
    folder = image_folder({"train/a": 9, "train/b": 8, "valid/a": 3, "valid/b": 2}, size=(10, 14))
    augment = Augmentation(rotate=10, brightness=0.2)
    cached = images.from_folder(folder, batch_size=4, augment=augment)
    monkeypatch.setattr(build, "CACHE_BYTES", 0)
    read = images.from_folder(folder, batch_size=4, augment=augment)
    for left, right in ((cached.train, read.train), (cached.valid, read.valid)):
        assert all(np.array_equal(a, b) for a, b in zip(collect(left), collect(right), strict=True))


def test_training_images_are_cached_larger_and_validation_images_exactly(image_folder):
    folder = image_folder({"train/a": 2, "train/b": 2, "valid/a": 1, "valid/b": 1}, size=(30, 44))
    read = images.from_folder(folder, image_size=16, augment=standard(), cache=None)
    data = images.from_folder(folder, image_size=16, augment=standard(), cache="memory")
    assert data.train_pictures.store.pictures.shape == (4, 20, 20, 3)
    assert data.valid_pictures.store.pictures.shape == (2, 16, 16, 3)
    assert np.array_equal(collect(data.valid)[0], collect(read.valid)[0])
    # Not larger than the files, nor without augmentation.
    for size, augment in ((28, standard()), (16, None)):
        made = images.from_folder(folder, image_size=size, augment=augment, cache="memory")
        assert made.train_pictures.store.pictures.shape[1] == (30 if augment else 16)


def test_image_sizes_and_channels(image_folder):
    folder = image_folder({"a": 3, "b": 3}, size=(30, 200))
    assert images.from_folder(folder).shape == (30, 30, 3)
    assert images.from_folder(folder, image_size=16, channels=1).shape == (16, 16, 1)
    assert images.from_folder(folder, image_size=(20, 40)).shape == (20, 40, 3)
    assert images.from_folder(image_folder({"a": 3, "b": 3}, size=(300, 200))).shape == (128, 128, 3)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_of_all_or_nothing_is_an_error(image_folder, share):
    with pytest.raises(BadInput, match="Received: "):
        images.from_folder(image_folder({"a": 3, "b": 3}), valid_share=share)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("names", [("cat", "dog"), ("3", "7"), ("10", "11")])
def test_only_photographs_are_mirrored(image_folder, suffix, names):
    data = images.from_folder(image_folder(dict.fromkeys(names, 3), suffix=suffix))
    assert data.augmentation == (standard(flip=suffix == "jpg") if names == ("cat", "dog") else digits())


def test_the_given_augmentation_is_used(image_folder):
    folder = image_folder({"a": 3, "b": 3})
    assert images.from_folder(folder, augment=None).augmentation is None
    assert images.from_folder(folder, augment=Augmentation(rotate=3)).augmentation == Augmentation(rotate=3)


def test_fewer_images_than_a_batch(image_folder):
    data = images.from_folder(image_folder({"a": 2, "b": 2}), batch_size=64, augment=None)
    assert [len(x) for x, _ in data.train] == [2]


def test_balanced_classes_come_equally_often(image_folder):
    data = images.from_folder(image_folder({"a": 20, "b": 5}), balanced=True, batch_size=4, augment=None)
    labels = collect(data.epoch(0))[1]
    assert np.bincount(labels).tolist() == [10, 10]


def test_files_that_do_not_decode_are_all_named(image_folder):
    folder = broken(image_folder({"a": 70, "b": 3}), "a/0.png", "a/69.png", "b/1.png")
    with pytest.raises(BadInput, match=r"3 of 73 files do not decode") as caught:
        images.from_folder(folder)
    assert all(f"{folder / name} (" in str(caught.value) for name in ("a/0.png", "a/69.png", "b/1.png"))
    assert "Fix, remove or skip them with on_bad='skip'" in str(caught.value)


def test_many_bad_files_are_counted(image_folder, monkeypatch):
    monkeypatch.setattr(listing, "MOST_NAMED", 2)
    folder = broken(image_folder({"a": 4, "b": 3}), "a/0.png", "a/1.png", "b/1.png")
    with pytest.raises(BadInput, match=r"3 of 7 files do not decode: .*a/1.png \(.*\); and 1 more\. Fix"):
        images.from_folder(folder)


def test_files_that_do_not_decode_can_be_skipped(image_folder):
    folder = broken(image_folder({"a": 6, "b": 6}), "a/0.png", "b/5.png")
    data = images.from_folder(folder, on_bad="skip", augment=None)
    assert data.counts == {"train_images": 8, "valid_images": 2, "skipped_images": 2}
    assert str(data).endswith(", 2 unreadable files skipped")
    names = [*data.train_names, *data.valid_names]
    assert len(names) == 10
    assert not {str(folder / "a/0.png"), str(folder / "b/5.png")} & set(names)
    for image, name in zip(collect(data.valid)[0], data.valid_names, strict=True):
        assert np.array_equal(image, tf.io.decode_png(tf.io.read_file(name)).numpy())


def test_a_class_without_readable_files_is_named(image_folder):
    folder = broken(image_folder({"train/a": 3, "train/b": 3, "valid/a": 1, "valid/b": 1}), "valid/b/0.png")
    with pytest.raises(BadInput, match=r"Classes without a readable image: \['b'\]"):
        images.from_folder(folder, on_bad="skip")


def test_formats_that_tensorflow_does_not_decode_are_named(image_folder):
    folder = image_folder({"a": 2, "b": 2})
    (folder / "a" / "scan.tiff").write_bytes(b"II*\0")
    with pytest.raises(BadInput, match=r"scan\.tiff \(TensorFlow decodes .* convert the file .* Received: a TIFF\)"):
        images.from_folder(folder)
    with pytest.raises(BadInput, match=r"scan\.tiff \(TensorFlow does not decode this format\)"):
        images.from_folder(folder, check=False)
