import keras
import numpy as np
import pytest
from kerasdl.export.probabilities import class_probabilities

X = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")


def ending_in(*last):
    return keras.Sequential([keras.Input((3,)), *last])


def predicted(model, outputs=None):
    return keras.Model(model.inputs, class_probabilities(model, model.outputs[0], outputs)).predict(X, verbose=0)


def test_logits_get_a_softmax():
    model = ending_in(keras.layers.Dense(3))
    assert np.array_equal(predicted(model), keras.layers.Softmax()(model.predict(X, verbose=0)))


def test_probabilities_stay_as_they_are():
    model = ending_in(keras.layers.Dense(3, activation="softmax"))
    assert np.array_equal(predicted(model), model.predict(X, verbose=0))


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_one_column_becomes_two(activation):
    model = ending_in(keras.layers.Dense(1, activation=activation))
    outputs = model.predict(X, verbose=0)
    second = outputs if activation else keras.ops.sigmoid(outputs)
    np.testing.assert_allclose(predicted(model), np.hstack([1 - second, second]), atol=1e-6)


@pytest.mark.parametrize("columns", [1, 2])
def test_half_precision_becomes_float32(columns):
    activation = "sigmoid" if columns == 1 else "softmax"
    model = ending_in(keras.layers.Dense(columns, activation=activation, dtype="mixed_float16"))
    found, expected = predicted(model), model.predict(X, verbose=0)
    assert (found.dtype, expected.dtype) == (np.float32, np.float16)
    assert np.array_equal(found[:, -1], expected[:, -1].astype("float32"))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-3)


def test_outputs_that_the_layers_do_not_tell_are_given():
    model = ending_in(keras.layers.Dense(2), keras.layers.Lambda(lambda x: keras.ops.softmax(x)))
    with pytest.raises(ValueError, match="pass outputs='logits' or outputs='probabilities'"):
        predicted(model)
    assert np.array_equal(predicted(model, "probabilities"), model.predict(X, verbose=0))


def test_several_sigmoids_are_not_given_a_softmax():
    with pytest.raises(ValueError, match="multi-label"):
        predicted(ending_in(keras.layers.Dense(2, activation="sigmoid")))
