import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.data import images
from kerasdl.data.images.augment.augmentation import Augmentation
from kerasdl.data.images.pictures import Pictures
from kerasdl.data.images.stores import ArrayStore

from tests.data.images.pictures import PIXELS
from tests.data.images.test_stores import rows


def test_taken_images_are_loaded_by_their_new_index():
    pictures = Pictures(list("abcd"), np.arange(4), ArrayStore(PIXELS), np.arange(4)).take(np.array([3, 1]))
    source = pictures.source((30, 47))
    assert (source.names, source.labels.tolist()) == (["d", "b"], [3, 1])
    assert np.array_equal(source.load(rows(1, 0)), PIXELS[[1, 3]])
    assert np.array_equal(source.load(rows(1), lambda size: tf.eye(3)[None]), PIXELS[[1]])


class Spoil(keras.callbacks.Callback):
    """Truncates a file at the end of the first epoch."""

    def __init__(self, file):
        super().__init__()
        self.file = file

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 0:
            self.file.write_bytes(self.file.read_bytes()[:-60])


@pytest.mark.parametrize(
    ("name", "augment"),
    [
        # Both ways to load: with and without a transformation.
        ("train/b/2.jpg", Augmentation(rotate=10)),
        *(
            pytest.param(name, augment, marks=pytest.mark.slow)
            for name, augment in (
                ("valid/a/0.jpg", None), ("train/b/2.jpg", None), ("valid/a/0.jpg", Augmentation(rotate=10)),
            )
        ),
    ],
    ids=["augmented training", "validation", "training", "validation of augmented training"],
)  # fmt: skip
def test_a_file_that_goes_bad_during_training_is_named(image_folder, augment, name):
    folder = image_folder({"train/a": 4, "train/b": 4, "valid/a": 2, "valid/b": 2}, size=(12, 12), suffix="jpg")
    data = images.from_folder(folder, image_size=8, batch_size=4, augment=augment)
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    model.compile("sgd", data.loss)
    with pytest.raises(tf.errors.OpError, match=rf"Cannot be read or decoded: {folder / name}: Damaged or cut short"):
        model.fit(
            data.train, validation_data=data.valid, epochs=3, verbose=0, shuffle=False, callbacks=[Spoil(folder / name)]
        )


def test_a_file_that_goes_bad_between_two_validations_is_named(image_folder):
    folder = image_folder({"train/a": 2, "train/b": 2, "valid/a": 2, "valid/b": 2}, size=(12, 12), suffix="jpg")
    data, file = images.from_folder(folder, image_size=8, augment=None), folder / "valid/a/0.jpg"
    assert len(list(data.valid)) == 1
    file.write_bytes(file.read_bytes()[:-60])
    with pytest.raises(tf.errors.OpError, match=rf"Cannot be read or decoded: {file}: Damaged or cut short"):
        list(data.valid)


def test_an_error_that_no_file_causes_is_not_blamed_on_a_file(image_folder):
    class Wrong:
        def mix(self, images, labels, seed, *, classes):
            with tf.control_dependencies([tf.debugging.Assert(False, ["this was wrong"])]):
                return tf.identity(images), tf.one_hot(labels, classes)

    folder = image_folder({"a": 5, "b": 5}, size=(12, 12))
    data = images.from_folder(folder, image_size=8, mixing=Wrong(), augment=None)
    with pytest.raises(tf.errors.OpError, match="this was wrong"):
        next(iter(data.train))
