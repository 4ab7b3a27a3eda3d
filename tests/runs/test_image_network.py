import keras
import numpy as np
import pytest
from kerasdl import models, runs
from kerasdl.errors import BadInput

GROUPS = (runs.ImageData, runs.ImageNetwork, runs.Transfer, runs.Options)


def network(**options):
    """The images and the network of some options."""
    groups = [
        group(**{name: value for name, value in options.items() if name in group.__dataclass_fields__})
        for group in GROUPS
    ]
    return runs.images_and_network(*groups)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """What an earlier run on grayscale images of the size of the digits leaves."""
    folder = tmp_path_factory.mktemp("base")
    model = models.resnet8((8, 8, 1), 2, stem="small", preprocess="symmetric")
    models.image_classifier(model, ["dark", "light"]).save(folder / "model.keras")
    return folder


def test_a_file_of_weights_is_where_the_network_begins(base, tmp_path):
    trained = keras.models.load_model(base / "model.keras").get_layer("resnet8")
    trained.save_weights(tmp_path / "a.weights.h5")
    for weights in (tmp_path / "a.weights.h5", base / "model.keras"):
        _, model = network(weights=str(weights), arch="resnet8", preprocess="symmetric", head="fastai")
        kernel = trained.get_layer("stem_conv").get_weights()[0]
        assert np.array_equal(model.get_layer("stem_conv").get_weights()[0], kernel)
        assert (model.output_shape, model.get_layer("head_dense").units) == ((None, 10), 512)


def test_trained_weights_that_cannot_be_used(base, image_folder, tmp_path):
    folder = image_folder({"a": 3, "b": 3})
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]).save(tmp_path / "model.keras")
    for options, message in (
        ({"weights": "imagenets"}, r"one of \['imagenet'\]. Received: weights='imagenets'"),
        ({"weights": "imagenet"}, "Images of 8 x 8 are too small: the smallest side .* is 17"),
        ({"weights": str(base / "model.keras")}, r"need their scaling \(--preprocess\)"),
        (
            {"weights": str(base / "model.keras"), "arch": "resnet10", "preprocess": "unit"},
            "do not fit .* 'resnet10'",
        ),
        ({"weights": str(base), "arch": "resnet8", "channels": 1}, "determines arch, channels"),
        ({"weights": str(tmp_path)}, "is not an image classifier"),
        ({"weights": str(base), "precision": "mixed_bfloat16"}, "determines the precision, float32"),
        ({"weights": str(folder / "a")}, "The folder has no model.keras"),
    ):
        with pytest.raises(BadInput, match=message):
            network(**options)
    models.image_classifier(models.resnet8((8, 8, 3), 2), ["a", "b"]).save(tmp_path / "model.keras")
    with pytest.raises(BadInput, match="needs images of 3 channels. Received: 1 channels"):
        network(weights=str(tmp_path))
