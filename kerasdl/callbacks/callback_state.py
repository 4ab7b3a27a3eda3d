"""The state of other callbacks: what a fit has changed in them, as plain values."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import keras
import numpy as np
from kerasdl.callbacks.checkpoint_file import is_plain
from kerasdl.callbacks.restoring import Restoring

_KERAS_OWN = (keras.callbacks.History, keras.callbacks.ProgbarLogger)
_OF_KERAS = {"params", "_model", "model"}


class CallbackStates:
    """Attributes of callbacks that changed since the fit began: numbers, texts, arrays and collections of them.

    That is all that Keras's callbacks count and remember, such as the best value of `EarlyStopping`, and its weights. A
    callback of kerasdl that changes the model names its attributes, in `kept`.

    Args:
        callbacks: Those of a fit, when it begins.

    Example:
        >>> stopping = keras.callbacks.EarlyStopping()
        >>> states = CallbackStates([stopping])
        >>> stopping.wait = 3
        >>> states.now()
        [{'wait': 3}]
    """

    def __init__(self, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        self.callbacks = [each for each in callbacks if not isinstance(each, _KERAS_OWN)]
        self._began = [deepcopy(_plain(each)) for each in self.callbacks]
        # Such as open files, which are None when the fit has ended.
        self._other = [
            vars(each).keys() - began.keys() for each, began in zip(self.callbacks, self._began, strict=True)
        ]

    @property
    def names(self) -> list[str]:
        """The class of each callback."""
        return [type(each).__name__ for each in self.callbacks]

    def now(self) -> list[dict[str, Any]]:
        """What has changed, callback by callback."""
        return [
            {
                name: value
                for name, value in _plain(each).items()
                if name not in other and not _equal(value, began.get(name, began))
            }
            for each, began, other in zip(self.callbacks, self._began, self._other, strict=True)
        ]

    def put_back(self, states: Sequence[dict[str, Any]]) -> None:
        """Set what had changed in an earlier process."""
        for callback, state in zip(self.callbacks, states, strict=True):
            for name, value in state.items():
                setattr(callback, name, deepcopy(value))

    def put_monitors_back(self, states: Sequence[dict[str, Any]]) -> None:
        """The same once more, for those of Keras that monitor a metric: they begin when its direction is known."""
        for callback, state in zip(self.callbacks, states, strict=True):
            if getattr(callback, "monitor_op", self) is None:
                callback._set_monitor_op()
                for name, value in state.items():
                    setattr(callback, name, deepcopy(value))


def _plain(callback: keras.callbacks.Callback) -> dict[str, Any]:
    names = callback.kept if isinstance(callback, Restoring) else vars(callback).keys() - _OF_KERAS
    found = {name: vars(callback)[name] for name in sorted(names) if name in vars(callback)}
    return {name: value for name, value in found.items() if is_plain(value)}


def _equal(left: Any, right: Any) -> bool:
    """Whether two plain values are equal, arrays bit for bit."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_equal(value, right[name]) for name, value in left.items())
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.tobytes() == right.tobytes() and left.shape == right.shape
    return bool(left == right)
