import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import export, models
from kerasdl.data.images import predict
from kerasdl.errors import BadInput


def by_brightness():
    """Two classes: the probability of the lighter one grows with the mean of the image."""
    pixels = keras.Input((4, 4, 1))
    mean = keras.layers.GlobalAveragePooling2D()(pixels)
    model = keras.Model(pixels, keras.layers.Dense(2, kernel_initializer="zeros")(mean))
    model.layers[-1].set_weights([np.array([[0.0, 0.1]]), np.array([0.0, -10.0])])
    return export.image_classifier(model, ["dark", "light"], image_size=(4, 4))


def files(folder, *pictures):
    for number, picture in enumerate(pictures):
        tf.io.write_file(str(folder / f"{number}.png"), tf.io.encode_png(np.uint8(picture)[..., None]))
    return sorted(folder.iterdir())


def test_the_most_probable_class_and_its_probability(tmp_path):
    """Of images of several sizes; one after the other."""
    paths = files(tmp_path, np.full((4, 4), 120), np.full((9, 7), 100), np.full((30, 5), 80))
    (tmp_path / "3.png").write_bytes(b"nothing")
    found = predict(by_brightness(), [*map(str, paths), tmp_path / "3.png"])
    odds = 1 / (1 + np.exp(-2))
    assert [next(found) for _ in paths] == [
        {"light": pytest.approx(odds)},
        {"dark": 0.5},
        {"dark": pytest.approx(odds)},
    ]
    with pytest.raises(BadInput, match=r"Cannot be read or decoded: TensorFlow decodes.* Received: '.*3\.png'"):
        next(found)


def test_what_is_no_classifier_of_several_files(tmp_path):
    with pytest.raises(BadInput, match=r"Give a list of files, such as \[file\]. Received: 'cat.png'"):
        predict(by_brightness(), "cat.png")
    for other in (keras.Sequential(), models.mlp((4, 4, 1), 2, hidden=())):
        with pytest.raises(BadInput, match="no classifier of images: export it with export.image_classifier"):
            predict(other, [])
