"""Schedules: pure functions of the step, and Keras LearningRateSchedules based on them.

A step may be a Python number, a NumPy array or a tensor; the value has the same type and shape. Functions are lower
case (`one_cycle`). Classes end in Schedule (`OneCycleSchedule`) and can be passed to Keras as a learning rate.
Callbacks such as `callbacks.OneCycle` also schedule momentum, and take the number of steps from the fit.

The order of arguments is that of Keras: the step (functions only), the learning rate, the number of steps.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import keras
import numpy as np
from keras import ops
from kerasdl.arguments import check_one_rate, known_arguments

__all__ = [
    "FlatCosineSchedule",
    "JoinedSchedule",
    "OneCycleSchedule",
    "WarmUpSchedule",
    "cosine",
    "cosine_restarts",
    "flat_cosine",
    "joined",
    "linear",
    "one_cycle",
    "one_cycle_momentum",
    "warm_up",
]

Shape = Literal["cosine", "linear"]
Schedule = Callable[[Any], Any]


def cosine(start: Any, end: Any, share: Any) -> Any:
    """Half a cosine from `start` (at `share` 0) to `end` (at `share` 1), as in SGDR (arXiv:1608.03983).

    Args:
        start: Value at `share` 0.
        end: Value at `share` 1.
        share: Progress in [0, 1]; a number, an array or a tensor.

    Returns:
        The value, of the same type and shape as `share`.

    Example:
        >>> float(cosine(1.0, 0.0, 0.5))
        0.5
    """
    return end + (start - end) / 2 * (1 + _math(share).cos(np.pi * share))


def linear(start: Any, end: Any, share: Any) -> Any:
    """A straight line from `start` (at `share` 0) to `end` (at `share` 1).

    Args:
        start: Value at `share` 0.
        end: Value at `share` 1.
        share: Progress in [0, 1]; a number, an array or a tensor.

    Returns:
        The value, of the same type and shape as `share`.

    Example:
        >>> linear(1.0, 0.0, 0.25)
        0.75
    """
    return start + (end - start) * share


@known_arguments()
def one_cycle(
    step: Any,
    peak_lr: float,
    total_steps: int,
    *,
    warmup_share: float = 0.25,
    start_divisor: float = 25.0,
    end_divisor: float = 1e5,
    shape: Shape = "cosine",
) -> Any:
    """Learning rate of the one-cycle policy (Smith, arXiv:1708.07120); the defaults are fastai's.

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor. After the end the last value is kept.
        peak_lr: Maximum learning rate, reached after `warmup_share` of the steps.
        total_steps: Number of steps in the cycle.
        warmup_share: Fraction of the steps in which the learning rate rises, in (0, 1).
        start_divisor: The initial learning rate is `peak_lr / start_divisor`.
        end_divisor: The learning rate decays to `peak_lr / end_divisor`.
        shape: "cosine", or "linear" as in the paper.

    Returns:
        The learning rate, of the same type and shape as `step`.

    Raises:
        ValueError: Arguments out of range.

    Example:
        >>> float(one_cycle(25, 0.1, 100))
        0.1
    """
    _check_rate(peak_lr)
    _check_steps(peak_lr, total_steps=total_steps)
    if not (start_divisor >= 1 and end_divisor >= 1):
        raise ValueError(
            f"The divisors must be at least 1. Received: start_divisor={start_divisor}, end_divisor={end_divisor}"
        )
    first, last = peak_lr / start_divisor, peak_lr / end_divisor
    return _up_and_down(step, total_steps, warmup_share, first, peak_lr, last, shape)


@known_arguments()
def one_cycle_momentum(
    step: Any,
    total_steps: int,
    *,
    warmup_share: float = 0.25,
    high: float = 0.95,
    low: float = 0.85,
    shape: Shape = "cosine",
) -> Any:
    """Momentum of the one-cycle policy (Smith, arXiv:1803.09820): low where the learning rate is high.

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor.
        total_steps: Number of steps in the cycle.
        warmup_share: Fraction of the steps in which the learning rate rises, in (0, 1).
        high: Momentum at both ends.
        low: Momentum at the maximum learning rate; at most `high`.
        shape: "cosine" or "linear".

    Returns:
        The momentum, of the same type and shape as `step`.

    Raises:
        ValueError: Arguments out of range.

    Example:
        >>> float(one_cycle_momentum(25, 100))
        0.85
    """
    _check_steps(total_steps=total_steps)
    if not (0 < high < 1 and 0 < low < 1):
        raise ValueError(f"Momentum must be between 0 and 1. Received: high={high}, low={low}")
    if high < low:
        raise ValueError(
            "high must be at least low, because momentum falls while the learning rate rises. "
            f"Received: high={high}, low={low}"
        )
    return _up_and_down(step, total_steps, warmup_share, high, low, high, shape)


@known_arguments()
def flat_cosine(
    step: Any, peak_lr: float, total_steps: int, *, flat_share: float = 0.75, end_divisor: float = 1e5
) -> Any:
    """Constant `peak_lr`, then cosine decay: fastai's `fit_flat_cos`, designed for optimizers like Ranger.

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor. After the end the last value is kept.
        peak_lr: Initial learning rate.
        total_steps: Number of steps.
        flat_share: Fraction of the steps with constant learning rate, in [0, 1).
        end_divisor: The learning rate decays to `peak_lr / end_divisor`.

    Returns:
        The learning rate, of the same type and shape as `step`.

    Raises:
        ValueError: Arguments out of range.

    Example:
        >>> [round(float(flat_cosine(step, 0.1, 100)), 4) for step in (0, 75, 100)]
        [0.1, 0.1, 0.0]
    """
    _check_rate(peak_lr)
    _check_steps(peak_lr, total_steps=total_steps)
    if not (0 <= flat_share < 1 and end_divisor >= 1):
        raise ValueError(
            "flat_share must be in [0, 1), and end_divisor at least 1. "
            f"Received: flat_share={flat_share}, end_divisor={end_divisor}"
        )
    share = _math(step).clip(step / total_steps, flat_share, 1.0)
    return cosine(peak_lr, peak_lr / end_divisor, (share - flat_share) / (1 - flat_share))


@known_arguments()
def cosine_restarts(step: Any, peak_lr: float, cycle_steps: int, *, growth: int = 2, end_lr: float = 0.0) -> Any:
    """Cosine decay with warm restarts: SGDR (Loshchilov and Hutter, arXiv:1608.03983).

    The stock Keras schedule `CosineDecayRestarts` gives the same learning rates; this function is for
    `callbacks.CosineRestarts`, which counts cycles in epochs.

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor.
        peak_lr: Learning rate at every restart.
        cycle_steps: Number of steps in the first cycle.
        growth: Length of each cycle divided by that of the previous one; a whole number.
        end_lr: Learning rate at the end of each cycle.

    Returns:
        The learning rate, of the same type and shape as `step`.

    Raises:
        ValueError: Arguments out of range.

    Example:
        >>> [round(float(cosine_restarts(step, 0.1, 10)), 3) for step in (0, 5, 10, 20, 30)]
        [0.1, 0.05, 0.1, 0.05, 0.1]
    """
    _check_rate(peak_lr)
    _check_steps(peak_lr, cycle_steps=cycle_steps)
    if not (growth >= 1 and growth % 1 == 0 and 0 <= end_lr <= peak_lr):
        raise ValueError(
            "growth must be a whole number of at least 1, and end_lr between 0 and peak_lr. "
            f"Received: growth={growth}, end_lr={end_lr}"
        )
    if growth == 1:
        return cosine(peak_lr, end_lr, step % cycle_steps / cycle_steps)
    math, start, length = _math(step), 0.0, float(cycle_steps)
    begun, lasts = step * 0.0, step * 0.0 + length
    while start < _MOST_STEPS:
        start, length = start + length, length * growth
        begun, lasts = math.where(step >= start, start, begun), math.where(step >= start, length, lasts)
    return cosine(peak_lr, end_lr, (step - begun) / lasts)


@known_arguments()
def warm_up(step: Any, peak_lr: float, warmup_steps: int, *, start_lr: float = 0.0) -> Any:
    """Linear warm-up from `start_lr` to `peak_lr`, then constant (Goyal et al., arXiv:1706.02677).

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor.
        peak_lr: Learning rate after the warm-up.
        warmup_steps: Number of warm-up steps.
        start_lr: Learning rate at step 0.

    Returns:
        The learning rate, of the same type and shape as `step`.

    Raises:
        ValueError: Arguments out of range.

    Example:
        >>> [float(warm_up(step, 0.2, 10)) for step in (0, 5, 10, 99)]
        [0.0, 0.1, 0.2, 0.2]
    """
    _check_rate(peak_lr)
    _check_steps(peak_lr, warmup_steps=warmup_steps)
    if not 0 <= start_lr < np.inf:
        raise ValueError(f"start_lr must not be negative, and finite. Received: start_lr={start_lr}")
    return linear(start_lr, peak_lr, _math(step).clip(step / warmup_steps, 0.0, 1.0))


def joined(step: Any, schedules: Sequence[Schedule], boundaries: Sequence[int]) -> Any:
    """Several schedules one after the other; each counts its steps from its own beginning.

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor.
        schedules: Functions of the step.
        boundaries: Increasing steps at which the second, third… schedule begins.

    Returns:
        The value, of the same type and shape as `step`.

    Raises:
        ValueError: The number of boundaries is not one less than that of schedules, or boundaries do not increase from
            above 0.

    Example:
        >>> down = lambda step: flat_cosine(step, 0.1, 90)
        >>> float(joined(5, [lambda step: warm_up(step, 0.1, 10), down], [10]))
        0.05
    """
    if len(schedules) != len(boundaries) + 1:
        raise ValueError(
            "There must be one more schedule than boundaries. "
            f"Received: {len(schedules)} schedules, boundaries={list(boundaries)}"
        )
    if list(boundaries) != sorted(set(boundaries)) or any(boundary <= 0 for boundary in boundaries):
        raise ValueError(f"boundaries must be increasing and above 0. Received: boundaries={list(boundaries)}")
    value = schedules[0](step)
    for boundary, schedule in zip(boundaries, schedules[1:], strict=True):
        value = _math(step).where(step >= boundary, schedule(step - boundary), value)
    return value


class _FunctionSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule defined by a function of this module; the arguments of the function are its config."""

    function: ClassVar[Callable[..., Any]]

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self.arguments = arguments
        self(0.0)  # raises for arguments out of range

    def __call__(self, step: Any) -> Any:
        """The learning rate at `step`."""
        return type(self).function(_float_step(step), **self.arguments)

    def get_config(self) -> dict[str, Any]:
        """The constructor arguments."""
        return dict(self.arguments)


