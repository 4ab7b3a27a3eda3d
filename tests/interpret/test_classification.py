import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasdl.interpret import Classification, samples
from sklearn import metrics


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(2, 5), st.integers(0, 1000))
def test_scores_equal_scikit_learn(count, classes, seed):
    random = np.random.default_rng(seed)
    found = Classification(
        random.normal(0, 5, (count, classes)), random.integers(0, classes, count), list("abcde"[:classes])
    )
    labels = np.arange(classes)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(found.targets, found.predictions))
    assert found.loss == pytest.approx(metrics.log_loss(found.targets, found.probabilities, labels=labels))
    assert found.f1 == pytest.approx(metrics.f1_score(found.targets, found.predictions, average="macro"))
    assert np.array_equal(found.confusion, metrics.confusion_matrix(found.targets, found.predictions, labels=labels))


def test_misclassifications_by_hand():
    logits = np.array([[2.0, 0, 0], [0, 3.0, 0], [0, 1.0, 0], [0, 0, 9.0]])
    found = Classification(logits, np.array([0, 0, 0, 1]), ["a", "b", "c"])
    assert found.most_confused() == [("a", "b", 2), ("b", "c", 1)]
    assert found.most_confused(at_least=2) == [("a", "b", 2)]
    assert found.top_losses(2).tolist() == [3, 1]
    assert found.caption(1) == "predicted b, actual a, loss 3.09"  # log(2 + e^3) = 3.0949
    assert found.losses[3] == pytest.approx(np.log(2 + np.exp(9)))
    assert found.f1 == pytest.approx((2 / (2 + 2) + 0 + 0) / 3)  # a: 1 of 3 found, none of others taken for it


def test_losses_stay_finite_if_probabilities_underflow():
    assert Classification(np.array([[1000.0, 0.0]]), np.array([1]), ["a", "b"]).loss == pytest.approx(1000)


def dataset():
    return tf.data.Dataset.from_tensor_slices((np.arange(10.0)[:, None], np.arange(10) % 2)).batch(4)


def test_predictions_of_a_model_agree_with_evaluate():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    found = Classification.of(model, dataset(), ["even", "odd"])
    assert [found.loss, found.accuracy] == pytest.approx(model.evaluate(dataset(), verbose=0), rel=1e-5)


def test_a_model_of_two_outputs_is_refused_by_name():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, [inputs, inputs * 2], name="two")
    with pytest.raises(ValueError, match="must have one output.*Received: 'two'"):
        Classification.of(model, dataset(), ["even", "odd"])


def test_one_sample_of_one_class_is_singular():
    assert repr(Classification(np.zeros((1, 1)), np.array([0]), ["a"])).startswith("Classification(1 sample, 1 class:")


X, ONE_HOT = np.eye(3, dtype="float32"), np.eye(2)[[0, 1, 0]]


def trained(*weights, activation, dtype="float32"):
    """A classifier of three samples; the logits of sample i are row i of the weights."""
    units = np.shape(weights)[-1]
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units, activation, use_bias=False, dtype=dtype)])
    model.set_weights([np.array(weights, "float32")])
    return model


def agrees_with_evaluate(model, loss, labels, *, rel=1e-6):
    model.compile(loss=loss, metrics=["accuracy"])
    batches = tf.data.Dataset.from_tensor_slices((X, labels)).batch(2)
    found = Classification.of(model, batches, ["cat", "dog"])
    assert [found.loss, found.accuracy] == pytest.approx(model.evaluate(batches, verbose=0), rel=rel)
    predicted = model.predict(batches, verbose=0).astype("float64")
    expected = predicted if predicted.shape[1] == 2 else np.hstack([1 - predicted, predicted])
    return found, expected


SPARSE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize(
    ("loss", "labels"),
    [(SPARSE, [0, 1, 0]), (SPARSE, [[0], [1], [0]]), (SPARSE, [0.0, 1.0, 0.0]), ("categorical_crossentropy", ONE_HOT)],
)
def test_a_softmax_agrees_with_evaluate_and_predict(loss, labels):
    found, predicted = agrees_with_evaluate(trained([2, 0], [1, 0], [0, 9], activation="softmax"), loss, labels)
    np.testing.assert_allclose(found.probabilities, predicted, atol=1e-7)
    assert found.loss == pytest.approx((np.log1p(np.exp(-2)) + np.log1p(np.exp(1)) + np.log1p(np.exp(9))) / 3)


