import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import models
from keras import layers, losses, ops
from kerasdl.layers import ClassNames
from kerasdl.losses import SparseCategoricalCrossentropy
from kerasdl.outputs import class_outputs, only_output


def sequential(*made):
    return keras.Sequential([keras.Input((4,)), *made])


def functional(function):
    inputs = keras.Input((4,))
    return keras.Model(inputs, function(layers.Dense(2)(inputs)))


class Opaque(keras.Model):
    """Keras cannot see what a subclassed model computes."""

    def __init__(self, activation=None):
        super().__init__()
        self.activation = keras.activations.linear  # of a hidden layer, say
        self.dense = layers.Dense(2, activation=activation)

    def call(self, inputs):
        return self.dense(inputs)


SOFTMAX = {
    "argument": lambda: sequential(layers.Dense(2, activation="softmax")),
    "tensorflow": lambda: sequential(layers.Dense(2, activation=tf.nn.softmax)),
    "activation_layer": lambda: sequential(layers.Dense(2), layers.Activation("softmax")),
    "softmax_layer": lambda: sequential(layers.Dense(2), layers.Softmax()),
    "layer_as_activation": lambda: sequential(layers.Dense(2, activation=layers.Softmax())),
    "operation": lambda: functional(ops.softmax),
    "function": lambda: functional(keras.activations.softmax),
    "cast": lambda: functional(lambda x: ops.cast(ops.softmax(x), "float32")),
    "behind_layers": lambda: sequential(
        layers.Dense(2, activation="softmax"), layers.Reshape((2,)), layers.Dropout(0.1), layers.Identity(),
        layers.Activation("linear", dtype="float32"), ClassNames(["a", "b"]),
    ),
    "unbuilt": lambda: keras.Sequential([layers.Dense(2, activation="softmax")]),
    "nested": lambda: sequential(sequential(layers.Dense(2, activation="softmax")), layers.Identity()),
    "nested_functional": lambda: sequential(functional(ops.softmax)),
    "behind_a_model": lambda: sequential(
        functional(ops.softmax), keras.Sequential([keras.Input((2,)), layers.Identity()])
    ),
    "convolutions": lambda: keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Conv2D(2, 1), layers.GlobalAveragePooling2D(), layers.Softmax()]
    ),
    "builder": lambda: models.mlp((4,), 2, hidden=(), classifier_activation="softmax"),
}  # fmt: skip


@pytest.mark.parametrize("make", SOFTMAX.values(), ids=SOFTMAX)
def test_a_softmax_gives_probabilities(make):
    assert class_outputs(make(), 2) == "probabilities"


LINEAR = {
    "dense": lambda: sequential(layers.Dense(2)),
    "convolutions": lambda: keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Conv2D(2, 1), layers.GlobalAveragePooling2D()]
    ),
    "log_softmax": lambda: functional(ops.log_softmax),
    "log_softmax_argument": lambda: sequential(layers.Dense(2, activation="log_softmax")),
    "hidden_softmax": lambda: sequential(layers.Dense(3, activation="softmax"), layers.Dense(2)),
    "builder": lambda: models.mlp((4,), 2, hidden=()),
}


@pytest.mark.parametrize("make", LINEAR.values(), ids=LINEAR)
def test_a_linear_layer_gives_logits(make):
    assert class_outputs(make(), 2) == "logits"


def test_one_column():
    assert class_outputs(sequential(layers.Dense(1, activation="sigmoid")), 1) == "probabilities"
    assert class_outputs(sequential(layers.Dense(1)), 1) == "logits"
    with pytest.raises(ValueError, match="softmax of one column is always 1.*Received: 1 output columns"):
        class_outputs(sequential(layers.Dense(1, activation="softmax")), 1)


def smooth(y_true, y_pred, from_logits=True):
    return losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits)


LOSSES = [
    ("sparse_categorical_crossentropy", "probabilities"),
    ("SparseCategoricalCrossentropy", "probabilities"),
    ("crossentropy", "probabilities"),
    (["categorical_crossentropy"], "probabilities"),
    (losses.categorical_crossentropy, "probabilities"),
    (losses.CategoricalCrossentropy(), "probabilities"),
    (losses.CategoricalCrossentropy(from_logits=True), "logits"),
    (SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1), "logits"),
    ({"dense": losses.SparseCategoricalCrossentropy(from_logits=True)}, "logits"),
    (smooth, "logits"),
    (functools.partial(losses.sparse_categorical_crossentropy, from_logits=True), "logits"),
]


