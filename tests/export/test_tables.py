"""What needs a table of raw columns is tested in tests/data/tabular/test_table.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import export, models


@pytest.mark.parametrize("options", [{}, {"classes": ["a", "b"], "targets": {"price": (0.0, 1.0)}}])
def test_either_classes_or_targets(options):
    with pytest.raises(ValueError, match="Pass either classes or targets. Received: classes="):
        export.table_model(models.tabular((), 2, classes=2), None, {}, **options)


def test_outputs_belong_to_classes():
    with pytest.raises(ValueError, match="outputs needs classes, not targets. Received: outputs='logits'"):
        export.table_model(models.tabular((), 2, outputs=1), None, {}, targets={"price": (0.0, 1.0)}, outputs="logits")


def test_a_table_model_that_ends_in_a_sigmoid_gives_the_same_probabilities(tmp_path):
    frame = {"age": tf.constant([[1.0], [2.0], [4.0]])}
    space = keras.utils.FeatureSpace({"age": keras.utils.FeatureSpace.float(name="age")}, output_mode="dict")
    space.adapt(tf.data.Dataset.from_tensor_slices({"age": [1.0, 2.0]}))
    inputs = {"numbers": keras.Input((1,), name="numbers")}
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(inputs["numbers"]))
    export.table_model(model, space, {"numbers": ["age"]}, classes=["no", "yes"]).save(tmp_path / "model.keras")
    exported = keras.models.load_model(tmp_path / "model.keras")
    expected = model.predict({"numbers": frame["age"]}, verbose=0)
    assert np.array_equal(exported.predict(frame, verbose=0), np.hstack([1 - expected, expected]))
    assert export.class_names(exported) == ("no", "yes")


def test_raw_columns_of_a_model_without_raw_columns():
    with pytest.raises(ValueError, match=r"take raw columns: export it with export\.table_model\. Received: 'mlp'"):
        export.raw_columns(models.mlp((3,), 2))


def test_a_feature_space_needs_its_features():
    space = keras.utils.FeatureSpace({"age": keras.utils.FeatureSpace.float(name="age")}, output_mode="dict")
    with pytest.raises(ValueError, match="A FeatureSpace needs features"):
        export.table_model(models.tabular((), 1, classes=2), space, classes=["no", "yes"])
