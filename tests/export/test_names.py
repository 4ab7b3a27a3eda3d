import keras
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
