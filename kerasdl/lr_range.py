"""The learning-rate range test as pure maths: the ramp, the smoothing, when to stop, what to suggest.

Smith, "Cyclical Learning Rates for Training Neural Networks", arXiv:1506.01186.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from kerasdl.errors import BadInput

SMOOTHING = 0.98


def ramp(step: Any, num_steps: int, start_lr: float, end_lr: float) -> Any:
    """The rate at `step` of an exponential ramp from `start_lr` at 0 to `end_lr` at `num_steps`.

    Example:
        >>> float(ramp(50, 100, 1e-4, 1.0))
        0.01
    """
    return start_lr * (end_lr / start_lr) ** (step / num_steps)


def smooth(losses: Sequence[float], beta: float = SMOOTHING) -> np.ndarray:
    """The debiased exponential moving average of `losses`, float64 of the same length.

    Example:
        >>> smooth([1.0, 1.0, 4.0], beta=0.5).round(3).tolist()
        [1.0, 1.0, 2.714]
    """
    average, smoothed = 0.0, []
    for count, loss in enumerate(losses, start=1):
        average = beta * average + (1 - beta) * loss
        smoothed.append(average / (1 - beta**count))
    return np.asarray(smoothed)


def diverged(smoothed: Sequence[float], factor: float = 4.0) -> bool:
    """Whether the last smoothed loss is not finite, or above `factor` times the best so far.

    Example:
        >>> diverged([2.0, 1.0, 4.5])
        True
    """
    return not np.isfinite(smoothed[-1]) or smoothed[-1] > factor * np.min(smoothed)


def valley(rates: np.ndarray, losses: np.ndarray) -> float:
    """The rate halfway down the longest falling stretch of the curve (fastai's default rule).

    The stretch is the longest decreasing subsequence; the rule takes the point at half its length.

    Example:
        >>> valley(np.logspace(-4, 0, 5), np.array([5.0, 4.0, 3.0, 2.0, 9.0])).round(6)
        0.001
    """
    lengths = np.ones(len(losses), int)
    for i in range(1, len(losses)):
        before = lengths[:i][losses[:i] > losses[i]]
        lengths[i] = 1 + before.max(initial=0)
    end = int(lengths.argmax())
    # fastai's start lies one point before the stretch wherever the stretch has more than one point.
    length = int(lengths[end]) if end else 0
    third = length / 3
    return float(rates[end - length + int(third) + int(third / 2)])


def slide(rates: np.ndarray, losses: np.ndarray, *, distance: int = 15, threshold: float = 0.005) -> float:
    """The rate at the left of the last window whose two slopes differ by more than `threshold`.

    The window slides from the right end of the curve towards the left while they differ (fastai's `slide`).
    """
    slopes = np.gradient(losses)
    left = len(losses) - 1 - distance
    chosen = rates[left]
    while left >= 0 and abs(slopes[left + distance] - slopes[left]) > threshold:
        chosen = rates[left]
        left -= 1
    return float(chosen)


def minimum(rates: np.ndarray, losses: np.ndarray) -> float:
    """A tenth of the rate at the lowest loss.

    Example:
        >>> minimum(np.array([0.01, 0.1, 1.0]), np.array([3.0, 1.0, 2.0])).round(6)
        0.01
    """
    return float(rates[np.argmin(losses)] / 10)


def steep(rates: np.ndarray, losses: np.ndarray) -> float:
    """The rate where the loss falls fastest per decade of rate.

    Example:
        >>> steep(np.array([0.01, 0.1, 1.0, 10.0]), np.array([3.0, 2.9, 1.0, 2.0]))
        0.1
    """
    return float(rates[np.argmin(np.diff(losses) / np.diff(np.log(rates)))])


RULES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "valley": valley,
    "slide": slide,
    "minimum": minimum,
    "steep": steep,
}


@dataclass(frozen=True)
class LRRange:
    """What a range test found.

    Attributes:
        rates: Learning rate of every step taken.
        losses: True loss of every step's batch.
        smoothed: `losses` under `smooth`.
        stopped: Why the test ended, as a sentence.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    stopped: str

    def suggestion(self, rule: str = "valley") -> float:
        """The rate that `rule` picks, after dropping the first tenth of the steps and the last five.

        Raises:
            ValueError: No such rule.
            BadInput: Too few steps, or a loss that never falls.

        Example:
            >>> lr_find(model, x, y).suggestion("steep")
        """
        if rule not in RULES:
            raise ValueError(f"No such rule: choose one of {sorted(RULES)}. Received: rule={rule!r}")
        finite = int(np.isfinite(self.smoothed).cumprod().sum())
        kept = slice(len(self.rates) // 10, min(finite, len(self.rates) - 5))
        rates, smoothed = self.rates[kept], self.smoothed[kept]
        # `slide` looks at two points 15 apart; fewer points than that say little by any rule.
        if len(rates) < 17:
            raise BadInput(
                f"The range test is too short to read: {self.stopped} Start lower, or take more steps. "
                f"Received: {len(rates)} usable points of {len(self.rates)}"
            )
        if smoothed.min() >= smoothed[0]:
            raise BadInput(
                "The loss never fell below its start, so no rate can be read off. Look at the curve; widen "
                f"start_lr and end_lr, or check the data. Received: lowest loss {smoothed.min():.4g}, "
                f"first {smoothed[0]:.4g}"
            )
        return RULES[rule](rates, smoothed)