@pytest.mark.parametrize("labels", [[0, 1, 0], [[0], [1], [0]], [False, True, False], [0.0, 1.0, 0.0]])
def test_a_sigmoid_agrees_with_evaluate_and_predict(labels):
    model = trained([2], [-1], [9], activation="sigmoid")
    found, predicted = agrees_with_evaluate(model, "binary_crossentropy", labels, rel=1e-4)  # 1 - p near p = 1
    np.testing.assert_allclose(found.probabilities, predicted, atol=1e-7)
    assert found.targets.tolist() == [0, 1, 0]
    assert found.predictions.tolist() == [1, 0, 1]


def test_one_logit_agrees_with_evaluate():
    model = trained([2], [-1], [90], activation=None)
    found, _ = agrees_with_evaluate(model, keras.losses.BinaryCrossentropy(from_logits=True), [[0], [1], [0]])
    assert found.logits.tolist() == [[0, 2], [0, -1], [0, 90]]


def test_the_loss_of_a_softmax_that_is_sure_and_wrong_is_not_clipped():
    """Keras takes it from the logits, so that it is above -log(1e-7) = 16.1."""
    found, _ = agrees_with_evaluate(trained([0, 40], [0, 1], [1, 0], activation="softmax"), SPARSE, [0, 1, 0])
    assert found.losses[0] == pytest.approx(40)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_the_loss_of_half_precision_is_clipped_as_by_keras(dtype):
    model = trained([0, 40], [0, 1], [1, 0], activation="softmax", dtype=dtype)
    found, predicted = agrees_with_evaluate(model, SPARSE, [0, 1, 0], rel=1e-3)
    assert found.losses[0] == pytest.approx(-np.log(1e-7))
    np.testing.assert_allclose(found.probabilities, predicted, atol=0.004)


def test_the_loss_of_a_sigmoid_of_1_stays_finite():
    model = trained([40], [1], [-40], activation="sigmoid")
    found = Classification.of(model, [(X, np.array([0, 1, 1]))], ["cat", "dog"])
    assert found.losses == pytest.approx([-np.log(1e-7), np.log1p(np.exp(-1)), 40])


def test_outputs_that_are_given():
    odd = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: keras.ops.softmax(x[:, :2]))])
    batches = [(X, np.array([0, 1, 0]))]
    with pytest.raises(ValueError, match="pass outputs='logits' or outputs='probabilities'"):
        Classification.of(odd, batches, ["cat", "dog"])
    found = Classification.of(odd, batches, ["cat", "dog"], outputs="probabilities")
    np.testing.assert_allclose(found.probabilities, odd.predict(X, verbose=0), atol=1e-7)
    averaged = Classification.of_test_time_augmentation(
        odd, batches, [batches], ["cat", "dog"], outputs="probabilities"
    )
    np.testing.assert_allclose(averaged.probabilities, found.probabilities)
    with pytest.raises(ValueError, match=r"sum to 1 over the classes. Received: 2 columns of 0 to 1, sums of 0 to 1"):
        Classification.of(trained([1, 0], [0, 1], [0, 0], activation=None), batches, "ab", outputs="probabilities")


def test_targets_that_are_no_classes_raise():
    with pytest.raises(
        ValueError, match=r"exactly one class.*Received: targets \(2,\) for 2 classes, of dtype float64"
    ):
        Classification.of(identity(), [(np.eye(2, dtype="float32"), np.array([0.5, 1.0]))], ["a", "b"])


def test_sample_weights_in_a_dataset_are_ignored():
    batches = [(np.eye(2, dtype="float32"), np.array([0, 0]), np.ones(2))]
    assert Classification.of(identity(), batches, ["a", "b"]).accuracy == 0.5
    assert samples(batches, [1]).tolist() == [[0, 1]]


def test_it_is_shown_in_one_line_and_in_a_notebook_with_its_confusions():
    found = Classification(np.array([[2.0, 0], [0, 3.0]]), np.array([0, 0]), ["<cat>", "dog"])
    assert repr(found) == "Classification(2 samples, 2 classes: accuracy 0.5, loss 1.588)"
    assert found._repr_html_().startswith(f'<p>{found!r}</p><img src="data:image/png;base64,iVBOR')
    nothing = Classification(np.zeros((0, 2)), np.zeros(0, int), ["cat", "dog"])
    assert repr(nothing) == "Classification(0 samples, 2 classes)"
    assert nothing._repr_html_() == "<p>Classification(0 samples, 2 classes)</p>"


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
