import signal

import keras
import pytest
from kerasdl.callbacks.signals import Signals


def within_fit(number, fit):
    """A frame of the fit, in which the signal comes."""
    signal.raise_signal(number)


@pytest.fixture
def fit():
    before = signal.default_int_handler, signal.SIG_DFL
    for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
        signal.signal(number, handler)
    yield keras.callbacks.CallbackList()
    for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted_and_the_end_puts_the_handlers_back(number, fit, capsys):
    before = signal.getsignal(number)
    signals = Signals(fit)
    within_fit(number, fit)
    assert signals.received == number
    assert "Stopping after this step; once more stops at once" in capsys.readouterr().err
    signals.end()
    assert signal.getsignal(number) is before


def test_leaving_says_where_it_goes_on_and_what_to_type(fit, capsys):
    signals = Signals(fit)
    within_fit(signal.SIGTERM, fit)
    with pytest.raises(SystemExit, match="143"):
        signals.leave("epoch 2 of 3", "python train.py")
    assert capsys.readouterr().err.endswith("goes on at epoch 2 of 3\nTo go on: python train.py\n")


def test_a_signal_outside_of_the_fit_does_what_it_did_before(fit):
    noted = []
    signal.signal(signal.SIGTERM, lambda number, frame: noted.append(number))
    signals = Signals(keras.callbacks.CallbackList())  # of no frame here
    signal.raise_signal(signal.SIGTERM)
    assert (signals.received, noted) == (0, [signal.SIGTERM])


def test_a_handler_of_the_users_is_called_when_the_fit_has_ended(fit):
    noted = []
    signal.signal(signal.SIGTERM, lambda number, frame: noted.append(number))
    signals = Signals(fit)
    within_fit(signal.SIGTERM, fit)
    assert noted == []
    with pytest.raises(SystemExit):
        signals.leave("epoch 2 of 3")
    assert noted == [signal.SIGTERM]


def test_a_signal_that_is_ignored_stays_ignored(fit):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signals = Signals(fit)
    within_fit(signal.SIGINT, fit)
    assert signals.received == 0
