import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.interpret import Classification, samples
from sklearn import metrics


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(2, 5), st.integers(0, 1000))
def test_scores_equal_scikit_learn(count, classes, seed):
    random = np.random.default_rng(seed)
    found = Classification(
        random.normal(0, 5, (count, classes)), random.integers(0, classes, count), list("abcde"[:classes])
    )
    labels = np.arange(classes)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(found.targets, found.predictions))
    assert found.loss == pytest.approx(metrics.log_loss(found.targets, found.probabilities, labels=labels))
    assert np.array_equal(found.confusion, metrics.confusion_matrix(found.targets, found.predictions, labels=labels))


def test_misclassifications_by_hand():
    logits = np.array([[2.0, 0, 0], [0, 3.0, 0], [0, 1.0, 0], [0, 0, 9.0]])
    found = Classification(logits, np.array([0, 0, 0, 1]), ["a", "b", "c"])
    assert found.most_confused() == [("a", "b", 2), ("b", "c", 1)]
    assert found.most_confused(at_least=2) == [("a", "b", 2)]
    assert found.top_losses(2).tolist() == [3, 1]
    assert found.caption(1) == "predicted b, actual a, loss 3.09"  # log(2 + e^3) = 3.0949
    assert found.losses[3] == pytest.approx(np.log(2 + np.exp(9)))


def test_losses_stay_finite_if_probabilities_underflow():
    assert Classification(np.array([[1000.0, 0.0]]), np.array([1]), ["a", "b"]).loss == pytest.approx(1000)


def dataset():
    return tf.data.Dataset.from_tensor_slices((np.arange(10.0)[:, None], np.arange(10) % 2)).batch(4)


def test_predictions_of_a_model_agree_with_evaluate():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    found = Classification.of(model, dataset(), ["even", "odd"])
    assert [found.loss, found.accuracy] == pytest.approx(model.evaluate(dataset(), verbose=0), rel=1e-5)


def test_samples_are_returned_in_the_order_of_the_indices():
    assert samples(dataset(), [7, 0, 7]).ravel().tolist() == [7.0, 0.0, 7.0]
    with pytest.raises(ValueError, match=r"has 10 samples\. Received: indices \[12\]"):
        samples(dataset(), [1, 12])


@pytest.mark.parametrize(("logits", "targets"), [(np.zeros((3, 2)), [0, 1]), (np.zeros((2, 2)), [0, 2])])
def test_mismatched_shapes_and_targets_raise(logits, targets):
    with pytest.raises(ValueError, match="Received: "):
        Classification(logits, np.array(targets), ["a", "b"])


def identity():
    """A model whose logits are its inputs."""
    inputs = keras.Input((2,))
    return keras.Model(inputs, keras.layers.Identity()(inputs))


def two_samples(first, second):
    return [(np.log(np.array([first, second], "float32")), np.array([0, 1]))]


PLAIN = two_samples([0.8, 0.2], [0.5, 0.5])
AUGMENTED = [two_samples([0.6, 0.4], [0.1, 0.9]), two_samples([0.2, 0.8], [0.3, 0.7])]


def test_test_time_augmentation_averages_probabilities():
    found = Classification.of_test_time_augmentation(identity(), PLAIN, AUGMENTED, ["a", "b"])
    expected = 0.25 * np.array([[0.8, 0.2], [0.5, 0.5]]) + 0.75 * np.array([[0.4, 0.6], [0.2, 0.8]])
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)
    assert found.targets.tolist() == [0, 1]
    with pytest.raises(ValueError, match="Received: 0 copies"):
        Classification.of_test_time_augmentation(identity(), PLAIN, [], ["a", "b"])
    other_labels = [(AUGMENTED[0][0][0], np.array([1, 1]))]
    with pytest.raises(ValueError, match="Received: a copy with other labels"):
        Classification.of_test_time_augmentation(identity(), PLAIN, [other_labels], ["a", "b"])


def test_the_old_names_of_test_time_augmentation_still_work():
    new = Classification.of_test_time_augmentation(identity(), PLAIN, AUGMENTED, ["a", "b"])
    with pytest.warns(DeprecationWarning, match="Classification.of_views is deprecated.*of_test_time_augmentation"):
        old = Classification.of_views(identity(), PLAIN, AUGMENTED, ["a", "b"])
    with pytest.warns(DeprecationWarning, match="argument views of of_test_time_augmentation.*use augmented"):
        named = Classification.of_test_time_augmentation(identity(), PLAIN, views=AUGMENTED, classes=["a", "b"])
    assert np.array_equal(old.logits, new.logits)
    assert np.array_equal(named.logits, new.logits)


def test_one_hot_labels_are_indices():
    found = Classification.of(identity(), [(np.eye(2, dtype="float32"), np.eye(2)[[0, 0]])], ["a", "b"])
    assert (found.targets.tolist(), found.accuracy) == ([0, 0], 0.5)


def test_multi_label_targets_raise():
    with pytest.raises(ValueError, match=r"exactly one class.*Received: targets \(2, 2\) for 2 classes"):
        Classification.of(identity(), [(np.eye(2, dtype="float32"), np.array([[1, 1], [0, 1]]))], ["a", "b"])


def test_a_model_worse_than_the_most_frequent_class_is_named():
    targets, logits = np.array([0, 0, 0, 1]), np.array([[0.0, 1.0]] * 4)
    found = Classification(logits, targets, ["cat", "dog"])
    assert found.warning.endswith("most frequent class: accuracy 25.00% instead of 75.00%.")
    assert Classification(-logits, targets, ["cat", "dog"]).warning == ""
