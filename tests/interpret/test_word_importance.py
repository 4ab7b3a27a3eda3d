import keras
import numpy as np
import pytest
from kerasdl.interpret import word_importance

WEIGHTS = np.array([0.0, 0.0, 0.0, 2.0, -1.0, 0.5])  # of each token for class 1, whose logit is their sum


def summing(columns=2, activation=None, weights=WEIGHTS):
    """A classifier whose last logit is the sum of the weights of the tokens, all others are 0."""
    tokens = keras.Input((None,), dtype="int32")
    embedding = keras.layers.Embedding(len(weights), columns)
    x = keras.ops.sum(embedding(tokens), axis=1)
    model = keras.Model(tokens, keras.layers.Activation(activation or "linear")(x))
    embedding.set_weights([np.stack([np.zeros_like(weights)] * (columns - 1) + [weights], axis=1)])
    return model


def log_sigmoid(logit):
    return -np.log1p(np.exp(-logit))


IDS = np.array([2, 3, 4, 5, 3])
FALLS = log_sigmoid(4 - 0.5) - log_sigmoid(3.5 - WEIGHTS[IDS])


@pytest.mark.parametrize("outputs", ["logits", "probabilities"])
def test_a_token_that_is_left_out_takes_its_weight_with_it(outputs):
    model = summing(activation="softmax" if outputs == "probabilities" else None)
    found = word_importance(model, IDS, outputs=outputs)
    assert found == pytest.approx(FALLS, abs=1e-6)
    assert found[[0, 2]] == pytest.approx([0, log_sigmoid(3.5) - log_sigmoid(4.5)], abs=1e-6)
    against = word_importance(model, IDS, 0, outputs=outputs)
    assert against == pytest.approx(log_sigmoid(-3.5) - log_sigmoid(WEIGHTS[IDS] - 3.5), abs=1e-5)


def test_one_logit_is_that_of_the_second_class():
    assert word_importance(summing(1), IDS, outputs="logits") == pytest.approx(FALLS, abs=1e-6)


def test_tags_have_log_probabilities_of_their_own():
    """The first tag has the logit 0 whatever is left out."""
    assert word_importance(summing(), IDS, tags=True, outputs="logits") == pytest.approx(FALLS, abs=1e-6)
    assert word_importance(summing(), IDS, 0, tags=True, outputs="logits").tolist() == [0] * 5


def test_a_long_document_is_left_out_span_by_span(monkeypatch):
    """Four predictions: the whole, and three spans of 3, 4 and 3 tokens, which share what they weigh."""
    model, shapes = summing(), []
    predict = model.predict_on_batch
    monkeypatch.setattr(model, "predict_on_batch", lambda rows: shapes.append(rows.shape) or predict(rows))
    ids = np.array([2, 3, 4, 5, 3, 4, 4, 4, 3, 5])
    found, whole = word_importance(model, ids, 1, most=4, outputs="logits"), WEIGHTS[ids].sum()
    falls = [log_sigmoid(whole) - log_sigmoid(whole - each.sum()) for each in np.split(WEIGHTS[ids], [3, 7])]
    assert found == pytest.approx([falls[0] / 3] * 3 + [falls[1] / 4] * 4 + [falls[2] / 3] * 3, abs=1e-6)
    assert shapes == [(32, 64)]
    shapes.clear()
    word_importance(model, np.full(1000, 3), outputs="logits")
    assert shapes == [(32, 1024), (32, 1024)]


def test_as_many_predictions_as_tokens():
    assert word_importance(summing(), IDS, most=6, outputs="logits") == pytest.approx(FALLS, abs=1e-6)


def test_a_document_without_words():
    assert word_importance(summing(), [2]).tolist() == [0]
    assert word_importance(summing(), []).tolist() == []


@pytest.mark.parametrize(
    ("tokens", "options"), [([[2, 3]], {}), ([2, 3], {"target": 2}), ([2, 3], {"target": -1}), ([2, 3], {"most": 1})]
)
def test_bad_arguments(tokens, options):
    with pytest.raises(
        ValueError, match=r"Give the ids of one document, one of the 2 classes.*Received: tokens of sha"
    ):
        word_importance(summing(), tokens, **options)
