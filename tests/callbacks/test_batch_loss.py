import pytest
from kerasdl.callbacks.batch_loss import BatchLoss

from tests.contracts import Mode, small_model


def test_what_a_batch_adds_to_the_mean_is_its_own_loss():
    model = small_model(Mode())
    loss = BatchLoss(model)
    model._loss_tracker.update_state(2.0, sample_weight=8)
    loss.begin()
    model._loss_tracker.update_state(5.0, sample_weight=3)
    assert loss.end() == pytest.approx(5.0)
    assert float(model._loss_tracker.result()) == pytest.approx((2 * 8 + 5 * 3) / 11)


def test_nothing_trained_has_no_loss():
    loss = BatchLoss(small_model(Mode()))
    loss.begin()
    assert loss.end() != loss.end()
