import keras
import numpy as np
import pytest
from keras import layers
from kerasdl.errors import BadInput
from kerasdl.interpret.scores import score_of, target_of

LOGITS = np.array([[1.0, 3.0, 0.0], [2.0, -1.0, 2.5]], "float32")
LOG_PROBABILITIES = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))


def classifier(columns, activation=None):
    return keras.Sequential([keras.Input((2,)), layers.Dense(columns, activation=activation)])


def scored(predicted, *target, **options):
    score = score_of(classifier(predicted.shape[1]), predicted, *target, **options)
    return keras.ops.convert_to_numpy(score(predicted))


@pytest.mark.parametrize("outputs", ["logits", "probabilities"])
def test_the_log_probability_or_the_log_odds_of_a_class(outputs):
    predicted = LOGITS if outputs == "logits" else np.exp(LOG_PROBABILITIES)
    assert scored(predicted, outputs=outputs) == pytest.approx(LOG_PROBABILITIES[[0, 1], [1, 2]], abs=1e-5)
    assert scored(predicted, 0, outputs=outputs) == pytest.approx(LOG_PROBABILITIES[:, 0], abs=1e-5)
    assert scored(predicted, [2, 0], outputs=outputs) == pytest.approx(LOG_PROBABILITIES[[0, 1], [2, 0]], abs=1e-5)
    p = np.exp(LOG_PROBABILITIES[:, 0])
    assert scored(predicted, 0, outputs=outputs, odds=True) == pytest.approx(np.log(p / (1 - p)), abs=1e-5)


@pytest.mark.parametrize("outputs", ["logits", "probabilities"])
def test_a_single_output_is_of_the_second_class(outputs):
    z = np.array([[2.0], [-1.0]], "float32")
    predicted = z if outputs == "logits" else 1 / (1 + np.exp(-z))
    assert scored(predicted, odds=True, outputs=outputs) == pytest.approx([2, 1], abs=1e-5)
    assert scored(predicted, 0, odds=True, outputs=outputs) == pytest.approx([-2, 1], abs=1e-5)
    assert scored(predicted, 1, outputs=outputs) == pytest.approx(-np.log1p(np.exp([-2, 1])), abs=1e-5)


@pytest.mark.parametrize("outputs", ["logits", "probabilities"])
def test_tags_have_odds_of_their_own(outputs):
    predicted = LOGITS if outputs == "logits" else 1 / (1 + np.exp(-LOGITS))
    assert scored(predicted, 1, odds=True, tags=True, outputs=outputs) == pytest.approx([3, -1], abs=1e-4)


def test_one_row_decides_for_any_number_of_them():
    score = score_of(classifier(3), LOGITS, outputs="logits")
    assert keras.ops.convert_to_numpy(score(LOGITS, 0)) == pytest.approx(LOG_PROBABILITIES[:, 1], abs=1e-5)


@pytest.mark.parametrize(("columns", "activation"), [(2, "softmax"), (1, "sigmoid")])
def test_probabilities_that_are_1_have_odds_because_keras_keeps_the_logits(columns, activation):
    model = classifier(columns, activation)
    model.layers[-1].set_weights([np.array([[0, 90], [0, 0]])[:, -columns:], np.zeros(columns)])
    predicted = model(np.array([[1.0, 0.0]]))
    assert float(predicted[0, -1]) == 1
    assert float(score_of(model, predicted, 1, odds=True)(predicted)[0]) == 90
    assert float(score_of(model, predicted, 0)(predicted)[0]) == -90


def test_a_function_is_the_score_itself():
    def third(outputs):
        return outputs[:, 2]

    assert score_of(classifier(3), LOGITS, third)(LOGITS).tolist() == [0, 2.5]
    assert score_of(classifier(3), LOGITS, third)(LOGITS, 1).tolist() == [0, 2.5]


@pytest.mark.parametrize("target", [3, -1, [0, 3]])
def test_a_class_that_does_not_exist_is_refused(target):
    with pytest.raises(BadInput, match=r"has 3 classes, from 0. Received: target=\["):
        scored(LOGITS, target, outputs="logits")


def test_outputs_that_are_no_rows_are_refused():
    with pytest.raises(BadInput, match=r"give a function as target. Received: .* outputs of shape \(2, 4, 3\)"):
        score_of(classifier(3), np.zeros((2, 4, 3)))


def test_targets_of_some_samples():
    assert target_of(None, slice(0, 2), 3) is None
    assert target_of(7, slice(0, 2), 3) == 7
    assert target_of([7, 8, 9], slice(1, 3), 3) == [8, 9]
    assert target_of(abs, slice(1, 3), 3) is abs
    with pytest.raises(BadInput, match="Received: 2 targets for 3 samples"):
        target_of([7, 8], slice(0, 2), 3)
