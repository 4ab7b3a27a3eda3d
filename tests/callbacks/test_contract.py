"""The contract of every callback, in every mode that stock Keras supports."""

import contextlib
import dataclasses
from itertools import combinations

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.callbacks.scheduling import Scheduling
from kerasdl.optimizers import current_momentum, innermost

from tests.contracts import ALL_MODES, CALLBACKS, Mode, batches, in_every_mode, is_repeated, same, small_model, state


def hyperparameters(model):
    optimizer = innermost(model.optimizer)
    trainable = [layer.trainable for layer in model.layers]
    # Methods that are overridden on the instance.
    replaced = [
        name
        for each in (model, model.optimizer, optimizer)
        for name in vars(each)
        if callable(getattr(type(each), name, None))
    ]
    rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    return rate, current_momentum(optimizer), trainable, replaced


GRAPH, EAGER = Mode(), Mode(run="eager")
EPOCH = 24  # samples: three steps, each of which takes long eagerly


def optimizer_for(name):
    """The optimizer that the callback needs; None for the default."""
    return keras.optimizers.Adam(0.003, gradient_accumulation_steps=4) if name.startswith("Accumulation") else None


def unsupported(name, mode):
    """The option that makes this fit impossible with stock Keras; empty if there is none."""
    return mode.beyond_keras or ("gradient_accumulation" if mode.devices == 2 and optimizer_for(name) else "")


def pairs(modes):
    """Every pair of values that some mode combines."""
    return {pair for mode in modes for pair in combinations(dataclasses.asdict(mode).items(), 2)}


def test_the_default_suite_covers_every_pair_of_mode_values_that_keras_can_combine():
    quick = [param.values for param in in_every_mode(CALLBACKS) if not param.marks]
    covered = pairs(mode for name, mode in quick if not unsupported(name, mode))
    assert covered == pairs(mode for mode in ALL_MODES if not mode.beyond_keras)
    assert {name for name, _ in quick} == set(CALLBACKS)


@pytest.fixture(params=[pytest.param(name, marks=[pytest.mark.slow] * is_repeated(name)) for name in CALLBACKS])
def name(request):
    return request.param


@pytest.fixture
def make(name, tmp_path):
    return lambda: CALLBACKS[name](str(tmp_path / "logs"))


@pytest.fixture
def build(name):
    # A step of Adam takes longer; every mode is tried with it by `make test-all`.
    return lambda mode=EAGER: small_model(mode, optimizer_for(name) or keras.optimizers.SGD(0.003, momentum=0.9))


def once_or_twice():
    """(name, mode, number of fits): one in the modes of the suite, two in all for `make test-all`."""
    every = in_every_mode(CALLBACKS)
    once = [pytest.param(*param.values, 1, id=f"{param.id}-once") for param in every if not param.marks]
    return [*once, *(pytest.param(*param.values, 2, id=f"{param.id}-twice", marks=pytest.mark.slow) for param in every)]


@pytest.mark.parametrize(("name", "mode", "fits"), once_or_twice())
def test_everything_is_restored_in_every_mode(name, make, mode, fits, request):
    scope = request.getfixturevalue("two_devices").scope() if mode.devices == 2 else contextlib.nullcontext()
    with scope:
        # Adam takes longer to trace.
        quick = keras.optimizers.SGD(0.003, momentum=0.9) if fits == 1 else None
        model = small_model(mode, optimizer_for(name) or quick)
    callback = make()
    if option := unsupported(name, mode):
        with pytest.raises(ValueError, match=f"Keras does not support {option}"):
            model.fit(batches(), epochs=3, callbacks=[callback], verbose=0, shuffle=False)
        return
    found = hyperparameters(model)
    config = str(model.optimizer.get_config())
    for _ in range(fits):
        model.fit(batches(), epochs=3, callbacks=[callback], verbose=0, shuffle=False)
        assert hyperparameters(model) == found
        assert str(model.optimizer.get_config()) == config
    assert all(np.isfinite(value).all() for value in state(model))


