import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import models
from kerasdl.data import images
from kerasdl.export import image_classifier


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
