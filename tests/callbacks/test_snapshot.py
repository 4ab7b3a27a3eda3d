import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.callbacks.snapshot import Snapshot, build_for_step

from tests.contracts import Mode, batches, same, small_model, state


def test_everything_that_a_fit_changes_is_restored():
    model = small_model(Mode(policy="mixed_float16"))
    history = model.fit(batches(), verbose=0, shuffle=False)
    before, metrics = state(model), [float(metric.result()) for metric in model.metrics]
    snapshot = Snapshot(model)
    drawn = random.random(), np.random.random(), float(keras.random.uniform(()))
    snapshot.restore()
    model.fit(batches(), epochs=2, verbose=0, shuffle=False)
    assert not same(state(model), before)
    snapshot.restore()
    assert same(state(model), before)
    assert [float(metric.result()) for metric in model.metrics] == metrics
    assert model.history is history
    assert (random.random(), np.random.random(), float(keras.random.uniform(()))) == drawn


def test_states_of_a_stateful_layer_are_restored():
    model = keras.Sequential([keras.Input((3, 2), batch_size=4), keras.layers.LSTM(5, stateful=True)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).random((4, 3, 2)).astype("float32")
    model(x)
    before = [np.array(value) for value in model.layers[0].states]
    snapshot = Snapshot(model)
    model(x)
    assert not np.array_equal(model.layers[0].states[0], before[0])
    snapshot.restore()
    assert all(np.array_equal(a, b) for a, b in zip(model.layers[0].states, before, strict=True))


def test_metrics_that_the_model_does_not_list_are_restored():
    class Hides(keras.Sequential):
        metrics = property(lambda self: [])

    model = Hides([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.hidden_metric = keras.metrics.Mean()
    model.hidden_metric.update_state(3.0)
    snapshot = Snapshot(model)
    model.hidden_metric.update_state(9.0)
    snapshot.restore()
    assert float(model.hidden_metric.result()) == 3.0


def compiled(outputs: keras.KerasTensor, inputs: keras.KerasTensor, kind: type = keras.Model) -> keras.Model:
    model = kind(inputs, outputs)
    model.compile("adam", "mse", metrics=["accuracy"])
    return model


def test_what_the_first_step_creates_exists_before_it_is_traced():
    inputs = keras.Input((6,))
    model = compiled(keras.layers.Dense(3)(inputs), inputs)
    build_for_step(model, iter(batches()))
    # Labels are whole numbers: how the accuracy counts depends on the shapes of targets and outputs.
    assert [type(each).__name__ for each in model._compile_metrics.metrics] == ["SparseCategoricalAccuracy"]
    assert model.optimizer.built


class HasItsOwnStep(keras.Model):
    def train_step(self, data):
        return {"loss": 0.0}


@pytest.mark.parametrize("why", ["a train_step of its own", "targets of unknown rank"])
def test_what_only_the_first_step_can_know_is_left_to_it(why):
    inputs, own = keras.Input((6,)), why == "a train_step of its own"
    model = compiled(keras.layers.Dense(3)(inputs), inputs, HasItsOwnStep if own else keras.Model)
    signature = tf.TensorSpec((None, 6)), tf.TensorSpec((None,) if own else None)
    build_for_step(model, iter(tf.data.Dataset.from_generator(lambda: iter([]), output_signature=signature)))
    assert not model._compile_metrics.built
    assert model.optimizer.built != own
