import keras
import numpy as np
import pytest
from kerasdl import export, models


def test_class_names_are_saved_with_the_model(tmp_path):
    model = models.mlp((4, 4, 3), 2, hidden=())
    export.image_classifier(model, ["cat", "dog"]).save(tmp_path / "model.keras")
    assert export.class_names(keras.models.load_model(tmp_path / "model.keras")) == ("cat", "dog")
    with pytest.raises(ValueError, match=r"holds no class names\. Export it with .*Received: 'mlp'"):
        export.class_names(model)
    with pytest.raises(ValueError, match=r"holds no target names\. Export it with table_model\. Received: "):
        export.target_names(export.image_classifier(model, ["cat", "dog"]))


def test_the_likeliest_classes_in_order_and_the_first_of_equals():
    found = export.likeliest("abc", np.array([0.25, 0.5, 0.25], "float32"), top=None)
    assert list(found.items()) == [("b", 0.5), ("a", 0.25), ("c", 0.25)]
    assert export.likeliest("abc", np.array([0.5, 0.0, 0.5])) == {"a": 0.5}
