import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.interpret import Tagging
from sklearn import metrics


@settings(max_examples=12)
@given(st.integers(1, 40), st.integers(2, 5), st.integers(0, 1000))
def test_scores_equal_scikit_learn(count, tags, seed):
    random = np.random.default_rng(seed)
    found = Tagging(random.normal(0, 5, (count, tags)), random.integers(0, 2, (count, tags)), list("abcde"[:tags]))
    true, predicted = found.targets, found.predictions
    assert found.accuracy == pytest.approx(1 - metrics.hamming_loss(true, predicted))
    assert found.f1 == pytest.approx(metrics.f1_score(true, predicted, average="micro", zero_division=0))
    assert found.f1_macro == pytest.approx(metrics.f1_score(true, predicted, average="macro", zero_division=0))
    scores = metrics.precision_recall_fscore_support(true, predicted, average=None, zero_division=0)
    for index, each in enumerate(scores, start=1):
        assert [row[index] for row in found.per_tag] == pytest.approx(each.tolist())
    probabilities = found.probabilities.ravel()
    assert found.loss == pytest.approx(metrics.log_loss(true.ravel(), probabilities, labels=[0, 1]), rel=1e-6)


LOGITS = np.array([[2.0, -1.0, 0.5], [-3.0, 1.0, -0.1]])
TARGETS = np.array([[1, 0, 0], [1, 1, 0]])


def test_by_hand():
    found = Tagging(LOGITS, TARGETS, ["drama", "western", "war"])
    assert found.predictions.tolist() == [[True, False, True], [False, True, False]]
    assert found.accuracy == pytest.approx(4 / 6)
    assert found.f1 == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert found.f1_macro == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert found.per_tag == [
        ("drama", 1.0, 0.5, pytest.approx(2 / 3), 2),
        ("western", 1.0, 1.0, 1.0, 1),
        ("war", 0.0, 0.0, 0.0, 0),
    ]
    losses = np.log1p(np.exp([[-2, -1, 0.5], [3, -1, -0.1]]))
    assert found.losses == pytest.approx(losses.mean(axis=1))
    assert found.top_losses(1).tolist() == [1]
    assert list(found.tag_losses) == ["drama", "war", "western"]
    assert found.caption(0) == f"predicted drama, war; actual drama; loss {losses[0].mean():.2f}"
    assert Tagging(-abs(LOGITS), TARGETS, list("abc")).caption(0).startswith("predicted none; actual a;")
    assert found.scores == {"accuracy": found.accuracy, "loss": found.loss}


def test_one_tag_alone():
    found = Tagging(np.array([[1.0], [-1.0], [1.0]]), np.array([[1], [1], [0]]), ["spam"])
    assert (found.f1, found.f1_macro, found.accuracy) == pytest.approx((0.5, 0.5, 1 / 3))


@pytest.mark.parametrize("activation", [None, "sigmoid"])
def test_predictions_of_a_model_agree_with_evaluate(activation):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, activation, kernel_initializer="normal")])
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=activation is None), metrics=["binary_accuracy"])
    x = np.arange(10.0)[:, None]
    dataset = tf.data.Dataset.from_tensor_slices((x, np.stack([np.arange(10) % 2, np.ones(10)], axis=1))).batch(4)
    found = Tagging.of(model, dataset, ["odd", "any"])
    loss, accuracy = model.evaluate(dataset, verbose=0)
    assert found.loss == pytest.approx(loss, rel=1e-5)
    if activation:  # Keras takes 0.5 as the threshold of logits, too
        assert found.accuracy == pytest.approx(accuracy)
    predicted = model.predict(dataset, verbose=0)
    np.testing.assert_allclose(found.probabilities, predicted if activation else tf.sigmoid(predicted), atol=1e-6)


def test_probabilities_of_0_and_1_have_a_finite_loss():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    batches = [(np.array([[0.0, 1.0]], "float32"), np.array([[1, 0]]))]
    assert np.isfinite(Tagging.of(model, batches, "ab", outputs="probabilities").loss)
    with pytest.raises(ValueError, match="must be probabilities, from 0 to 1. Received: -1 to 2"):
        Tagging.of(model, [(np.array([[-1.0, 2.0]]), np.array([[1, 0]]))], "ab", outputs="probabilities")


def test_a_softmax_has_no_tags():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, "softmax")])
    with pytest.raises(ValueError, match="exclude each other"):
        Tagging.of(model, [(np.ones((1, 1)), np.array([[1, 0]]))], "ab")


@pytest.mark.parametrize(
    ("logits", "targets", "message"),
    [
        (np.zeros((3, 2)), np.zeros((2, 2)), r"Received: \(3, 2\) and \(2, 2\) for 2 classes"),
        (np.zeros((2, 3)), np.zeros((2, 3)), "for 2 classes"),
        (np.zeros((2, 2)), np.zeros(2), r"and \(2,\)"),
        (np.zeros((2, 2)), np.full((2, 2), 0.1), "must be 0 or 1 for each tag. Received: 0.1"),
    ],
)
def test_mismatched_shapes_and_targets_raise(logits, targets, message):
    with pytest.raises(ValueError, match=message):
        Tagging(logits, targets, ["a", "b"])


def test_a_model_that_knows_no_more_than_the_frequencies_is_named():
    targets = np.array([[1, 0, 1], [1, 0, 0]])
    known = Tagging(np.array([[9.0, -9.0, 0.1]] * 2), targets, list("abc"))
    assert known.warning.endswith(f"how frequent each tag is: loss {known.loss:.4g} instead of 0.231.")  # log(2) / 3
    better = np.array([[9.0, -9.0, 3.0], [9.0, -9.0, -3.0]])
    assert Tagging(better, targets, list("abc")).warning == ""


def test_it_is_shown_in_one_line_and_in_a_notebook():
    found = Tagging(LOGITS, TARGETS, ["<drama>", "western", "war"])
    assert repr(found).startswith("Tagging(2 samples, 3 tags: accuracy 0.6667, loss ")
    assert found._repr_html_().startswith(f'<p>{found!r}</p><img src="data:image/png;base64,iVBOR')
    assert Tagging(np.zeros((0, 2)), np.zeros((0, 2)), "ab")._repr_html_() == "<p>Tagging(0 samples, 2 tags)</p>"
