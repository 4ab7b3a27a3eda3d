import keras
import numpy as np
import pytest
from kerasdl import groups, models

from tests.contracts import BUILDERS


@pytest.mark.parametrize("name", BUILDERS)
def test_the_body_is_kept_and_the_head_is_new(name):
    old = BUILDERS[name]()
    new = models.new_head(old, 7)
    assert new.output_shape == (None, 7)
    assert new.output.dtype == "float32"
    assert new.layers[-2] is old.layers[-2]
    assert list(groups.layer_groups(new)) == list(groups.layer_groups(old))


def test_the_body_of_an_exported_classifier_after_loading(tmp_path):
    old = BUILDERS["resnet-preprocess"]()
    models.image_classifier(old, list("abcde")).save(tmp_path / "model.keras")
    new = models.new_head(keras.models.load_model(tmp_path / "model.keras"), 2)
    assert new.input_shape == old.input_shape
    assert new.output_shape == (None, 2)
    kernel = old.get_layer("stem_conv").get_weights()[0]
    np.testing.assert_array_equal(new.get_layer("stem_conv").get_weights()[0], kernel)


def test_a_model_without_such_a_head_is_refused():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="top")])
    with pytest.raises(ValueError, match=r"named 'head_logits'.*Received: model .* with layers \['top'\]"):
        models.new_head(model, 2)
