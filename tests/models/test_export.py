import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import models
from kerasdl.data import images


@pytest.fixture
def model():
    return models.resnet((12, 16, 3), 2, depths=(1,), widths=(4,), stem="small", preprocess="symmetric")


def test_raw_images_of_any_size_meet_the_pixels_that_validation_saw(model, image_folder):
    folder = image_folder({"train/a": 2, "train/b": 2, "valid/a": 1, "valid/b": 1}, size=(40, 31))
    data = images.from_folder(folder, image_size=(12, 16))
    exported = models.image_classifier(model, data.classes)
    seen = np.concatenate([keras.ops.softmax(model.predict_on_batch(x)) for x, _ in data.valid])
    raw = np.stack([tf.io.decode_png(tf.io.read_file(name)).numpy() for name in data.valid_names])
    np.testing.assert_allclose(exported.predict(raw, verbose=0), seen, atol=1e-6)


def test_class_names_travel_with_the_model(model, tmp_path):
    models.image_classifier(model, ["cat", "dog"]).save(tmp_path / "model.keras")
    assert models.class_names(keras.models.load_model(tmp_path / "model.keras")) == ("cat", "dog")
    with pytest.raises(ValueError, match="carries no class names"):
        models.class_names(model)


def test_one_name_a_class(model):
    with pytest.raises(ValueError, match="Received: 3 names"):
        models.image_classifier(model, ["a", "b", "c"])


def test_a_model_without_a_size_is_refused():
    free = models.resnet((None, None, 3), 2, depths=(1,), widths=(4,))
    with pytest.raises(ValueError, match="Give the image size that the model shall see"):
        models.image_classifier(free, ["a", "b"])
    exported = models.image_classifier(free, ["a", "b"], image_size=(20, 24))
    assert exported.get_layer("fit_image").output.shape == (None, 20, 24, 3)


def test_a_size_that_the_model_does_not_take_is_refused(model):
    with pytest.raises(ValueError, match=r"Received: image_size=\(9, 16\) for input_shape=\(None, 12, 16, 3\)"):
        models.image_classifier(model, ["a", "b"], image_size=(9, 16))


def test_a_forecaster_takes_and_gives_the_users_units():
    inner = models.forecaster((12, 2), 1, horizon=3, skip=None, units=(4,))
    windows = np.random.default_rng(0).standard_normal((5, 12, 2)) * [0.5, 3.0] + [1_000_000.0, -7.0]
    exported = models.series_model(inner, (np.array([1_000_000.0, -7.0]), np.array([0.5, 3.0])))
    scaled = (windows.astype("float32") - np.array([1_000_000.0, -7.0])) / [0.5, 3.0]
    expected = inner.predict(scaled, verbose=0) * 0.5 + 1_000_000.0
    np.testing.assert_allclose(exported.predict(windows, verbose=0), expected, atol=0.07)  # float32 steps by 0.0625
    with pytest.raises(ValueError, match="Received: 1 and 1 for windows of 2 channels"):
        models.series_model(inner, ([0.0], [1.0]))