def test_two_fits_in_a_row_and_a_plain_one(make, build):
    model, twin, callback = build(), build(), make()
    found = hyperparameters(model)
    for _ in range(2):
        model.fit(batches(EPOCH), epochs=3, callbacks=[callback], verbose=0, shuffle=False)
        assert hyperparameters(model) == found
    model.optimizer.build(model.trainable_variables), twin.optimizer.build(twin.trainable_variables)
    for found, value in zip([*twin.variables, *twin.optimizer.variables], state(model), strict=True):
        found.assign(value)
    for each in (model, twin):
        each.fit(batches(EPOCH), verbose=0, shuffle=False)
    assert same(state(model), state(twin))


class Breaks(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            raise RuntimeError("on purpose")


def breaking_data():
    def check(x, y):
        with tf.control_dependencies([tf.debugging.assert_less(tf.reduce_max(y), tf.constant(99, tf.int64))]):
            return tf.identity(x), y

    return batches(EPOCH).concatenate(batches(EPOCH).map(lambda x, y: (x, y + 99))).map(check)


def test_an_exception_in_a_step_restores_everything_at_once(make, build):
    model = build()
    found = hyperparameters(model)
    with pytest.raises(tf.errors.InvalidArgumentError):
        model.fit(breaking_data(), epochs=3, callbacks=[make()], verbose=0, shuffle=False)
    assert hyperparameters(model) == found


def test_after_an_exception_between_steps_the_next_fit_restores_everything(make, build):
    plain, model = build(), build()
    found = hyperparameters(model)
    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(batches(EPOCH), epochs=3, callbacks=[Breaks(), make()], verbose=0, shuffle=False)
    model.fit(batches(EPOCH), epochs=1, verbose=0, shuffle=False)
    assert hyperparameters(model) == found
    model.set_weights(plain.get_weights())
    assert model.train_function is not None
    assert all(layer.trainable for layer in model.layers)


def test_data_of_unknown_length(make, build):
    model = build(GRAPH)
    unknown = batches(EPOCH).filter(lambda x, y: True)
    callback = make()
    if isinstance(callback, Scheduling):
        with pytest.raises(ValueError, match="steps_per_epoch"):
            model.fit(unknown, epochs=3, callbacks=[callback], verbose=0, shuffle=False)
        callback.total_steps, callback.restart_at = 9, ()
    with pytest.warns(UserWarning, match="ran out of data"):  # from Keras, whenever the length is unknown
        model.fit(unknown, epochs=3, callbacks=[callback], verbose=0, shuffle=False)


def test_resuming_by_backup_and_restore(make, build, tmp_path):
    def policy(more):
        return [keras.callbacks.BackupAndRestore(str(tmp_path / "backup")), more, make()]

    model = build()
    with pytest.raises(RuntimeError, match="on purpose"):
        model.fit(batches(EPOCH), epochs=3, callbacks=policy(BreaksInSecondEpoch(1)), verbose=0, shuffle=False)
    resumed = build()
    resumed.fit(batches(EPOCH), epochs=3, callbacks=policy(BreaksInSecondEpoch(None)), verbose=0, shuffle=False)
    assert all(np.isfinite(value).all() for value in state(resumed))


class BreaksInSecondEpoch(keras.callbacks.Callback):
    def __init__(self, breaks):
        super().__init__()
        self._breaks = breaks

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == self._breaks and batch == 1:
            raise RuntimeError("on purpose")


def test_a_model_saved_during_a_fit_loads(make, build, tmp_path):
    model = build()
    checkpoint = keras.callbacks.ModelCheckpoint(str(tmp_path / "half.keras"), save_freq=3)
    model.fit(batches(EPOCH), epochs=3, callbacks=[checkpoint, make()], verbose=0, shuffle=False)
    loaded = keras.models.load_model(tmp_path / "half.keras")
    assert all(np.isfinite(value).all() for value in state(loaded))
    assert len(loaded.optimizer.variables) == len(model.optimizer.variables)
    assert int(innermost(loaded.optimizer)._iterations) > 0
