import keras
import numpy as np
import pytest
from kerasdl.interpret import permutation_importance

PLACES = {"useless": ("numbers", slice(0, 1)), "useful": ("numbers", slice(1, 3))}


def linear(weights):
    inputs = {"numbers": keras.Input((3,), name="numbers")}
    model = keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(inputs["numbers"]))
    model.set_weights([np.array(weights, "float32")[:, None]])
    model.compile("sgd", "mse")
    return model


def batches():
    numbers = np.random.default_rng(0).normal(size=(500, 3)).astype("float32")
    targets = numbers @ np.array([[0.0], [1.0], [2.0]], "float32")
    return [({"numbers": numbers[at : at + 200]}, targets[at : at + 200]) for at in (0, 200, 400)]


def test_the_loss_rises_when_a_used_column_is_shuffled():
    found = permutation_importance(linear([0, 1, 2]), batches(), PLACES, verbose=0)
    assert list(found) == ["useful", "useless"]
    # The target has variance 5; the difference of two shuffles has twice that.
    assert found["useful"] == pytest.approx(10, rel=0.15)
    assert found["useless"] == 0
    assert permutation_importance(linear([0, 1, 2]), batches(), PLACES, verbose=0) == found
    assert permutation_importance(linear([0, 1, 2]), batches(), PLACES, seed=1, verbose=0) != found


def test_a_classifier_is_measured_by_its_compiled_loss():
    model = linear([0, 1, 2])
    inputs = model.input
    logits = keras.layers.Dense(2, use_bias=False)(inputs["numbers"])
    classifier = keras.Model(inputs, logits)
    classifier.set_weights([np.array([[0, 0], [-5, 5], [0, 0]], "float32")])
    classifier.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    data = [(x, (x["numbers"][:, 1] > 0).astype(int)) for x, _ in batches()]
    found = permutation_importance(classifier, data, PLACES, verbose=0)
    assert found["useful"] > 2
    assert found["useless"] == 0


@pytest.mark.parametrize("loss", ["binary_crossentropy", "crossentropy", ["bce"], keras.losses.BinaryCrossentropy()])
def test_losses_in_every_form_that_compile_takes(loss):
    inputs = {"numbers": keras.Input((3,), name="numbers")}
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid", use_bias=False)(inputs["numbers"]))
    model.set_weights([np.array([[0], [5], [0]], "float32")])
    model.compile("sgd", loss)
    # Labels without the axis of the outputs.
    data = [(x, (x["numbers"][:, 1] > 0).astype(int)) for x, _ in batches()]
    found = permutation_importance(model, data, PLACES, verbose=0)
    assert found["useful"] > 1
    assert found["useless"] == 0


def test_several_losses_are_refused():
    model = linear([0, 1, 2])
    model.compile("sgd", ["mse", "mae"])
    with pytest.raises(ValueError, match=r"with one loss.*Received: 'functional.*mae"):
        permutation_importance(model, batches(), PLACES)


def test_a_model_that_is_not_compiled_raises():
    model = linear([0, 1, 2])
    with pytest.raises(ValueError, match="repeats=0"):
        permutation_importance(model, batches(), PLACES, repeats=0)
    with pytest.raises(ValueError, match="Compile the model"):
        permutation_importance(keras.Model(model.input, model.output), batches(), PLACES)