@keras.saving.register_keras_serializable("kerasdl")
@known_arguments()
class OneCycleSchedule(_FunctionSchedule):
    """`one_cycle` (arXiv:1708.07120) as a Keras schedule; for momentum too use `callbacks.OneCycle`.

    Args, defaults and errors are those of `one_cycle`, without `step`.

    Example:
        >>> optimizer = keras.optimizers.SGD(OneCycleSchedule(0.1, total_steps=1000), momentum=0.9)
    """

    function = staticmethod(one_cycle)

    def __init__(
        self,
        peak_lr: float,
        total_steps: int,
        *,
        warmup_share: float = 0.25,
        start_divisor: float = 25.0,
        end_divisor: float = 1e5,
        shape: Shape = "cosine",
    ) -> None:
        super().__init__(
            peak_lr=peak_lr,
            total_steps=total_steps,
            warmup_share=warmup_share,
            start_divisor=start_divisor,
            end_divisor=end_divisor,
            shape=shape,
        )


@keras.saving.register_keras_serializable("kerasdl")
@known_arguments()
class FlatCosineSchedule(_FunctionSchedule):
    """`flat_cosine` as a Keras schedule.

    Args, defaults and errors are those of `flat_cosine`, without `step`.

    Example:
        >>> optimizer = keras.optimizers.AdamW(FlatCosineSchedule(1e-3, total_steps=1000))
    """

    function = staticmethod(flat_cosine)

    def __init__(self, peak_lr: float, total_steps: int, *, flat_share: float = 0.75, end_divisor: float = 1e5) -> None:
        super().__init__(peak_lr=peak_lr, total_steps=total_steps, flat_share=flat_share, end_divisor=end_divisor)


