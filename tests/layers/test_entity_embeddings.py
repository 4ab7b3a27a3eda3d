import json
from pathlib import Path

import keras
import numpy as np
import pytest
from kerasdl.layers import EntityEmbeddings
from kerasdl.layers.entity_embeddings import embedding_size

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "small_rules.json").read_text())


@pytest.mark.parametrize(("cardinality", "size"), GOLDEN["emb_sz_rule"].items())
def test_sizes_are_fastais(cardinality, size):
    assert embedding_size(int(cardinality)) == size


def test_every_column_has_its_own_table():
    layer = EntityEmbeddings([3, 2], [2, 1])
    layer.build((None, 2))
    layer.set_weights([np.array([[1, 2], [3, 4], [5, 6]]), np.array([[7], [8]])])
    assert layer(np.array([[2, 0], [0, 1]])).numpy().tolist() == [[5, 6, 7], [1, 2, 8]]
    assert layer.compute_output_shape((None, 2)) == (None, 3)


def test_reload_in_half_precision(tmp_path):
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    inputs = keras.Input((2,), dtype="int32")
    model = keras.Model(inputs, EntityEmbeddings([3, 2])(inputs))
    assert model.output.dtype == "bfloat16"
    model.save(tmp_path / "model.keras")
    rows = np.array([[2, 0], [0, 1]])
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras")(rows), model(rows))


def test_invalid_arguments():
    with pytest.raises(ValueError, match="one size per column.*sizes=\\(1,\\)"):
        EntityEmbeddings([3, 2], [1])
    with pytest.raises(ValueError, match="expects 2 columns"):
        EntityEmbeddings([3, 2])(np.zeros((1, 3), int))
