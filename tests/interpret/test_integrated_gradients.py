import keras
import numpy as np
import pytest
from kerasdl import models
from keras import layers
from kerasdl.errors import BadInput
from kerasdl.interpret import integrated_gradients

from tests.interpret import planted
from tests.interpret.test_word_importance import summing


def linear(columns=1, activation=None):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(columns, activation)])
    kernel = np.array([[1.0], [-2.0], [0.5]])
    model.layers[-1].set_weights([kernel if columns == 1 else np.hstack([0 * kernel, kernel]), np.zeros(columns)])
    return model


X = np.array([[1.0, 1.0, 2.0], [0.0, -1.0, 4.0]])
PARTS = X * [1, -2, 0.5]


def test_of_a_linear_model_each_number_adds_its_product():
    number = {"target": lambda outputs: outputs[:, 0]}
    assert integrated_gradients(linear(), X, **number) == pytest.approx(PARTS, abs=1e-6)
    assert integrated_gradients(linear(), X, steps=1, **number) == pytest.approx(PARTS, abs=1e-6)
    found = integrated_gradients(linear(), X, baseline=[0, 1, 0], batch_size=7, **number)
    assert found == pytest.approx(PARTS - [0, -2, 0], abs=1e-6)


@pytest.mark.parametrize(("columns", "activation"), [(1, None), (1, "sigmoid"), (2, None), (2, "softmax")])
def test_the_parts_of_a_log_probability_are_in_proportion_and_complete(columns, activation):
    """On the way all parts meet the same slope: the share of a part is that of its product."""
    found = integrated_gradients(linear(columns, activation), X, target=1)
    z = PARTS.sum(axis=1)
    rise = -np.log1p(np.exp(-z)) - np.log(0.5)
    assert found.sum(axis=1) == pytest.approx(rise, abs=1e-4)
    assert found[1] == pytest.approx(PARTS[1] / z[1] * rise[1], abs=1e-4)


@pytest.mark.parametrize("name", planted.BUILDERS)
def test_it_points_at_what_makes_the_class_and_is_complete(name):
    model, images = planted.BUILDERS[name](), planted.images()
    found = integrated_gradients(model, images, steps=8)
    assert planted.points_at_the_square(found.sum(axis=-1))
    logits = model(np.concatenate([images, 0 * images[:1]])).numpy()
    logits = np.log(logits) if name == "sequential" else logits
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    rises = log_p[np.arange(4), planted.LABELS] - log_p[4, planted.LABELS]
    assert found.sum(axis=(1, 2, 3)) == pytest.approx(rises, abs=0.01)
    assert rises.min() > 0.4


def test_a_token_adds_its_weight():
    """One logit is the sum of the weights of the tokens."""
    weights = np.array([0.0, 0.0, 0.0, 2.0, -1.0, 0.5])
    ids = np.array([[2, 3, 4, 5, 0], [3, 3, 3, 3, 3]])
    number = {"target": lambda outputs: outputs[:, 0]}
    found = integrated_gradients(summing(1, weights=weights), ids, **number)
    assert found == pytest.approx(weights[ids], abs=1e-6)
    found = integrated_gradients(summing(1, weights=weights), ids, baseline=5, **number)
    assert found == pytest.approx(weights[ids] - 0.5, abs=1e-6)


@pytest.mark.parametrize("bidirectional", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_planted_word_of_a_recurrent_classifier_is_found(bidirectional):
    """Only the row of word 7 is not zero, so only it can matter; padding has no part."""
    model = models.text_classifier(10, 2, cell="rnn", embedding=4, units=(4,), bidirectional=bidirectional)
    embedding = model.get_layer("encoder").layer.get_layer("stem_embedding")
    rows = np.zeros((10, 4))
    rows[7] = 3
    embedding.set_weights([rows])
    ids = np.array([[2, 7, 3, 0]], "int32")
    found = integrated_gradients(model, ids, target=1, steps=8, batch_size=8)
    assert found.shape == ids.shape
    assert np.flatnonzero(found[0]).tolist() == [1]
    assert not any("call" in vars(layer) for layer in model.get_layer("encoder").layer.layers)


def test_a_document_longer_than_the_model_pools_is_refused():
    model = models.text_classifier(10, 2, cell="rnn", embedding=4, units=(4,), last=4)
    with pytest.raises(BadInput, match="exactly once.*stem_embedding', called 3 times"):
        integrated_gradients(model, np.full((1, 9), 2))


def test_n_grams_have_no_row_for_each_token():
    model = models.ngram_classifier(10, 2, buckets=20, embedding=3)
    with pytest.raises(BadInput, match=r"a row for each token: word_importance.*'stem_embedding' with .* \(1, 3\)"):
        integrated_gradients(model, np.array([[2, 3, 4]]))


def test_of_several_embeddings_one_must_be_named():
    tokens = keras.Input((None,), dtype="int32")
    both = [layers.Embedding(9, 2, name=name)(tokens) for name in ("one", "two")]
    model = keras.Model(tokens, layers.Dense(2)(layers.GlobalAveragePooling1D()(layers.Add()(both))))
    with pytest.raises(BadInput, match=r"several embeddings: pass layer, one of \['one', 'two'\]"):
        integrated_gradients(model, np.array([[1, 2]]))
    assert integrated_gradients(model, np.array([[1, 2]]), layer="two").shape == (1, 2)


def test_too_few_steps_are_reported():
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, "relu")])
    model.layers[-1].set_weights([np.array([[1.0]]), np.array([-9.0])])
    with pytest.warns(UserWarning, match=r"add up to 0, its log-probability rises by 1 from .* Received: steps=1"):
        integrated_gradients(model, np.array([[10.0]]), steps=1, target=lambda outputs: outputs[:, 0])


def test_two_inputs_are_refused():
    one, two = keras.Input((2,)), keras.Input((2,))
    model = keras.Model([one, two], layers.Dense(2)(layers.Add()([one, two])))
    with pytest.raises(BadInput, match="a model of one input.*with 2 inputs"):
        integrated_gradients(model, np.ones((1, 2)))


def test_padding_of_a_sequence_gets_nothing_and_changes_nothing():
    model = models.resnet_1d((None, 2), 3, widths=(4,))
    sequences = np.random.default_rng(0).normal(size=(2, 9, 2)).astype("float32")
    sequences[1, 4:] = np.nan
    found = integrated_gradients(model, sequences, target=[0, 1], steps=32)
    assert np.array_equal(np.isnan(found), np.isnan(sequences))
    alone = integrated_gradients(model, sequences[1:, :4], target=1, steps=32)[0]
    np.testing.assert_allclose(found[1, :4], alone, atol=1e-5)
