"""The contract of every callback, in every mode that stock Keras can train in."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.callbacks.scheduling import Scheduling
from kerasdl.optimizers import current_momentum, innermost

from tests.contracts import CALLBACKS, Mode, batches, in_every_mode, small_model, state


def hyperparameters(model):
    optimizer = innermost(model.optimizer)
    trainable = [layer.trainable for layer in model.layers]
    # Methods that an instance has instead of its class's.
    replaced = [
        name
        for each in (model, model.optimizer, optimizer)
        for name in vars(each)
        if callable(getattr(type(each), name, None))
    ]
    rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    return rate, current_momentum(optimizer), trainable, replaced


PLAIN = Mode()


def optimizer_for(name):
    """What the callback's own purpose asks of the optimizer, if anything."""
    return keras.optimizers.Adam(0.003, gradient_accumulation_steps=4) if name.startswith("Accumulation") else None


@pytest.fixture(params=[pytest.param(name, marks=[pytest.mark.slow] * ("-" in name)) for name in CALLBACKS])
def name(request):
    return request.param


@pytest.fixture
def make(name, tmp_path):
    return lambda: CALLBACKS[name](str(tmp_path / "logs"))


@pytest.fixture
def build(name):
    return lambda mode=PLAIN: small_model(mode, optimizer_for(name))


@pytest.mark.parametrize(("name", "mode"), in_every_mode(CALLBACKS))
def test_two_fits_in_a_row_and_everything_put_back(name, make, build, mode, request):
    scope = request.getfixturevalue("two_devices").scope() if mode.devices == 2 else contextlib.nullcontext()
    with scope:
        model = build(mode)
    callback = make()
    beyond = mode.beyond_keras or ("gradient_accumulation" if mode.devices == 2 and optimizer_for(name) else "")
    if beyond:
        with pytest.raises(ValueError, match=f"Keras cannot use {beyond}"):
            model.fit(batches(), epochs=3, callbacks=[callback], verbose=0, shuffle=False)
        return
    found = hyperparameters(model)
    config = str(model.optimizer.get_config())
    for _ in range(2):
        model.fit(batches(), epochs=3, callbacks=[callback], verbose=0, shuffle=False)
        assert hyperparameters(model) == found
        assert str(model.optimizer.get_config()) == config
    assert all(np.isfinite(value).all() for value in state(model))
    steps = int(keras.ops.convert_to_numpy(innermost(model.optimizer)._iterations))
    model.fit(batches(), verbose=0, shuffle=False)
    assert int(keras.ops.convert_to_numpy(innermost(model.optimizer)._iterations)) == steps + 5


class Breaks(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            raise RuntimeError("on purpose")


def breaking_data():
    def check(x, y):
        with tf.control_dependencies([tf.debugging.assert_less(tf.reduce_max(y), tf.constant(99, tf.int64))]):
            return tf.identity(x), y

    return batches().concatenate(batches().map(lambda x, y: (x, y + 99))).map(check)


def test_an_exception_in_a_step_puts_everything_back_at_once(make, build):
    model = build()
    found = hyperparameters(model)
    with pytest.raises(tf.errors.InvalidArgumentError):
        model.fit(breaking_data(), epochs=3, callbacks=[make()], verbose=0, shuffle=False)
    assert hyperparameters(model) == found


def test_an_exception_between_steps_is_put_back_by_the_next_fit(make, build):
    plain, model = build(), build()
    found = hyperparameters(model)
    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(batches(), epochs=3, callbacks=[make(), Breaks()], verbose=0, shuffle=False)
    model.fit(batches(), epochs=1, verbose=0, shuffle=False)
    assert hyperparameters(model) == found
    model.set_weights(plain.get_weights())
    assert model.train_function is not None
    assert all(layer.trainable for layer in model.layers)


def test_data_of_unknown_length(make, build):
    model = build()
    unknown = batches().filter(lambda x, y: True)
    callback = make()
    if isinstance(callback, Scheduling):
        with pytest.raises(ValueError, match="steps_per_epoch"):
            model.fit(unknown, epochs=3, callbacks=[callback], verbose=0, shuffle=False)
        callback.total_steps, callback.restart_at = 15, ()
    with pytest.warns(UserWarning, match="ran out of data"):  # Keras's own, whenever the length is unknown
        model.fit(unknown, epochs=3, callbacks=[callback], verbose=0, shuffle=False)


def test_resuming_by_backup_and_restore(make, build, tmp_path):
    def policy(*more):
        return [keras.callbacks.BackupAndRestore(str(tmp_path / "backup")), make(), *more]

    model = build()
    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(batches(), epochs=3, callbacks=policy(BreaksInSecondEpoch()), verbose=0, shuffle=False)
    resumed = build()
    resumed.fit(batches(), epochs=3, callbacks=policy(), verbose=0, shuffle=False)
    assert all(np.isfinite(value).all() for value in state(resumed))


class BreaksInSecondEpoch(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == 1 and batch == 2:
            raise RuntimeError("on purpose")


def test_a_model_saved_half_way_loads(make, build, tmp_path):
    model = build()
    checkpoint = keras.callbacks.ModelCheckpoint(str(tmp_path / "half.keras"), save_freq=3)
    model.fit(batches(), epochs=3, callbacks=[make(), checkpoint], verbose=0, shuffle=False)
    loaded = keras.models.load_model(tmp_path / "half.keras")
    assert all(np.isfinite(value).all() for value in state(loaded))
    assert len(loaded.optimizer.variables) == len(model.optimizer.variables)
    assert int(innermost(loaded.optimizer)._iterations) > 0