@keras.saving.register_keras_serializable("kerasdl")
@known_arguments()
class WarmUpSchedule(_FunctionSchedule):
    """`warm_up` (arXiv:1706.02677) as a Keras schedule; combine it with another by `JoinedSchedule`.

    Args, defaults and errors are those of `warm_up`, without `step`.

    Example:
        >>> optimizer = keras.optimizers.AdamW(WarmUpSchedule(1e-3, warmup_steps=500))
    """

    function = staticmethod(warm_up)

    def __init__(self, peak_lr: float, warmup_steps: int, *, start_lr: float = 0.0) -> None:
        super().__init__(peak_lr=peak_lr, warmup_steps=warmup_steps, start_lr=start_lr)


@keras.saving.register_keras_serializable("kerasdl")
class JoinedSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """`joined` as a Keras schedule: several schedules of kerasdl, Keras or the user one after the other.

    Args:
        schedules: Keras schedules; each counts its steps from its own beginning.
        boundaries: Increasing steps at which the second, third… schedule begins.

    Raises:
        ValueError: As for `joined`; or one of `schedules` is not a Keras schedule, for example a function.

    Example:
        >>> down = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=900)
        >>> optimizer = keras.optimizers.SGD(JoinedSchedule([WarmUpSchedule(0.1, 100), down], boundaries=[100]))
    """

    def __init__(
        self, schedules: Sequence[keras.optimizers.schedules.LearningRateSchedule], boundaries: Sequence[int]
    ) -> None:
        super().__init__()
        self.schedules, self.boundaries = list(schedules), list(boundaries)
        for schedule in self.schedules:
            if not isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
                raise ValueError(
                    "JoinedSchedule needs Keras schedules, which can be saved; join functions with schedules.joined. "
                    f"Received: {schedule!r}"
                )
        self(0.0)

    def __call__(self, step: Any) -> Any:
        """The learning rate at `step`."""
        return joined(_float_step(step), self.schedules, self.boundaries)

    def get_config(self) -> dict[str, Any]:
        """The constructor arguments."""
        schedules = [keras.saving.serialize_keras_object(schedule) for schedule in self.schedules]
        return {"schedules": schedules, "boundaries": self.boundaries}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "JoinedSchedule":
        """A schedule from the result of `get_config`."""
        schedules = [keras.saving.deserialize_keras_object(schedule) for schedule in config["schedules"]]
        return cls(schedules, config["boundaries"])


