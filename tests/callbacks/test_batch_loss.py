import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.callbacks.batch_loss import BatchLoss

from tests.contracts import Mode, batches, small_model


def test_the_loss_of_a_batch_is_computed_from_the_running_mean():
    model = small_model(Mode())
    loss = BatchLoss(model)
    model._loss_tracker.update_state(2.0, sample_weight=8)
    loss.begin()
    model._loss_tracker.update_state(5.0, sample_weight=3)
    assert loss.end() == pytest.approx(5.0)
    assert float(model._loss_tracker.result()) == pytest.approx((2 * 8 + 5 * 3) / 11)


def test_without_training_the_loss_is_nan():
    loss = BatchLoss(small_model(Mode()))
    loss.begin()
    assert loss.end() != loss.end()


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
    model, losses = OwnTrainStep(REPORTS[report]), []
    model.dense.build((None, 6))
    model.compile("sgd", run_eagerly=True)
    loss = BatchLoss(model)
    recorded = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: loss.begin(),
        on_train_batch_end=lambda batch, logs: losses.append(loss.end(logs)),
    )
    model.fit(batches(), epochs=2, verbose=0, shuffle=False, callbacks=[recorded])
    np.testing.assert_allclose(losses, np.arange(1, 11) ** 2)


def test_a_train_step_that_returns_no_loss_is_refused():
    model = OwnTrainStep(lambda model: {"d_loss": model.number})
    model.dense.build((None, 6))
    model.compile("sgd", run_eagerly=True)
    loss = BatchLoss(model)
    ended = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: loss.end(logs))
    with pytest.raises(ValueError, match=r"must return its loss, as {'loss': ...}. Received: \['d_loss'\]"):
        model.fit(batches(), verbose=0, shuffle=False, callbacks=[ended])
