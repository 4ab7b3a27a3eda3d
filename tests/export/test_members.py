import keras
import numpy as np
import pandas as pd
import pytest
from kerasdl import export, models
from kerasdl.data import tabular
from kerasdl.errors import BadInput

RANDOM = np.random.default_rng(0)
FRAME = pd.DataFrame({"a": RANDOM.normal(size=60), "b": RANDOM.choice(list("xyz"), 60), "y": RANDOM.normal(500, 9, 60)})


def exported_of(target, **options):
    table = tabular.from_frame(FRAME, target)
    ends = {"classes": 3} if table.classes else {"outputs": 1}
    network = models.tabular(table.cardinalities, table.numbers, hidden=(4,), ensemble=5, **ends, **options)
    network.compile("sgd", table.loss)
    return export.table_model(network, table.encoder, classes=table.classes, targets=table.target_scales)


@pytest.mark.parametrize("target", ["y", "b"])
def test_the_mean_of_the_members_is_the_prediction(target, tmp_path):
    exported = exported_of(target)
    exported.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    inputs = tabular.raw_inputs(FRAME, export.raw_columns(loaded))
    each = export.members(loaded)(inputs).numpy()
    assert each.shape == (60, 5, 3 if target == "b" else 1)
    assert each.std(axis=1).min() > 0
    np.testing.assert_allclose(each.mean(axis=1), exported(inputs), rtol=1e-4)


def test_predictions_with_their_spread():
    numbers = exported_of("y")
    found = tabular.predict(numbers, FRAME, spread=True)
    each = export.members(numbers)(tabular.raw_inputs(FRAME, export.raw_columns(numbers))).numpy()
    assert list(found) == ["y", "y_spread"]
    np.testing.assert_allclose(found["y_spread"], each.std(axis=1)[:, 0], rtol=1e-4)
    words = tabular.predict(exported_of("b"), FRAME, spread=True)
    assert list(words)[:3] == ["class", "probability", "spread"]
    assert tabular.predict(numbers, FRAME[:0], spread=True).shape == (0, 2)


def test_a_single_network_has_no_members():
    with pytest.raises(BadInput, match="has no members: build it with ensemble=8. Received: 'tabular'"):
        export.members(models.tabular([3], 0, classes=2))
