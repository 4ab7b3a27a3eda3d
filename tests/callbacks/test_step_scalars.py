import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from kerasdl import optimizers, schedules
from kerasdl.callbacks import OneCycle, StepScalars
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.contracts import Mode, batches, small_model


def scalars(folder):
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_every_step_is_written_over_optimizer_steps(tmp_path):
    model, callback = small_model(Mode()), StepScalars(str(tmp_path))
    model.fit(batches(), epochs=2, callbacks=[OneCycle(0.05), callback], verbose=0, shuffle=False)
    written = scalars(tmp_path)
    assert sorted(written) == ["learning_rate", "loss", "momentum"]
    steps, rates = zip(*written["learning_rate"], strict=True)
    assert steps == tuple(range(10))
    # As the step computes it, in float32.
    expected = [float(schedules.one_cycle(tf.constant(float(step)), 0.05, 10)) for step in range(10)]
    np.testing.assert_allclose(rates, expected, rtol=1e-6)
    np.testing.assert_allclose([value for _, value in written["loss"]], callback.history["loss"], rtol=1e-6)


@pytest.mark.parametrize(("match", "name"), [("stem_", "stem"), ("stem_|stage1_", "stem_|stage1_")])
def test_parameter_groups_have_learning_rates_of_their_own(match, name, tmp_path):
    groups = [{"match": match, "lr": 0.1}, {"match": "head_", "weight_decay": 0.0}]
    model, callback = small_model(Mode(run="eager"), optimizers.SGD(0.5, groups=groups)), StepScalars(tmp_path)
    model.fit(batches(16), callbacks=[callback], verbose=0, shuffle=False)
    assert callback.history["learning_rate"] == [0.5, 0.5]
    assert callback.history[f"learning_rate/{name}"] == pytest.approx([0.05, 0.05])
    written = scalars(tmp_path)
    assert sorted(written) == ["learning_rate", f"learning_rate/{name}", "loss", "momentum"]
    assert written[f"learning_rate/{name}"] == [(0, pytest.approx(0.05)), (1, pytest.approx(0.05))]


def test_groups_with_one_learning_rate_need_no_scalar(tmp_path):
    optimizer = optimizers.SGD(0.5, groups=[{"match": "stem_", "lr": 1.0}])
    model, callback = small_model(Mode(run="eager"), optimizer), StepScalars(tmp_path)
    model.fit(batches(8), callbacks=[callback], verbose=0, shuffle=False)
    assert sorted(callback.history) == ["learning_rate", "loss", "momentum", "step"]


def test_losses_are_those_of_the_batches(tmp_path):
    model, twin, callback = small_model(Mode()), small_model(Mode()), StepScalars(tmp_path)
    model.fit(batches(), callbacks=[callback], verbose=0, shuffle=False)
    np.testing.assert_allclose(callback.history["loss"], [twin.train_on_batch(x, y) for x, y in batches()], rtol=1e-5)


def test_with_several_steps_per_execution_each_step_is_written(tmp_path):
    one, four = StepScalars(tmp_path / "one"), StepScalars(tmp_path / "four")
    data = batches().take(4)
    small_model(Mode()).fit(data, epochs=2, callbacks=[OneCycle(0.05), one], verbose=0, shuffle=False)
    model = small_model(Mode(steps_per_execution=4))
    model.fit(data, epochs=2, callbacks=[OneCycle(0.05), four], verbose=0, shuffle=False)
    assert [step for step, _ in scalars(tmp_path / "four")["loss"]] == four.history["step"] == list(range(8))
    assert four.history["loss"] == pytest.approx(one.history["loss"])
    assert four.history["learning_rate"] == one.history["learning_rate"]


def test_an_evaluation_between_steps_does_not_change_the_losses(tmp_path):
    class Evaluates(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                self.model.evaluate(batches(), verbose=0)

    plain, disturbed = StepScalars(tmp_path / "plain"), StepScalars(tmp_path / "disturbed")
    small_model(Mode()).fit(batches(), callbacks=[plain], verbose=0, shuffle=False)
    small_model(Mode()).fit(batches(), callbacks=[disturbed, Evaluates()], verbose=0, shuffle=False)
    np.testing.assert_allclose(disturbed.history["loss"], plain.history["loss"], rtol=1e-5)


def test_a_train_step_without_a_loss_records_the_learning_rate_after_a_warning(tmp_path):
    class NoLoss(keras.Sequential):
        def train_step(self, data):
            return {"d_loss": super().train_step(data)["loss"]}

    model, callback = NoLoss([keras.Input((6,)), keras.layers.Dense(3)]), StepScalars(tmp_path)
    model.compile(keras.optimizers.SGD(0.5), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.warns(UserWarning, match=r"no 'loss'.*Received: \['d_loss'\]"):
        model.fit(batches(), callbacks=[callback], verbose=0, shuffle=False)
    assert callback.history["learning_rate"] == [0.5] * 5
    assert callback.history["loss"] == [None] * 5


def test_the_points_have_the_times_of_their_steps(tmp_path):
    class Waits(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            time.sleep(0.02)

    small_model(Mode()).fit(batches(), callbacks=[StepScalars(tmp_path), Waits()], verbose=0, shuffle=False)
    times = [event.wall_time for event in EventAccumulator(str(tmp_path)).Reload().Scalars("loss")]
    assert min(np.diff(times)) >= 0.02


def test_an_error_within_an_epoch_loses_no_step(tmp_path):
    def breaks(batch, logs):
        if batch == 3:
            raise RuntimeError("on purpose")

    callback = StepScalars(tmp_path)
    with pytest.raises(RuntimeError, match="on purpose"):
        small_model(Mode()).fit(
            batches(),
            callbacks=[callback, keras.callbacks.LambdaCallback(on_train_batch_end=breaks)],
            verbose=0,
            shuffle=False,
        )
    callback.restore()
    assert callback.history["step"] == [0, 1, 2, 3]


def test_a_model_that_trains_without_its_optimizer_has_losses(tmp_path):
    class Own(keras.Sequential):
        def train_step(self, data):
            return {"loss": keras.ops.mean(data[0])}

    model, callback = Own([keras.Input((6,)), keras.layers.Dense(3)]), StepScalars(tmp_path)
    model.compile("sgd")
    model.fit(batches(), callbacks=[callback], verbose=0, shuffle=False)
    np.testing.assert_allclose(callback.history["loss"], [np.mean(x) for x, _ in batches()], rtol=1e-5)
