import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import schedules
from kerasdl.callbacks import OneCycle, StepScalars
from kerasdl.optimizers import current_momentum, current_step

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
        velocity = momentum * velocity - schedules.one_cycle(step, 0.05, 15) * gradient
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
    np.testing.assert_allclose(scalars.history["learning_rate"], in_float32(15))


def in_float32(steps):
    """The cycle up to 0.05 as a step computes it."""
    return [float(schedules.one_cycle(tf.constant(float(step)), 0.05, steps)) for step in range(steps)]


WITHOUT_MOMENTUM = ["Adadelta", "Adafactor", "Adagrad", "Ftrl", "RMSprop", "SGD", "ScheduleFreeAdamW"]


def one_weight(optimizer):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer, "mse", run_eagerly=True)
    return model


def test_the_list_of_optimizers_without_momentum_is_complete():
    every = {name: each for name, each in vars(keras.optimizers).items() if isinstance(each, type)}
    stock = [name for name, each in every.items() if issubclass(each, keras.optimizers.Optimizer)]
    wrappers = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer"}
    assert [name for name in sorted({*stock} - wrappers) if not current_momentum(every[name]())] == WITHOUT_MOMENTUM


@pytest.mark.parametrize("name", WITHOUT_MOMENTUM)
def test_without_momentum_the_learning_rate_moves_alone_with_one_warning(name, tmp_path):
    scalars, x = StepScalars(tmp_path), np.arange(1.0, 5.0)[:, None]
    auto, none = (one_weight(getattr(keras.optimizers, name)()) for _ in range(2))
    message = f"{name} has no momentum, so OneCycle schedules the learning rate alone.*momentum=None"
    with pytest.warns(UserWarning, match=message) as warned:
        auto.fit(x, x, batch_size=1, shuffle=False, verbose=0, callbacks=[OneCycle(0.05), scalars])
    assert sum("has no momentum" in str(each.message) for each in warned) == 1
    none.fit(x, x, batch_size=1, shuffle=False, verbose=0, callbacks=[OneCycle(0.05, momentum=None)])
    assert same(state(auto), state(none))
    np.testing.assert_allclose(scalars.history["learning_rate"], in_float32(4))


@pytest.mark.parametrize(
    ("name", "received"),
    [("SGD", r"Give the optimizer momentum=0\.9, or.*momentum=0\.0"), ("Adagrad", "Use momentum=None.*momentum=None")],
)
def test_a_pair_of_momenta_needs_an_optimizer_with_momentum(name, received):
    model = one_weight(getattr(keras.optimizers, name)())
    with pytest.raises(ValueError, match=rf"{name} has no momentum to schedule\. {received}"):
        model.fit(np.ones((1, 1)), np.ones((1, 1)), verbose=0, callbacks=[OneCycle(0.05, momentum=(0.95, 0.85))])


def test_the_default_momentum_is_a_pair_where_the_optimizer_has_one(tmp_path):
    scalars, x = StepScalars(tmp_path), np.ones((4, 1))
    one_weight("adam").fit(x, x, batch_size=1, verbose=0, callbacks=[OneCycle(0.05), scalars])
    assert scalars.history["momentum"] == pytest.approx([0.95, 0.85, 0.875, 0.925])


@pytest.mark.parametrize("momentum", ["auto", None])
def test_several_optimizers_in_one_are_refused_by_name(momentum):
    optimizers = keras.optimizers.OptimizerMap(keras.optimizers.SGD())
    model = one_weight(keras.optimizers.MultiOptimizer(optimizers))
    with pytest.raises(ValueError, match=r"own learning rates.*with groups.*Received: MultiOptimizer"):
        model.fit(np.ones((1, 1)), np.ones((1, 1)), verbose=0, callbacks=[OneCycle(0.05, momentum=momentum)])


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
        ({"peak_lr": 40, "total_steps": 1e-2}, "peak_lr=40, total_steps=0.01"),
        ({"total_steps": 0}, "total_steps=0"),
        ({"momentum": (0.9, 1.0)}, "high=0.9, low=1.0"),
        ({"momentum": (0.85, 0.95)}, "high=0.85, low=0.95"),
        ({"momentum": (0.95, 0.85, 0.95)}, r"momentum=\(0.95, 0.85, 0.95\)"),
        ({"momentum": 0.9}, "momentum=0.9"),
        ({"momentum": "none"}, "momentum='none'"),
        ({"shape": "round"}, "shape='round'"),
    ],
)
def test_arguments_out_of_range(arguments, received):
    with pytest.raises(ValueError, match=f"Received: .*{received}"):
        OneCycle(**{"peak_lr": 0.1, **arguments})
