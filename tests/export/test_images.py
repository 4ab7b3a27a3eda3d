import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import models
from kerasdl.data import images
from kerasdl.export import class_names, image_classifier
from kerasdl.outputs import class_outputs


@pytest.fixture
def model():
    return models.resnet((12, 16, 3), 2, depths=(1,), widths=(4,), stem="small", preprocess="symmetric")


def test_raw_images_give_the_model_the_same_pixels_as_validation(model, image_folder):
    folder = image_folder({"train/a": 2, "train/b": 2, "valid/a": 1, "valid/b": 1}, size=(40, 31))
    data = images.from_folder(folder, image_size=(12, 16))
    exported = image_classifier(model, data.classes)
    expected = np.concatenate([keras.ops.softmax(model.predict_on_batch(x)) for x, _ in data.valid])
    raw = np.stack([tf.io.decode_png(tf.io.read_file(name)).numpy() for name in data.valid_names])
    np.testing.assert_allclose(exported.predict(raw, verbose=0), expected, atol=1e-6)


def test_number_of_names_must_match_the_logits(model):
    with pytest.raises(ValueError, match="Received: 3 names"):
        image_classifier(model, ["a", "b", "c"])


def test_image_size_is_required_if_the_model_takes_any():
    free = models.resnet((None, None, 3), 2, depths=(1,), widths=(4,))
    with pytest.raises(ValueError, match=r"Pass the image size that the model expects\. Received: image_size=None"):
        image_classifier(free, ["a", "b"])
    exported = image_classifier(free, ["a", "b"], image_size=(20, 24))
    assert exported.get_layer("fit_image").output.shape == (None, 20, 24, 3)


def test_image_size_must_match_the_model(model):
    with pytest.raises(ValueError, match=r"Received: image_size=\(9, 16\) for input_shape=\(None, 12, 16, 3\)"):
        image_classifier(model, ["a", "b"], image_size=(9, 16))


class Subclassed(keras.Model):
    def call(self, images):
        return images[:, 0, 0]


@pytest.mark.parametrize(
    ("model", "received"),
    [
        (Subclassed(name="mine"), "Subclassed 'mine' with input_shape=None"),
        (keras.Sequential([keras.layers.Flatten()], name="lazy"), "Sequential 'lazy' with input_shape=None"),
        (
            keras.Sequential([keras.Input((5,)), keras.layers.ReLU()], name="vectors"),
            r"Sequential 'vectors' with input_shape=\(None, 5\)",
        ),
    ],
)
def test_a_model_of_no_images_is_refused_by_name(model, received):
    with pytest.raises(ValueError, match=rf"functional, or Sequential with an Input, and take.*Received: {received}"):
        image_classifier(model, ["a", "b"], image_size=(8, 8))


def test_a_model_of_two_outputs_is_refused_by_name():
    inputs = keras.Input((4, 4, 1))
    model = keras.Model(inputs, [inputs[:, 0, 0], inputs[:, 1, 1]], name="two")
    with pytest.raises(
        ValueError, match=r"must have one output.*Received: 'two' with outputs \[\(None, 1\), \(None, 1\)\]"
    ):
        image_classifier(model, ["a", "b"])


PIXELS = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 1), dtype=np.uint8)


def ending_in(*last):
    start = [keras.Input((4, 4, 1)), keras.layers.Rescaling(1 / 255), keras.layers.Flatten()]
    return keras.Sequential([*start, *last])


def exported_and_loaded(model, folder, **options):
    image_classifier(model, ["cat", "dog"], **options).save(folder / "model.keras")
    loaded = keras.models.load_model(folder / "model.keras")
    assert class_names(loaded) == ("cat", "dog")
    assert class_outputs(loaded, 2) == "probabilities"
    return loaded.predict(PIXELS, verbose=0)


def test_a_softmax_is_not_applied_twice(tmp_path):
    model = ending_in(keras.layers.Dense(2, activation="softmax"))
    assert np.array_equal(exported_and_loaded(model, tmp_path), model.predict(PIXELS, verbose=0))


def test_one_sigmoid_gives_two_columns(tmp_path):
    model = ending_in(keras.layers.Dense(1, activation="sigmoid"))
    second = model.predict(PIXELS, verbose=0)
    assert np.array_equal(exported_and_loaded(model, tmp_path), np.hstack([1 - second, second]))
