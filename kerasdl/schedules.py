"""Schedules: pure functions of the step, and Keras LearningRateSchedules made of them.

A step may be a Python number, a NumPy array or a tensor; the value is of the same kind and shape. The functions are in
lower case (`one_cycle`), the classes end in Schedule (`OneCycleSchedule`) and go where Keras takes a learning rate; the
callbacks that also move momentum, or learn the length of the fit by themselves, are `callbacks.OneCycle` and its kin.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import keras
import numpy as np
from keras import ops

Shape = Literal["cosine", "linear"]
Schedule = Callable[[Any], Any]


def cosine(start: Any, end: Any, share: Any) -> Any:
    """Half a cosine from `start` (at share 0) to `end` (at share 1), as in SGDR (arXiv:1608.03983).

    Args:
        start: Value at share 0.
        end: Value at share 1.
        share: How much of the way is done, in [0, 1]; a number, an array or a tensor.

    Returns:
        The value, of the same kind and shape as `share`.

    Example:
        >>> float(cosine(1.0, 0.0, 0.5))
        0.5
    """
    return end + (start - end) / 2 * (1 + _math(share).cos(np.pi * share))


def linear(start: Any, end: Any, share: Any) -> Any:
    """A straight line from `start` (at share 0) to `end` (at share 1).

    Args:
        start: Value at share 0.
        end: Value at share 1.
        share: How much of the way is done, in [0, 1]; a number, an array or a tensor.

    Returns:
        The value, of the same kind and shape as `share`.

    Example:
        >>> linear(1.0, 0.0, 0.25)
        0.75
    """
    return start + (end - start) * share


def one_cycle(
    step: Any,
    total_steps: int,
    peak_lr: float,
    *,
    warmup_share: float = 0.25,
    start_divisor: float = 25.0,
    end_divisor: float = 1e5,
    shape: Shape = "cosine",
) -> Any:
    """Learning rate of the one-cycle policy (Smith, arXiv:1708.07120); the defaults are fastai's.

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor. Past the end the last value holds.
        total_steps: Steps in the whole cycle.
        peak_lr: The highest rate, reached after `warmup_share` of the steps.
        warmup_share: Share of the steps spent rising, in (0, 1).
        start_divisor: The first rate is `peak_lr / start_divisor`.
        end_divisor: The rate falls towards `peak_lr / end_divisor`.
        shape: How it rises and falls: "cosine", or "linear" as in the paper.

    Returns:
        The rate, of the same kind and shape as `step`.

    Raises:
        ValueError: Arguments out of range.

    Example:
        >>> float(one_cycle(25, 100, 0.1))
        0.1
    """
    _check_positive(peak_lr=peak_lr, total_steps=total_steps)
    if min(start_divisor, end_divisor) < 1:
        raise ValueError(
            f"The divisors must be at least 1. Received: start_divisor={start_divisor}, end_divisor={end_divisor}"
        )
    first, last = peak_lr / start_divisor, peak_lr / end_divisor
    return _up_and_down(step, total_steps, warmup_share, first, peak_lr, last, shape)


def one_cycle_momentum(
    step: Any,
    total_steps: int,
    *,
    warmup_share: float = 0.25,
    high: float = 0.95,
    low: float = 0.85,
    shape: Shape = "cosine",
) -> Any:
    """Momentum of the one-cycle policy (Smith, arXiv:1803.09820): low where the rate is high.

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor.
        total_steps: Steps in the whole cycle.
        warmup_share: Share of the steps in which the rate rises, in (0, 1).
        high: Momentum at both ends.
        low: Momentum at the peak of the rate.
        shape: "cosine" or "linear".

    Returns:
        The momentum, of the same kind and shape as `step`.

    Raises:
        ValueError: Arguments out of range.

    Example:
        >>> float(one_cycle_momentum(25, 100))
        0.85
    """
    _check_positive(total_steps=total_steps)
    if not (0 < high < 1 and 0 < low < 1):
        raise ValueError(f"Momentum must lie between 0 and 1. Received: high={high}, low={low}")
    return _up_and_down(step, total_steps, warmup_share, high, low, high, shape)


def flat_cosine(
    step: Any, total_steps: int, peak_lr: float, *, flat_share: float = 0.75, end_divisor: float = 1e5
) -> Any:
    """Holds `peak_lr`, then falls by half a cosine: fastai's `fit_flat_cos`, made for optimizers like Ranger.

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor. Past the end the last value holds.
        total_steps: Steps in all.
        peak_lr: The rate at first.
        flat_share: Share of the steps that it is held, in [0, 1).
        end_divisor: The rate falls towards `peak_lr / end_divisor`.

    Returns:
        The rate, of the same kind and shape as `step`.

    Raises:
        ValueError: Arguments out of range.

    Example:
        >>> [round(float(flat_cosine(step, 100, 0.1)), 4) for step in (0, 75, 100)]
        [0.1, 0.1, 0.0]
    """
    _check_positive(peak_lr=peak_lr, total_steps=total_steps)
    if not (0 <= flat_share < 1 and end_divisor >= 1):
        raise ValueError(
            "flat_share must lie in [0, 1), and end_divisor be at least 1. "
            f"Received: flat_share={flat_share}, end_divisor={end_divisor}"
        )
    share = _math(step).clip(step / total_steps, flat_share, 1.0)
    return cosine(peak_lr, peak_lr / end_divisor, (share - flat_share) / (1 - flat_share))


def cosine_restarts(step: Any, cycle_steps: int, peak_lr: float, *, growth: int = 2, end_lr: float = 0.0) -> Any:
    """Half a cosine from `peak_lr` down, again and again: SGDR (Loshchilov and Hutter, arXiv:1608.03983).

    As a Keras schedule, stock `CosineDecayRestarts` gives the same rates; this function serves
    `callbacks.CosineRestarts`, which counts its cycles in epochs.

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor.
        cycle_steps: Steps in the first cycle.
        peak_lr: The rate at every restart.
        growth: How many times as long each cycle is as the one before; a whole number.
        end_lr: Where the cosine of each cycle ends.

    Returns:
        The rate, of the same kind and shape as `step`.

    Raises:
        ValueError: Arguments out of range.

    Example:
        >>> [round(float(cosine_restarts(step, 10, 0.1)), 3) for step in (0, 5, 10, 20, 30)]
        [0.1, 0.05, 0.1, 0.05, 0.1]
    """
    _check_positive(peak_lr=peak_lr, cycle_steps=cycle_steps)
    if growth < 1 or growth != int(growth) or not 0 <= end_lr <= peak_lr:
        raise ValueError(
            "growth must be a whole number from 1, and end_lr lie between 0 and peak_lr. "
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


def warm_up(step: Any, warmup_steps: int, peak_lr: float, *, start_lr: float = 0.0) -> Any:
    """Rises in a straight line from `start_lr` to `peak_lr`, then stays (Goyal et al., arXiv:1706.02677).

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor.
        warmup_steps: Steps spent rising.
        peak_lr: The rate from then on.
        start_lr: The rate at step 0.

    Returns:
        The rate, of the same kind and shape as `step`.

    Raises:
        ValueError: Arguments out of range.

    Example:
        >>> [float(warm_up(step, 10, 0.2)) for step in (0, 5, 10, 99)]
        [0.0, 0.1, 0.2, 0.2]
    """
    _check_positive(peak_lr=peak_lr, warmup_steps=warmup_steps)
    if start_lr < 0:
        raise ValueError(f"start_lr must not be negative. Received: start_lr={start_lr}")
    return linear(start_lr, peak_lr, _math(step).clip(step / warmup_steps, 0.0, 1.0))


def joined(step: Any, schedules: Sequence[Schedule], boundaries: Sequence[int]) -> Any:
    """One schedule after the other; each counts its steps from its own beginning.

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor.
        schedules: Functions of the step.
        boundaries: Rising steps at which the second, third… schedule takes over.

    Returns:
        The value, of the same kind and shape as `step`.

    Raises:
        ValueError: Not one boundary fewer than schedules, or boundaries that do not rise from above 0.

    Example:
        >>> down = lambda step: flat_cosine(step, 90, 0.1)
        >>> float(joined(5, [lambda step: warm_up(step, 10, 0.1), down], [10]))
        0.05
    """
    if len(schedules) != len(boundaries) + 1:
        raise ValueError(
            "There must be one schedule more than boundaries. "
            f"Received: {len(schedules)} schedules, boundaries={list(boundaries)}"
        )
    if list(boundaries) != sorted(set(boundaries)) or any(boundary <= 0 for boundary in boundaries):
        raise ValueError(f"boundaries must rise from above 0. Received: boundaries={list(boundaries)}")
    value = schedules[0](step)
    for boundary, schedule in zip(boundaries, schedules[1:], strict=True):
        value = _math(step).where(step >= boundary, schedule(step - boundary), value)
    return value


class _FunctionSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that is a pure function of this module and its arguments, which are also its config."""

    function: ClassVar[Callable[..., Any]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        bound = inspect.signature(self.function).bind(0, *args, **kwargs)
        bound.apply_defaults()
        self.arguments = {name: value for name, value in bound.arguments.items() if name != "step"}
        self(0.0)  # raises for arguments out of range, here where they are written

    def __call__(self, step: Any) -> Any:
        """The rate at `step`."""
        return type(self).function(_float_step(step), **self.arguments)

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        return dict(self.arguments)


@keras.saving.register_keras_serializable("kerasdl")
class OneCycleSchedule(_FunctionSchedule):
    """The rate of `one_cycle` (arXiv:1708.07120) as a Keras schedule; momentum stays, see `callbacks.OneCycle`.

    Args, defaults and errors are those of `one_cycle`, without `step`.

    Example:
        >>> optimizer = keras.optimizers.SGD(OneCycleSchedule(total_steps=1000, peak_lr=0.1), momentum=0.9)
    """

    function = staticmethod(one_cycle)


@keras.saving.register_keras_serializable("kerasdl")
class FlatCosineSchedule(_FunctionSchedule):
    """The rate of `flat_cosine` as a Keras schedule.

    Args, defaults and errors are those of `flat_cosine`, without `step`.

    Example:
        >>> optimizer = keras.optimizers.AdamW(FlatCosineSchedule(total_steps=1000, peak_lr=1e-3))
    """

    function = staticmethod(flat_cosine)


@keras.saving.register_keras_serializable("kerasdl")
class WarmUpSchedule(_FunctionSchedule):
    """The rate of `warm_up` (arXiv:1706.02677) as a Keras schedule; `JoinedSchedule` puts another behind it.

    Args, defaults and errors are those of `warm_up`, without `step`.

    Example:
        >>> optimizer = keras.optimizers.AdamW(WarmUpSchedule(warmup_steps=500, peak_lr=1e-3))
    """

    function = staticmethod(warm_up)


@keras.saving.register_keras_serializable("kerasdl")
class JoinedSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """One Keras schedule after the other, as `joined`; ours, Keras's own and the user's alike.

    Args:
        schedules: Keras schedules, each of which counts its steps from its own beginning.
        boundaries: Rising steps at which the second, third… takes over.

    Raises:
        ValueError: As for `joined`; or a schedule that is none, such as a bare function.

    Example:
        >>> down = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=900)
        >>> keras.optimizers.SGD(JoinedSchedule([WarmUpSchedule(100, 0.1), down], boundaries=[100]))
    """

    def __init__(
        self, schedules: Sequence[keras.optimizers.schedules.LearningRateSchedule], boundaries: Sequence[int]
    ) -> None:
        super().__init__()
        self.schedules, self.boundaries = list(schedules), list(boundaries)
        for schedule in self.schedules:
            if not isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
                raise ValueError(
                    "JoinedSchedule joins Keras schedules, which can be saved; functions are joined by "
                    f"schedules.joined. Received: {schedule!r}"
                )
        self(0.0)

    def __call__(self, step: Any) -> Any:
        """The rate at `step`."""
        return joined(_float_step(step), self.schedules, self.boundaries)

    def get_config(self) -> dict[str, Any]:
        """The arguments, for saving."""
        schedules = [keras.saving.serialize_keras_object(schedule) for schedule in self.schedules]
        return {"schedules": schedules, "boundaries": self.boundaries}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "JoinedSchedule":
        """A schedule from what `get_config` gave."""
        schedules = [keras.saving.deserialize_keras_object(schedule) for schedule in config["schedules"]]
        return cls(schedules, config["boundaries"])


# float32 counts no further.
_MOST_STEPS = 2**24
_SHAPES: dict[str, Callable[[Any, Any, Any], Any]] = {"cosine": cosine, "linear": linear}


def _up_and_down(
    step: Any, total_steps: int, warmup_share: float, first: float, middle: float, last: float, shape: str
) -> Any:
    if not 0 < warmup_share < 1:
        raise ValueError(f"warmup_share must lie between 0 and 1. Received: warmup_share={warmup_share}")
    if shape not in _SHAPES:
        raise ValueError(f"shape must be one of {list(_SHAPES)}. Received: shape={shape!r}")
    math, way = _math(step), _SHAPES[shape]
    share = math.clip(step / total_steps, 0.0, 1.0)
    return math.where(
        share < warmup_share,
        way(first, middle, share / warmup_share),
        way(middle, last, (share - warmup_share) / (1 - warmup_share)),
    )


def _check_positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} must be positive. Received: {name}={value}")


def _float_step(step: Any) -> Any:
    """Keras hands a schedule its integer counter."""
    return ops.cast(step, "float32")


def _math(x: Any) -> Any:
    """NumPy for numbers, so that plots and tests need no tensor; keras.ops inside a traced step."""
    # Asking whether something is a tensor takes longer than all the arithmetic.
    is_number = isinstance(x, (int, float, np.ndarray, np.generic))
    return np if is_number or not ops.is_tensor(x) else ops
