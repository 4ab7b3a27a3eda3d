"""Schedules of learning rate and momentum inside the traced step of a stock optimizer.

Keras 3.15 traces momentum as a Python constant, and the learning rate can be assigned only between executions. Here
both are functions of the optimizer's step, computed in the graph, so they are exact with any `steps_per_execution`;
nothing is added to the optimizer's variables or config.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops
from kerasdl.schedules import Schedule


def steer(
    optimizer: keras.optimizers.Optimizer, *, learning_rate: Schedule | None = None, momentum: Schedule | None = None
) -> Callable[[], None]:
    """Make learning rate and momentum functions of the optimizer's step, until the returned function undoes it.

    Takes effect in steps traced afterwards: drop an earlier trace (`groups.retrace`) after this call and after undoing
    it.

    Args:
        optimizer: A stock optimizer, or a `LossScaleOptimizer`, whose inner optimizer is used.
        learning_rate: Function of the step (a float32 tensor, starting at 0) that returns the learning rate, or None.
        momentum: Function of the step for `momentum` (SGD, RMSprop, Muon) or `beta_1` (the Adam family), or None.

    Returns:
        A function that restores the optimizer.

    Raises:
        ValueError: The optimizer has no momentum, or a momentum of 0, for which Keras has no state; it has several
            learning rates (`MultiOptimizer`); or learning rate or momentum is steered already.

    Example:
        >>> undo = steer(model.optimizer, momentum=lambda step: 0.9 + 0.001 * step)
    """
    optimizer = _single(optimizer)
    if isinstance(optimizer._get_current_learning_rate, _Reading) and learning_rate:
        raise ValueError(
            "Two callbacks change the learning rate of one optimizer: remove one of them. "
            f"Received: {type(optimizer).__name__}, whose learning rate is scheduled already"
        )
    if isinstance(_momentum(optimizer), _Live) and momentum:
        raise ValueError(
            "Two callbacks change the momentum of one optimizer: remove one of them. "
            f"Received: {type(optimizer).__name__}, whose momentum is scheduled already"
        )
    live = _install_momentum(optimizer, momentum) if momentum else None
    if learning_rate:
        optimizer._get_current_learning_rate = _Reading(optimizer, learning_rate)

    def undo() -> None:
        if learning_rate:
            del optimizer._get_current_learning_rate
        if live is not None:
            del optimizer._backend_update_step
            setattr(optimizer, live.name, float(live))

    return undo


def scale_learning_rate(optimizer: keras.optimizers.Optimizer, factor: float) -> Callable[[], None]:
    """Multiply the learning rate, scheduled or constant, from now on.

    Takes effect in steps traced afterwards: drop an earlier trace (`groups.retrace`).

    Args:
        optimizer: A stock optimizer, or a `LossScaleOptimizer`, whose inner optimizer is used.
        factor: What to multiply with.

    Returns:
        A function that undoes it; what `steer` has set ends with its own.

    Raises:
        ValueError: The optimizer has several learning rates (`MultiOptimizer`).

    Example:
        >>> undo = scale_learning_rate(model.optimizer, 0.1)
    """
    optimizer = _single(optimizer)
    reading, rate = optimizer._get_current_learning_rate, optimizer._learning_rate
    if isinstance(reading, _Reading):
        schedule = reading.schedule
        reading.schedule = lambda step: factor * schedule(step)
        return lambda: None
    # A constant stays as it is, and can still be assigned.
    constant = isinstance(rate, keras.Variable)
    return steer(
        optimizer, learning_rate=lambda step: factor * (ops.convert_to_tensor(rate) if constant else rate(step))
    )


def innermost(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer that updates the weights, without any `LossScaleOptimizer` around it.

    Example:
        >>> type(innermost(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()))).__name__
        'SGD'
    """
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def current_learning_rate(optimizer: keras.optimizers.Optimizer) -> float:
    """The learning rate of the optimizer's next step, scheduled or constant.

    Args:
        optimizer: A stock or kerasdl optimizer.

    Example:
        >>> round(current_learning_rate(keras.optimizers.SGD(0.1)), 6)
        0.1
    """
    reading = _single(optimizer)._get_current_learning_rate
    return reading.number() if isinstance(reading, _Reading) else float(ops.convert_to_numpy(reading()))


def current_momentum(optimizer: keras.optimizers.Optimizer) -> float | None:
    """The momentum of the optimizer's next step, scheduled or constant; None if it has none.

    Args:
        optimizer: A stock or kerasdl optimizer.

    Example:
        >>> current_momentum(keras.optimizers.Adam())
        0.9
    """
    value = _momentum(_single(optimizer))
    return value.read.number() if isinstance(value, _Live) else value


