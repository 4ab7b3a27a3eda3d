"""Schedules: pure functions of the step. Steps may be Python numbers, NumPy arrays or tensors."""

from typing import Any

import numpy as np
from keras import ops


def cosine(start: float, end: float, share: Any) -> Any:
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


def one_cycle(
    step: Any,
    total_steps: int,
    peak_lr: float,
    *,
    warmup_share: float = 0.25,
    start_divisor: float = 25.0,
    end_divisor: float = 1e5,
) -> Any:
    """Learning rate of the one-cycle policy (Smith, arXiv:1708.07120), in fastai's cosine form.

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor. Past the end the last value holds.
        total_steps: Steps in the whole cycle.
        peak_lr: The highest rate, reached after `warmup_share` of the steps.
        warmup_share: Share of the steps spent rising, in (0, 1).
        start_divisor: The first rate is `peak_lr / start_divisor`.
        end_divisor: The rate falls towards `peak_lr / end_divisor`.

    Returns:
        The rate, of the same kind and shape as `step`.

    Example:
        >>> float(one_cycle(25, 100, 0.1))
        0.1
    """
    return _up_and_down(step, total_steps, warmup_share, peak_lr / start_divisor, peak_lr, peak_lr / end_divisor)


def one_cycle_momentum(
    step: Any, total_steps: int, *, warmup_share: float = 0.25, high: float = 0.95, low: float = 0.85
) -> Any:
    """Momentum of the one-cycle policy (Smith, arXiv:1803.09820): low where the rate is high.

    Args:
        step: Optimizer step, from 0; a number, an array or a tensor.
        total_steps: Steps in the whole cycle.
        warmup_share: Share of the steps in which the rate rises, in (0, 1).
        high: Momentum at both ends.
        low: Momentum at the peak of the rate.

    Returns:
        The momentum, of the same kind and shape as `step`.

    Example:
        >>> float(one_cycle_momentum(25, 100))
        0.85
    """
    return _up_and_down(step, total_steps, warmup_share, high, low, high)


def _up_and_down(step: Any, total_steps: int, warmup_share: float, first: float, middle: float, last: float) -> Any:
    math = _math(step)
    share = math.clip(step / total_steps, 0.0, 1.0)
    return math.where(
        share < warmup_share,
        cosine(first, middle, share / warmup_share),
        cosine(middle, last, (share - warmup_share) / (1 - warmup_share)),
    )


def _math(x: Any) -> Any:
    """NumPy for numbers, so that plots and tests need no tensor; keras.ops inside a traced step."""
    return ops if ops.is_tensor(x) else np
