"""The network for tables."""

import kerasdl
import keras
import numpy as np
import pytest
from kerasdl import models
from kerasdl.groups import layer_groups


def test_parameters_by_hand():
    model = models.tabular([10, 3], 4, classes=2, hidden=(5,), normalization="none")
    # Embeddings of 6 and 3, four numbers, one hidden layer, two logits.
    assert model.count_params() == 10 * 6 + 3 * 3 + (6 + 3 + 4) * 5 + 5 + 5 * 2 + 2
    assert list(layer_groups(model)) == ["stem", "stage1", "head"]
    assert models.tabular([10], 0, classes=2, embedding_sizes=[7]).get_layer("stem_embeddings").sizes == (7,)


def test_parameters_of_an_ensemble_by_hand():
    edges = [[0, 1, 2], [0, 1], [0, 1], [0, 1]]
    model = models.tabular([], 4, outputs=2, hidden=(5,), normalization="none", edges=edges, ensemble=3)
    # Two intervals to seven numbers beside each number; then one kernel, scales of inputs and outputs and a bias for
    # each of three members, and a last layer for each.
    assert model.count_params() == 4 * 2 * 7 + 32 * 5 + 3 * (32 + 5 + 5) + 3 * (5 * 2 + 2)
    assert list(layer_groups(model)) == ["stem", "stage1", "head"]
    assert model.get_layer("head_members").output.shape == (None, 3, 2)


def test_members_begin_different():
    model = models.tabular([], 2, outputs=1, hidden=(4,), ensemble=3)
    members = keras.Model(model.input, model.get_layer("head_members").output)
    assert members({"numbers": np.ones((1, 2), "float32")}).numpy().std() > 0


def test_outputs_lie_in_output_range():
    model = models.tabular([3], 2, outputs=2, output_range=(-1.0, 3.0))
    rows = {"categories": np.zeros((50, 1), int), "numbers": np.random.default_rng(0).normal(0, 1000, (50, 2))}
    outputs = model.predict_on_batch(rows)
    assert outputs.shape == (50, 2)
    assert -1 <= outputs.min() < outputs.max() <= 3


def test_embedding_dropout_acts_only_in_training():
    model = models.tabular([3], 0, classes=2, embedding_dropout=0.9)
    rows = {"categories": np.arange(3)[:, None]}
    assert model.get_layer("stem_dropout").rate == 0.9
    np.testing.assert_array_equal(model(rows), model(rows))


def test_learns_from_a_category():
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    rows = {"categories": random.integers(0, 6, (400, 1)), "numbers": random.normal(size=(400, 2)).astype("float32")}
    labels = np.isin(rows["categories"][:, 0], [1, 4, 5]).astype(int)
    model = models.tabular([6], 2, classes=2, hidden=(16,))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(kerasdl.optimizers.AdamW(0.01), loss, metrics=["accuracy"])
    assert model.fit(rows, labels, epochs=10, verbose=0).history["accuracy"][-1] > 0.97


def test_invalid_arguments():
    with pytest.raises(ValueError, match=r"at least one column\. Received: cardinalities=\(\), numbers=0"):
        models.tabular([], 0, classes=2)
    with pytest.raises(ValueError, match="Pass either classes or outputs"):
        models.tabular([3], 1)
    with pytest.raises(ValueError, match=r"at least one hidden layer.*Received: ensemble=2, hidden=\(\)"):
        models.tabular([3], 1, classes=2, hidden=(), ensemble=2)
    with pytest.raises(ValueError, match=r"have no output_range.*Received: output_range=\(0, 1\), ensemble=2"):
        models.tabular([3], 1, outputs=1, output_range=(0, 1), ensemble=2)
    with pytest.raises(ValueError, match="PiecewiseLinearEmbeddings expects 1 numbers"):
        models.tabular([], 2, outputs=1, edges=[[0, 1]])


@pytest.mark.parametrize("ensemble", [None, 3])
def test_learns_quantiles_that_hold_their_share(ensemble):
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    rows = {"numbers": random.uniform(-1, 1, (2000, 1)).astype("float32")}
    targets = (rows["numbers"] + random.uniform(-1, 1, (2000, 1))).astype("float32")
    options = {"outputs": 3, "quantiles": (0.1, 0.5, 0.9), "normalization": "none", "ensemble": ensemble}
    model = models.tabular([], 1, hidden=(16,), **options)
    model.compile(kerasdl.optimizers.AdamW(0.01), kerasdl.losses.Pinball([0.1, 0.5, 0.9]))
    model.fit(rows, targets, epochs=8, batch_size=64, verbose=0)
    predicted = model.predict(rows, verbose=0)
    assert (np.diff(predicted) >= 0).all()
    assert (targets <= predicted).mean(axis=0) == pytest.approx([0.1, 0.5, 0.9], abs=0.05)
    if ensemble:
        assert kerasdl.export.members(model)(rows).shape == (2000, 3, 3)


def test_quantiles_need_an_output_each():
    for options in ({"outputs": 2}, {"outputs": 3, "output_range": (0, 1)}, {"classes": 3}):
        with pytest.raises(ValueError, match="Quantiles need an output each, and no output_range"):
            models.tabular([], 1, quantiles=(0.1, 0.5, 0.9), **options)
