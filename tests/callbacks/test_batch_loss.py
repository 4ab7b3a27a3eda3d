import pytest
from kerasdl.callbacks.batch_loss import BatchLoss

from tests.contracts import Mode, small_model


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
