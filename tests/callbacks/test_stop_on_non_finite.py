import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl.callbacks import OneCycle, Resume, StopOnNonFinite
from kerasdl.errors import BadInput

from tests.contracts import Mode, batches, same, small_model, state


def with_nan(step, row):
    """Batches of eight, with one NaN in a row of the batch of this step."""
    x, y = (np.concatenate(each) for each in zip(*batches().as_numpy_iterator(), strict=True))
    x[8 * step + row, 2] = np.nan
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(8)


@pytest.mark.parametrize(
    "mode",
    [
        Mode(run="eager"),
        Mode(steps_per_execution=4),
        pytest.param(Mode(run="jit"), marks=pytest.mark.slow),
        pytest.param(Mode(policy="mixed_float16"), marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_a_row_with_nan_is_named_with_its_step_and_the_weights_go_back(mode):
    model = small_model(mode, keras.optimizers.SGD(0.003))
    model.optimizer.build(model.trainable_variables)
    before = state(model)
    with pytest.raises(BadInput, match=r"1 rows of its batch.*row 5: mend the data. Received: step 3 of epoch 1 made"):
        model.fit(with_nan(2, 5), epochs=2, callbacks=[StopOnNonFinite()], verbose=0, shuffle=False)
    assert all(np.isfinite(each).all() for each in state(model))
    assert same(state(model)[: len(model.weights)], before[: len(model.weights)])


def test_the_loss_can_stay_finite_meanwhile():
    """Why Keras's TerminateOnNaN does not do: oneDNN's Dense with ReLU turns NaN into 0."""
    model = small_model(Mode(run="eager"), keras.optimizers.SGD(0.003))
    with pytest.raises(BadInput, match="'stem_dense/kernel'"):
        model.fit(
            with_nan(4, 0), callbacks=[StopOnNonFinite(), keras.callbacks.TerminateOnNaN()], verbose=0, shuffle=False
        )


def test_a_rate_that_is_too_high_is_the_cause_if_the_batch_was_finite():
    model = small_model(Mode(run="eager"), keras.optimizers.SGD(1e30))
    with pytest.raises(BadInput, match=r"use a lower learning rate than 1e\+30"):
        model.fit(batches(), callbacks=[StopOnNonFinite()], verbose=0, shuffle=False)


def spoils(step, name):
    """A callback that makes one weight of a kernel infinite after a step of the first epoch."""

    def spoil(batch, logs=None):
        if batch + 1 == step:
            kernel = callback.model.get_layer(name).kernel
            kernel.assign(np.where(np.arange(kernel.shape[0])[:, None] == 0, np.inf, kernel))

    callback = keras.callbacks.LambdaCallback(on_train_batch_end=spoil)
    return callback


@pytest.mark.parametrize("devices", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("step", "steps", "received"),
    [
        (3, 15, "one of the steps 1 to 10 of epoch 1 made '.*' and [0-9]+ more weights"),
        (12, 15, "one of the steps 11 to 15 of epoch 1 made '.*' and [0-9]+ more weights"),
    ],
)
def test_a_large_weight_is_looked_at_every_ten_steps_and_at_the_end_of_an_epoch(
    step, steps, received, devices, two_devices, monkeypatch
):
    monkeypatch.setattr("kerasdl.callbacks.stop_on_non_finite._SMALL", 0)
    mode = Mode(devices=devices)
    with two_devices.scope() if devices == 2 else contextlib.nullcontext():
        model = small_model(mode, keras.optimizers.SGD(0.0))
    stopping = [StopOnNonFinite(), spoils(step, "head_logits")]
    with pytest.raises(BadInput, match=received):
        model.fit(batches(8 * steps), epochs=2, callbacks=stopping, verbose=0, shuffle=False)
    assert all(np.isfinite(each).all() for each in state(model))


def test_a_small_weight_is_looked_at_in_every_step():
    model = small_model(Mode(), keras.optimizers.SGD(0.0))
    with pytest.raises(BadInput, match="Received: step 4 of epoch 1 made '.*' and [0-9]+ more weights"):
        model.fit(batches(), callbacks=[StopOnNonFinite(), spoils(3, "head_logits")], verbose=0, shuffle=False)


@pytest.mark.parametrize("schedule", [False, "one-cycle", "keras"])
def test_a_retry_ends_well_with_a_lower_rate_which_is_put_back(schedule, capsys):
    rate = keras.optimizers.schedules.ExponentialDecay(1e30, 10, 0.9) if schedule == "keras" else 1e30
    model = small_model(Mode(run="eager"), keras.optimizers.SGD(rate, momentum=0.9))
    before = str(model.optimizer.get_config())
    stop = StopOnNonFinite(retries=3, factor=1e-16)
    used = [stop, OneCycle(1e30)] if schedule == "one-cycle" else [stop]
    history = model.fit(batches(), epochs=3, callbacks=used, verbose=0, shuffle=False).history
    assert stop.tried == 2  # 1e30, 1e14, 0.01
    assert np.isfinite(history["loss"][-1])
    assert all(np.isfinite(each).all() for each in state(model))
    assert "retry 2 of 3 with 1e-16 times the learning rate" in capsys.readouterr().err
    assert str(model.optimizer.get_config()) == before


def test_retries_within_one_epoch_lower_the_rate_further(monkeypatch):
    monkeypatch.setattr("kerasdl.callbacks.stop_on_non_finite.STEPS_BETWEEN_READINGS", 1)
    model = small_model(Mode(run="eager"), keras.optimizers.SGD(1e30))
    stop = StopOnNonFinite(retries=2, factor=1e-16)
    model.fit(batches(), callbacks=[stop], verbose=0, shuffle=False)
    assert stop.tried == 2


def test_a_resumed_fit_has_the_rate_of_its_retries_once(tmp_path):
    class Dies(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if stop.tried == 2 and batch == 3 and dies:
                raise RuntimeError("on purpose")

    ends = []
    for folder, dies in (("whole", False), ("broken", True), ("broken", False)):
        stop = StopOnNonFinite(retries=2, factor=1e-16)
        model = small_model(Mode(run="eager"), keras.optimizers.SGD(1e30))
        callbacks = [stop, Dies(), Resume(tmp_path / folder, every_steps=1)]
        with pytest.raises(RuntimeError, match="on purpose") if dies else contextlib.nullcontext():
            model.fit(batches(), epochs=4, callbacks=callbacks, verbose=0, shuffle=False)
        ends += [] if dies else [state(model)]
    assert callbacks[-1].resumed is not None
    assert same(*ends)
    assert float(model.optimizer.learning_rate) == pytest.approx(1e30)


def test_a_missing_number_that_the_model_can_take_does_not_matter():
    inputs = keras.Input((6,))
    known = keras.layers.Lambda(lambda x: keras.ops.where(keras.ops.isnan(x), 0.0, x), output_shape=(6,))(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3)(known))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), run_eagerly=True)
    model.fit(with_nan(1, 1), callbacks=[StopOnNonFinite()], verbose=0, shuffle=False)


def test_finite_weights_whose_squares_overflow_are_finite():
    model = small_model(Mode(run="eager"), keras.optimizers.SGD(0.003))
    # Which a step of the training does not read.
    model.get_layer("stem_norm").moving_variance.assign(np.full(8, 1e30))
    model.fit(batches(), callbacks=[StopOnNonFinite()], verbose=0, shuffle=False)


def test_arguments_out_of_range():
    with pytest.raises(ValueError, match="Received: retries=-1, factor=0.1"):
        StopOnNonFinite(retries=-1)
    with pytest.raises(ValueError, match="Received: retries=0, factor=1"):
        StopOnNonFinite(factor=1)