@pytest.mark.parametrize(("loss", "expected"), LOSSES, ids=range(len(LOSSES)))
def test_the_loss_tells_where_the_layers_do_not(loss, expected):
    model = Opaque()
    model.compile(loss=loss)
    assert class_outputs(model, 2) == expected


def test_the_loss_tells_before_and_after_training_and_a_reload(tmp_path):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.BatchNormalization()(layers.Dense(2)(inputs)))
    model.compile(loss="sparse_categorical_crossentropy")
    assert class_outputs(model, 2) == "probabilities"
    model.fit(np.ones((2, 4)), np.ones(2), verbose=0)
    assert class_outputs(model, 2) == "probabilities"
    model.save(tmp_path / "model.keras")
    assert class_outputs(keras.models.load_model(tmp_path / "model.keras"), 2) == "probabilities"


@pytest.mark.parametrize("loss", [None, "mse", lambda y_true, y_pred: y_pred], ids=["none", "mse", "custom"])
def test_outputs_that_cannot_be_known_are_refused(loss):
    model = Opaque("softmax")
    if loss:
        model.compile(loss=loss)
    with pytest.raises(ValueError, match="pass outputs='logits' or outputs='probabilities'. Received: 2 output col"):
        class_outputs(model, 2)
    assert class_outputs(model, 2, "probabilities") == "probabilities"
    with pytest.raises(ValueError, match="Received: outputs='odds'"):
        class_outputs(model, 2, "odds")


@pytest.mark.parametrize(
    ("make", "from_logits", "message"),
    [
        (LINEAR["dense"], False, "returns logits, but its loss expects probabilities: compile with from_logits=True"),
        (SOFTMAX["argument"], True, "returns probabilities, but its loss expects logits: compile with from_logits=Fal"),
    ],
)
def test_a_last_layer_and_a_loss_that_contradict_each_other_are_refused(make, from_logits, message):
    model = make()
    model.compile(loss=losses.SparseCategoricalCrossentropy(from_logits=from_logits))
    with pytest.raises(ValueError, match=message):
        class_outputs(model, 2)
    assert class_outputs(model, 2, "logits") == "logits"


def test_independent_columns_are_refused():
    with pytest.raises(ValueError, match="multi-label.*Received: 3 output columns of 'sequential"):
        class_outputs(sequential(layers.Dense(3, activation="sigmoid")), 3)
    model = sequential(layers.Dense(3))
    model.compile(loss=losses.BinaryCrossentropy(from_logits=True, name="bce"))
    with pytest.raises(ValueError, match="multi-label.*loss 'BinaryCrossentropy' with from_logits=True"):
        class_outputs(model, 3)
    assert class_outputs(model, 3, "logits") == "logits"


def test_several_outputs_are_refused_by_name():
    model, array = sequential(layers.Dense(2)), np.ones((4, 2))
    assert only_output(model, array) is array
    for several, shapes in (([array, array], r"\[\(4, 2\), \(4, 2\)\]"), ({"a": array}, r"{'a': \(4, 2\)}")):
        with pytest.raises(ValueError, match=f"must have one output.*Received: '{model.name}' with outputs {shapes}"):
            only_output(model, several)


def test_tags_are_not_exclusive():
    several = sequential(layers.Dense(2, activation="sigmoid"))
    assert class_outputs(several, 2, tags=True) == "probabilities"
    assert class_outputs(sequential(layers.Dense(2)), 2, tags=True) == "logits"
    several.compile(loss=losses.BinaryCrossentropy())
    assert class_outputs(several, 2, tags=True) == "probabilities"
    exclusive = sequential(layers.Dense(2, activation="softmax")), sequential(layers.Dense(2))
    exclusive[1].compile(loss=SparseCategoricalCrossentropy(from_logits=True))
    for model in exclusive:
        with pytest.raises(ValueError, match=r"exclude each other: for tags use a sigmoid per column.*Received: 2"):
            class_outputs(model, 2, tags=True)


def test_a_builder_returns_logits_whatever_its_last_layer_is():
    codes = np.arange(1, 6)
    model = models.ngram_classifier(9, 2, codes=codes, ratios=np.zeros((5, 2)))
    assert class_outputs(model, 2) == "logits"
    probabilities = models.ngram_classifier(9, 2, buckets=4, embedding=2, classifier_activation="softmax")
    assert class_outputs(probabilities, 2) == "probabilities"