def current_step(optimizer: keras.optimizers.Optimizer) -> int:
    """Number of batches that the optimizer has seen; with gradient accumulation `iterations` counts updates instead.

    Example:
        >>> current_step(keras.optimizers.Adam())
        0
    """
    return int(ops.convert_to_numpy(innermost(optimizer)._iterations))


def in_step(optimizer: keras.optimizers.Optimizer) -> tuple[Any, Any]:
    """Learning rate and momentum of the next update, as a traced step computes them.

    Args:
        optimizer: A stock or kerasdl optimizer.

    Returns:
        A float tensor, and a tensor, a constant, or None if the optimizer has no momentum.

    Example:
        >>> learning_rate, momentum = in_step(keras.optimizers.Adam())
        >>> momentum
        0.9
    """
    optimizer = _single(optimizer)
    value = _momentum(optimizer)
    momentum = value.read() if isinstance(value, _Live) else value
    return ops.convert_to_tensor(optimizer._get_current_learning_rate()), momentum


class _Reading:
    """The value of a schedule at the optimizer's step: a tensor in the traced step, a number on the host."""

    def __init__(self, optimizer: keras.optimizers.Optimizer, schedule: Schedule) -> None:
        self.optimizer, self.schedule = optimizer, schedule

    def __call__(self) -> Any:
        return self.schedule(ops.cast(ops.convert_to_tensor(self.optimizer._iterations), "float32"))

    def number(self) -> float:
        return float(self.schedule(current_step(self.optimizer)))


def _single(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The innermost optimizer, which must have a learning rate and momentum of its own."""
    optimizer = innermost(optimizer)
    if isinstance(optimizer, keras.optimizers.MultiOptimizer):
        raise ValueError(
            "The optimizers in a MultiOptimizer have their own learning rates and momenta. Use one optimizer of "
            "kerasdl.optimizers with groups, or Keras schedules. Received: MultiOptimizer"
        )
    return optimizer


def _momentum_name(optimizer: keras.optimizers.Optimizer) -> str | None:
    if isinstance(optimizer, keras.optimizers.ScheduleFreeAdamW):
        return None  # its beta_1 weighs the averaged against the current position, and must be constant
    return next((name for name in ("momentum", "beta_1") if hasattr(optimizer, name)), None)


def _momentum(optimizer: keras.optimizers.Optimizer) -> Any:
    return getattr(optimizer, _momentum_name(optimizer) or "momentum", None)


def _install_momentum(optimizer: keras.optimizers.Optimizer, schedule: Schedule) -> "_Live":
    name = _momentum_name(optimizer)
    if name is None or not getattr(optimizer, name):
        given = "Give the optimizer momentum=0.9, or the callback momentum=None" if name else "Use momentum=None"
        raise ValueError(
            f"{type(optimizer).__name__} has no momentum to schedule. {given}. "
            f"Received: {name or 'momentum'}={getattr(optimizer, name) if name else None}"
        )
    live = _Live(getattr(optimizer, name), name, _Reading(optimizer, schedule))
    update = optimizer._backend_update_step

    def update_with_one_reading(*args: Any, **kwargs: Any) -> Any:
        # Computed once per step: a computation per variable would add a dozen ops each.
        live.reading = live.read()
        try:
            return update(*args, **kwargs)
        finally:
            live.reading = None

    setattr(optimizer, name, live)
    optimizer._backend_update_step = update_with_one_reading
    return live


class _Live(float):
    """A constant in Python branches, configs and JSON; the current value, a tensor, in traced arithmetic."""

    dtype = "float32"
    name: str
    read: _Reading
    reading: Any

    def __new__(cls, static: float, name: str, read: _Reading) -> "_Live":
        self = super().__new__(cls, static)
        self.name, self.read, self.reading = name, read, None
        return self

    def _tensor(self) -> Any:
        return self.read() if self.reading is None else self.reading

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        return self._tensor() if dtype is None else ops.cast(self._tensor(), getattr(dtype, "name", dtype))

    def __neg__(self) -> Any:
        return -self._tensor()

    def __add__(self, other: Any) -> Any:
        return self._tensor() + other

    def __radd__(self, other: Any) -> Any:
        return other + self._tensor()

    def __sub__(self, other: Any) -> Any:
        return self._tensor() - other

    def __rsub__(self, other: Any) -> Any:
        return other - self._tensor()

    def __mul__(self, other: Any) -> Any:
        return self._tensor() * other

    def __rmul__(self, other: Any) -> Any:
        return other * self._tensor()

    def __truediv__(self, other: Any) -> Any:
        return self._tensor() / other

    def __rtruediv__(self, other: Any) -> Any:
        return other / self._tensor()

    def __pow__(self, other: Any, modulo: None = None) -> Any:
        return self._tensor() ** other

    def __deepcopy__(self, memo: dict) -> float:
        return float(self)

    def __reduce__(self) -> tuple:
        return float, (float(self),)
