import keras
import numpy as np
import pytest
from kerasdl import schedules
from kerasdl.callbacks import CosineRestarts, FlatCosine, OneCycle, StepScalars

from tests.contracts import Mode, batches, small_model


def rates(tmp_path, *callbacks, epochs=3, optimizer=None, data=None, mode=Mode(), **more):  # noqa: B008
    scalars = StepScalars(tmp_path)
    model = small_model(mode, optimizer)
    model.fit(
        data if data is not None else batches(),
        epochs=epochs,
        verbose=0,
        shuffle=False,
        callbacks=[*callbacks, scalars],
        **more,
    )
    return scalars.history["learning_rate"]


def test_flat_cosine_has_the_length_of_the_fit(tmp_path):
    expected = schedules.flat_cosine(np.arange(15), 0.05, 15)
    np.testing.assert_allclose(rates(tmp_path, FlatCosine(0.05)), expected, rtol=1e-5)


def test_cosine_restarts_counts_in_epochs(tmp_path):
    expected = schedules.cosine_restarts(np.arange(15), 0.05, 5)
    np.testing.assert_allclose(rates(tmp_path, CosineRestarts(0.05)), expected, atol=1e-7)


def test_a_fit_that_ends_within_a_cycle_raises(tmp_path):
    with pytest.raises(ValueError, match="train for 3 or 7 epochs. Received: cycle_epochs=1, growth=2"):
        rates(tmp_path, CosineRestarts(0.05), epochs=4)


def test_every_part_between_restarts_is_a_complete_cycle(tmp_path):
    expected = np.concatenate(
        [schedules.one_cycle(np.arange(5), 0.05, 5), schedules.one_cycle(np.arange(10), 0.05, 10)]
    )
    np.testing.assert_allclose(rates(tmp_path, OneCycle(0.05, restart_at=[1])), expected, rtol=1e-4)


def test_the_schedule_does_not_drift_on_data_of_unknown_length(tmp_path):
    unknown = batches().filter(lambda x, y: True)
    with pytest.warns(UserWarning, match="ran out of data"):
        found = rates(tmp_path, OneCycle(0.05, total_steps=15), data=unknown)
    # The last step of an epoch begins but finds no data.
    steps = [0, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 14, 15]
    if len(found) == 15:
        steps = range(15)
    np.testing.assert_allclose(found, schedules.one_cycle(np.array(steps), 0.05, 15), rtol=1e-4)


def test_steps_that_loss_scaling_skips_do_not_count(tmp_path):
    # With this scale the first gradients overflow float16; each skipped step halves the scale.
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1, momentum=0.9), initial_scale=2.0**23)
    found = rates(tmp_path, OneCycle(0.05), optimizer=optimizer, mode=Mode("mixed_float16"))
    taken = int(optimizer.inner_optimizer.iterations)
    assert 0 < taken < 15
    assert found[-1] == pytest.approx(float(schedules.one_cycle(taken - 1, 0.05, 15)), rel=1e-4)


class Assigns(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            self.model.optimizer.learning_rate = 0.5


def test_assigning_the_learning_rate_in_the_first_epoch_raises(tmp_path):
    with pytest.raises(ValueError, match=r"OneCycle sets the learning rate.*Received: learning_rate=0\.5"):
        rates(tmp_path, OneCycle(0.05), Assigns(0))


def test_assigning_the_learning_rate_later_warns(tmp_path):
    with pytest.warns(UserWarning, match=r"has no effect: remove one of them\. Received: learning_rate=0\.5"):
        found = rates(tmp_path, OneCycle(0.05), Assigns(1))
    np.testing.assert_allclose(found, schedules.one_cycle(np.arange(15), 0.05, 15), rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OneCycle(0.1, restart_at=[0]), r"increasing epochs from 1. Received: restart_at=\[0\]"),
        (lambda: OneCycle(0.1, restart_at=[2, 2]), "increasing epochs"),
        (lambda: OneCycle(0.1, restart_at=[2], total_steps=9), "Give restart_at or total_steps"),
        (lambda: OneCycle(0.1, restart_at=[1.5]), r"from 1. Received: restart_at=\[1.5\]"),
        (lambda: FlatCosine(-0.1), "peak_lr must be positive"),
        (lambda: FlatCosine(40, total_steps=1e-2), "Received: peak_lr=40, total_steps=0.01"),
        (lambda: CosineRestarts(0.1, growth=0), "whole number"),
        (lambda: CosineRestarts(0.1, cycle_epochs=0), "cycle_epochs must be a positive integer"),
        (lambda: CosineRestarts(4, cycle_epochs=0.1), "Received: cycle_epochs=0.1"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_restart_that_the_fit_never_reaches_raises(tmp_path):
    with pytest.raises(ValueError, match=r"has 3 epochs. Received: restart_at=\[3\]"):
        rates(tmp_path, OneCycle(0.1, restart_at=[3]))


def test_resuming_data_of_unknown_length_raises(tmp_path):
    with pytest.raises(ValueError, match="steps_per_epoch to fit to resume it"):
        rates(tmp_path, OneCycle(0.1, total_steps=99), data=batches().filter(lambda x, y: True), initial_epoch=1)
