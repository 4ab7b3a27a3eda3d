from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.callbacks.restoring import Restoring
from kerasdl.callbacks.step_record import Step, StepRecord, mean_loss

from tests.contracts import Mode, batches, small_model


class Records(Restoring):
    """Reads the record after every execution."""

    def __init__(self, rows=1):
        super().__init__()
        self.rows, self.read = rows, []

    def change(self, epoch):
        self.record = StepRecord(self.model, self.rows)

    def put_back(self):
        pass

    def before_step(self):
        return self.record.before()

    def after_step(self, data, outputs, before):
        self.record.after(outputs, before)

    def on_train_batch_end(self, batch, logs=None):
        self.read.append(self.record.read())


def recorded(model, *, rows=1, epochs=1, data=None):
    """The rows of each execution; their losses add up to what Keras logs of each epoch."""
    callback, data = Records(rows), data or batches()
    logged = model.fit(data, epochs=epochs, verbose=0, shuffle=False, callbacks=[callback]).history
    length = len(callback.read) // epochs
    of_epochs = [callback.read[length * epoch : length * (epoch + 1)] for epoch in range(epochs)]
    if "loss" in logged and type(model).train_step is keras.Model.train_step:
        found = [mean_loss([step for steps in executions for step in steps]) for executions in of_epochs]
        np.testing.assert_allclose(found, logged["loss"], rtol=1e-5)
    return callback.read


@pytest.mark.parametrize("run", ["graph", "eager", pytest.param("jit", marks=pytest.mark.slow)])
def test_every_step_has_a_row(run):
    read = recorded(small_model(Mode(run=run)), epochs=2)
    assert [[(step.step, step.samples) for step in steps] for steps in read] == [[(index, 8)] for index in range(10)]


def test_the_loss_is_that_of_the_batch():
    twin = small_model(Mode())
    losses = [twin.train_on_batch(x, y) for _ in range(2) for x, y in batches()]
    np.testing.assert_allclose(list(map(mean_loss, recorded(small_model(Mode()), epochs=2))), losses, rtol=1e-5)


def test_the_steps_of_an_execution_have_a_row_each():
    one = recorded(small_model(Mode()), epochs=2)
    four = recorded(small_model(Mode(steps_per_execution=4)), rows=4, epochs=2)
    assert [[step.step for step in steps] for steps in four] == [[0, 1, 2, 3], [4], [5, 6, 7, 8], [9]]
    np.testing.assert_allclose(
        [step.total_loss for steps in four for step in steps], [steps[0].total_loss for steps in one], rtol=1e-5
    )


def test_a_short_last_batch_counts_as_many_samples_as_it_has():
    data = tf.data.Dataset.from_tensor_slices((np.ones((11, 6), "float32"), np.zeros(11))).batch(8)
    assert [steps[0].samples for steps in recorded(small_model(Mode()), data=data)] == [8, 3]


def test_two_replicas_add_up(two_devices):
    with two_devices.scope():
        model = small_model(Mode())
    assert [[(step.step, step.samples) for step in steps] for steps in recorded(model)] == [
        [(index, 8)] for index in range(5)
    ]


def test_steps_that_loss_scaling_skips_do_not_count():
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=2.0**23)
    read = [steps[0] for steps in recorded(small_model(Mode("mixed_float16"), optimizer), epochs=4)]
    assert [step.step for step in read[:2]] == [0, 0]
    assert {after.step - before.step for before, after in pairwise(read)} == {0, 1}


def test_a_second_fit_counts_on_with_the_optimizer():
    model = small_model(Mode())
    model.optimizer.iterations.assign(20_000_000)
    assert [steps[0].step for steps in recorded(model)] == list(range(20_000_000, 20_000_005))


def test_no_steps_have_no_loss():
    assert StepRecord(small_model(Mode()), rows=2).read() == []
    assert np.isnan(mean_loss([]))
    assert mean_loss([Step(0, 0.1, 0.9, 6.0, 2.0), Step(1, 0.1, 0.9, 3.0, 1.0)]) == 3.0


class OwnTrainStep(keras.Model):
    """Reports the square of the number of the batch as its loss, in the way of `report`."""

    def __init__(self, report):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.kl_tracker, self.total_tracker = keras.metrics.Mean(name="kl"), keras.metrics.Mean(name="total_loss")
        self.number, self.report = self.add_weight(shape=(), initializer="zeros", trainable=False), report

    def train_step(self, data):
        self.number.assign_add(1.0)
        with tf.GradientTape() as tape:
            loss = keras.ops.mean(self.dense(data[0]) ** 2)
        self.optimizer.apply(tape.gradient(loss, self.dense.trainable_variables), self.dense.trainable_variables)
        self.kl_tracker.update_state(self.number)
        self.total_tracker.update_state(self.number**2)
        return self.report(self)


REPORTS = {
    "a tracker": lambda model: {"loss": model.total_tracker.result(), "kl": model.kl_tracker.result()},
    "the batch": lambda model: {"loss": model.number**2},
}


@pytest.mark.parametrize("report", REPORTS)
def test_the_loss_of_a_train_step_of_the_models_own(report):
    model = OwnTrainStep(REPORTS[report])
    model.dense.build((None, 6))
    model.compile("sgd")
    losses = [mean_loss(steps) for steps in recorded(model, epochs=2)]
    np.testing.assert_allclose(losses, np.arange(1, 11) ** 2)


def test_a_train_step_that_returns_no_loss_has_none():
    model = OwnTrainStep(lambda model: {"d_loss": model.number})
    model.dense.build((None, 6))
    model.compile("sgd", run_eagerly=True)
    read = [steps[0] for steps in recorded(model)]
    assert [(step.step, step.samples) for step in read] == [(index, 0) for index in range(5)]