# float32 cannot count further.
_MOST_STEPS = 2**24
_SHAPES: dict[str, Callable[[Any, Any, Any], Any]] = {"cosine": cosine, "linear": linear}


def _up_and_down(
    step: Any, total_steps: int, warmup_share: float, first: float, middle: float, last: float, shape: str
) -> Any:
    if not 0 < warmup_share < 1:
        raise ValueError(f"warmup_share must be between 0 and 1. Received: warmup_share={warmup_share}")
    if shape not in _SHAPES:
        raise ValueError(f"shape must be one of {list(_SHAPES)}. Received: shape={shape!r}")
    math, way = _math(step), _SHAPES[shape]
    share = math.clip(step / total_steps, 0.0, 1.0)
    return math.where(
        share < warmup_share,
        way(first, middle, share / warmup_share),
        way(middle, last, (share - warmup_share) / (1 - warmup_share)),
    )


def _check_rate(peak_lr: float) -> None:
    check_one_rate("peak_lr", peak_lr)
    try:
        valid = 0 < peak_lr < np.inf
    except TypeError:
        valid = False
    if not valid:
        raise ValueError(f"peak_lr must be positive and finite. Received: peak_lr={peak_lr!r}")


def _check_steps(peak_lr: float | None = None, **steps: int) -> None:
    """Raises unless the number of steps is a positive integer; a fraction is a learning rate in the wrong place."""
    ((name, count),) = steps.items()
    try:
        valid = operator.index(count) > 0
    except TypeError:
        valid = False
    if not valid:
        order, rate = ("", "") if peak_lr is None else ("; the learning rate comes before it", f"peak_lr={peak_lr}, ")
        raise ValueError(f"{name} must be a positive integer{order}. Received: {rate}{name}={count!r}")


def _float_step(step: Any) -> Any:
    """Cast the step, because Keras passes its integer counter."""
    return ops.cast(step, "float32")


def _math(x: Any) -> Any:
    """NumPy for numbers and arrays, so that plots and tests need no tensor; keras.ops for tensors."""
    # `ops.is_tensor` takes longer than all the arithmetic.
    is_number = isinstance(x, (int, float, np.ndarray, np.generic))
    return np if is_number or not ops.is_tensor(x) else ops
