import keras
import numpy as np
import pytest
from kerasdl import schedules
from kerasdl.callbacks import OneCycle, StepScalars
from kerasdl.optimizers import current_step

from tests.contracts import Mode, batches, same, small_model, state


def fit(model, *callbacks, epochs=3, **options):
    model.fit(batches(), epochs=epochs, callbacks=list(callbacks), verbose=0, shuffle=False, **options)
    return model


def test_momentum_changes(tmp_path):
    """15 steps of Keras's SGD on one weight, computed in NumPy; fails if momentum is constant."""
    x = np.arange(1.0, 16.0)[:, None] / 10
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    model.fit(x, 0 * x, batch_size=1, shuffle=False, verbose=0, callbacks=[OneCycle(0.05)])
    weight, velocity = 1.0, 0.0
    for step in range(15):
        momentum = schedules.one_cycle_momentum(step, 15)
        gradient = 2 * weight * x[step, 0] ** 2
        velocity = momentum * velocity - schedules.one_cycle(step, 15, 0.05) * gradient
        weight += velocity
    assert model.get_weights()[0].item() == pytest.approx(weight, abs=1e-6)


def test_steps_per_execution_changes_nothing():
    one, four = (fit(small_model(Mode(steps_per_execution=k)), OneCycle(0.05)) for k in (1, 4))
    assert same(state(one), state(four))


def test_a_resumed_fit_continues_the_cycle(tmp_path):
    class Stops(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 0

    whole = StepScalars(str(tmp_path / "whole"))
    fit(small_model(Mode()), OneCycle(0.05), whole)
    model = small_model(Mode())
    fit(model, OneCycle(0.05), Stops())
    rest = StepScalars(str(tmp_path / "rest"))
    fit(model, OneCycle(0.05), rest, initial_epoch=1)
    assert rest.history["learning_rate"] == whole.history["learning_rate"][5:]
    assert rest.history["momentum"] == whole.history["momentum"][5:]


def test_a_second_fit_begins_a_new_cycle(tmp_path):
    scalars, model = StepScalars(str(tmp_path)), small_model(Mode())
    fit(model, OneCycle(0.05))
    fit(model, OneCycle(0.05), scalars)
    assert current_step(model.optimizer) == 30
    assert scalars.history["learning_rate"][0] == pytest.approx(0.05 / 25)


def test_gradient_accumulation_counts_batches(tmp_path):
    scalars = StepScalars(str(tmp_path))
    fit(small_model(Mode(), keras.optimizers.Adam(gradient_accumulation_steps=5)), OneCycle(0.05), scalars)
    expected = schedules.one_cycle(np.arange(15), 15, 0.05)
    np.testing.assert_allclose(scalars.history["learning_rate"], expected)


def test_sgd_without_momentum_needs_momentum_none():
    with pytest.raises(ValueError, match=r"SGD has no momentum to schedule.*momentum=None.*Received: momentum=0\.0"):
        fit(small_model(Mode(), keras.optimizers.SGD(0.1)), OneCycle(0.05))
    fit(small_model(Mode(), keras.optimizers.SGD(0.1)), OneCycle(0.05, momentum=None))


def test_a_cycle_shorter_than_the_fit_raises():
    with pytest.raises(ValueError, match=r"takes 15 steps \(3 epochs of 5\)\. Received: total_steps=14"):
        fit(small_model(Mode()), OneCycle(0.05, total_steps=14))


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        ({"peak_lr": 0}, "peak_lr=0"),
        ({"warmup_share": 1.0}, "warmup_share=1.0"),
        ({"start_divisor": 0.5}, "start_divisor=0.5"),
        ({"end_divisor": 0}, "end_divisor=0"),
        ({"momentum": (0.9, 1.0)}, "high=0.9, low=1.0"),
        ({"shape": "round"}, "shape='round'"),
    ],
)
def test_arguments_out_of_range(arguments, received):
    with pytest.raises(ValueError, match=f"Received: .*{received}"):
        OneCycle(**{"peak_lr": 0.1, **arguments})
