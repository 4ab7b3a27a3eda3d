"""The learning-rate range test as pure maths: the ramp, the smoothing, when to stop, what to suggest.

Smith, "Cyclical Learning Rates for Training Neural Networks", arXiv:1506.01186.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from kerasdl.errors import BadInput

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RampShape = Literal["exponential", "linear"]
SMOOTHING = 0.98
# A curve that falls by less than this share of its height is taken to be flat.
LEAST_FALL = 0.01
# Pure noise falls by more than so many standard errors in less than one test of a hundred (its lowest stretch is
# picked from many); digits, MNIST and film reviews fall by more than 8, Adult and Titanic, whose batches vary most, by
# 5 to 15.
STANDARD_ERRORS = 4


def ramp(step: Any, num_steps: int, start_lr: float, end_lr: float, *, shape: RampShape = "exponential") -> Any:
    """The rate at `step` of a ramp from `start_lr` at 0 to `end_lr` at `num_steps`.

    Args:
        step: A number, an array or a tensor.
        num_steps: Steps in the ramp.
        start_lr: The rate at 0.
        end_lr: The rate at `num_steps`.
        shape: "exponential" or "linear".

    Raises:
        ValueError: Another shape.

    Example:
        >>> float(ramp(50, 100, 1e-4, 1.0))
        0.01
    """
    if shape == "exponential":
        return start_lr * (end_lr / start_lr) ** (step / num_steps)
    if shape == "linear":
        return start_lr + (end_lr - start_lr) * (step / num_steps)
    raise ValueError(f"shape must be 'exponential' or 'linear'. Received: shape={shape!r}")


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


def min_grad_lr(rates: np.ndarray, losses: np.ndarray) -> float:
    """The rate where the loss falls fastest from step to step (fastai v1's `min_grad_lr`, as in its lessons).

    Example:
        >>> min_grad_lr(np.array([0.01, 0.1, 1.0, 10.0]), np.array([3.0, 2.9, 1.0, 2.0]))
        0.1
    """
    return float(rates[np.argmin(np.gradient(losses))])


def descent(rates: np.ndarray, losses: np.ndarray) -> float | None:
    """A seventh of the rate at which nine tenths of the whole fall are done; None where nothing falls.

    Near its lowest point a curve is flat, so where exactly that lies is chance; where nine tenths of the fall are done
    is not. The seventh was chosen by final validation loss on real tasks (docs/lr_range_test.md).

    Example:
        >>> descent(np.logspace(-4, 0, 9), np.array([2.0, 2, 2, 1.8, 1.5, 1.15, 1, 1.2, 9])).round(6)
        0.004518
    """
    lowest = int(np.argmin(losses))
    before = losses[: lowest + 1]
    fall = before.max() - before[-1]
    if fall <= LEAST_FALL * np.abs(before).max():
        return None
    last_above = int(np.flatnonzero(before >= before[-1] + 0.1 * fall)[-1])
    return float(rates[last_above] / 7)


RULES: dict[str, Callable[[np.ndarray, np.ndarray], float | None]] = {
    "descent": descent,
    "valley": valley,
    "slide": slide,
    "minimum": minimum,
    "steep": steep,
    "min_grad_lr": min_grad_lr,
}


@dataclass(frozen=True)
class LRRange:
    """What a range test found.

    Attributes:
        rates: Learning rate of every step taken.
        losses: True loss of every step's batch.
        smoothed: `losses` (or `valid_losses`, where there are any) under `smooth`; what the rules read.
        stopped: Why the test ended, as a sentence.
        valid_losses: Loss on the validation data after every step; None without such data.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    stopped: str
    valid_losses: np.ndarray | None = None

    def suggestion(self, rule: str = "descent") -> float:
        """The rate that `rule` picks, after dropping the first tenth of the steps and the last five.

        Args:
            rule: "descent", our own; "valley", "slide", "minimum" or "steep", fastai's; "min_grad_lr", fastai v1's.

        Raises:
            ValueError: No such rule.
            BadInput: Nothing to read off: too few steps, or a loss that does not fall.

        Example:
            >>> lr_find(model, x, y).suggestion("steep")
        """
        if rule not in RULES:
            raise ValueError(f"No such rule: choose one of {list(RULES)}. Received: rule={rule!r}")
        if self.why_none:
            raise BadInput(self.why_none)
        picked = RULES[rule](*self._kept)
        assert picked is not None  # `why_none` asks for more of a fall than `descent` does
        return picked

    @property
    def suggestions(self) -> dict[str, float]:
        """The rate that each rule picks, by rule; empty where `why_none` says why.

        Example:
            >>> lr_find(model, x, y).suggestions["valley"]
        """
        return {} if self.why_none else {rule: self.suggestion(rule) for rule in RULES}

    @property
    def why_none(self) -> str:
        """Why no rate can be read off this curve, as a sentence; empty where one can."""
        rates, smoothed = self._kept
        # `slide` looks at two points 15 apart; fewer points than that say little by any rule.
        if len(rates) < 17:
            return (
                f"The range test is too short to read: {self.stopped} Start lower, or take more steps. "
                f"Received: {len(rates)} usable points of {len(self.rates)}"
            )
        read = self.losses if self.valid_losses is None else self.valid_losses
        # As many steps at the beginning as where they are lowest: single losses, of the batch or of the last steps
        # before divergence, may lie anywhere.
        end = len(read) // 10 + len(rates)
        few = min(len(read) // 5, end // 2)
        start = few + int(np.argmin(np.convolve(read[few:end], np.ones(few), "valid")))
        before, after = read[:few], read[start : start + few]
        fall = before.mean() - after.mean()
        chance = STANDARD_ERRORS * np.sqrt(before.var() / len(before) + after.var() / len(after))
        if descent(rates, smoothed) is None or fall <= max(chance, LEAST_FALL * abs(before.mean())):
            return (
                "The loss does not fall, so no rate can be read off. Look at the curve; widen start_lr and end_lr, "
                "take larger batches, or check data and labels. "
                f"Received: mean loss {before.mean():.4g} at first, {after.mean():.4g} at its lowest"
            )
        return ""

    def plot(self, marks: Mapping[str, float] | None = None, *, rules: Sequence[str] = ("descent",)) -> Figure:
        """Draws losses over rates, with what `rules` suggest and wherever else the reader wants a marker.

        Args:
            marks: Names to rates.
            rules: Whose suggestions to draw; where there is none, the title says why.

        Returns:
            A figure, for `savefig` or `RunFolder.save_figure`.

        Example:
            >>> lr_find(model, x, y).plot({"mine": 3e-3}, rules=["descent", "valley"]).savefig("lr_range.png")
        """
        from kerasdl import plots

        suggested = {} if self.why_none else {rule: self.suggestion(rule) for rule in rules}
        read = self.losses if self.valid_losses is None else self.valid_losses
        figure = plots.lr_range(self.rates, read, self.smoothed, {**suggested, **(marks or {})})
        if self.why_none:
            figure.axes[0].set_title("No suggestion: " + self.why_none.split(". ")[0].split(": ")[0], fontsize=9)
        return figure

    @property
    def _kept(self) -> tuple[np.ndarray, np.ndarray]:
        """Rates and smoothed losses without the first tenth, the last five and whatever is not finite."""
        finite = int(np.isfinite(self.smoothed).cumprod().sum())
        kept = slice(len(self.rates) // 10, min(finite, len(self.rates) - 5))
        return self.rates[kept], self.smoothed[kept]
