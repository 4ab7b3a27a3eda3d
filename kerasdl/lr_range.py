"""The computations of the learning-rate range test: ramp, smoothing, stopping and suggestion rules.

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

__all__ = ["LRRange", "descent", "diverged", "min_grad_lr", "minimum", "ramp", "slide", "smooth", "steep", "valley"]

RampShape = Literal["exponential", "linear"]
SMOOTHING = 0.98
# A curve that falls by less than this fraction of its height counts as flat.
LEAST_FALL = 0.01
# Pure noise, heavy-tailed or not, falls by more than this number of standard errors in less than 1 % of tests (the
# lowest of many intervals is compared); digits fall by 25 to 38, MNIST by 13 to 17, film reviews by 12 to 22, Adult by
# 10 to 19.
STANDARD_ERRORS = 4
# Of the mean of a few steps: noise rises by more in 3 % of tests if its logarithm has a standard deviation of 0.4, and
# in 16 % if it has one of 1. SqueezeNet with a trained head rises at rates at which it was seen to unlearn.
RISE_STANDARD_ERRORS = 6


def ramp(step: Any, num_steps: int, start_lr: float, end_lr: float, *, shape: RampShape = "exponential") -> Any:
    """Learning rate at `step` of a ramp from `start_lr` at 0 to `end_lr` at `num_steps`.

    Args:
        step: A number, an array or a tensor.
        num_steps: Number of steps in the ramp.
        start_lr: Learning rate at step 0.
        end_lr: Learning rate at step `num_steps`.
        shape: "exponential" or "linear".

    Raises:
        ValueError: Unknown `shape`.

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
    """Bias-corrected exponential moving average of `losses`, float64 of the same length.

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
    """Whether the last smoothed loss is not finite, or above `factor` times the minimum.

    A loss that may be negative has diverged when it is as far above its minimum as a multiple of its size.

    Example:
        >>> diverged([2.0, 1.0, 4.5])
        True
    """
    lowest = np.min(smoothed)
    size = lowest if lowest > 0 else np.max(np.abs(smoothed[:-1]), initial=0.0)
    return bool(not np.isfinite(smoothed[-1]) or smoothed[-1] > lowest + (factor - 1) * size)


def valley(rates: np.ndarray, losses: np.ndarray) -> float:
    """Learning rate in the middle of the longest descent of the curve (fastai's default rule).

    The descent is the longest decreasing subsequence; the rule takes the point at half its length.

    Example:
        >>> round(valley(np.logspace(-4, 0, 9), np.array([6.0, 5, 4, 3, 2, 1, 9, 9, 9])), 6)
        0.001
    """
    lengths = np.ones(len(losses), int)
    for i in range(1, len(losses)):
        before = lengths[:i][losses[:i] > losses[i]]
        lengths[i] = 1 + before.max(initial=0)
    end = int(lengths.argmax())
    # In fastai a descent of more than one point starts one point earlier.
    length = int(lengths[end]) if end else 0
    third = length / 3
    return float(rates[end - length + int(third) + int(third / 2)])


def slide(rates: np.ndarray, losses: np.ndarray, *, distance: int = 15, threshold: float = 0.005) -> float:
    """Learning rate at the left end of the last window whose two slopes differ by more than `threshold`.

    The window slides from the right end of the curve to the left while they differ (fastai's `slide`).

    Example:
        >>> rates = np.logspace(-4, 0, 40)
        >>> slide(rates, np.cos(np.arange(40) / 8)) in rates
        True
    """
    slopes = np.gradient(losses)
    left = len(losses) - 1 - distance
    chosen = rates[left]
    while left >= 0 and abs(slopes[left + distance] - slopes[left]) > threshold:
        chosen = rates[left]
        left -= 1
    return float(chosen)


def minimum(rates: np.ndarray, losses: np.ndarray) -> float:
    """A tenth of the learning rate with the lowest loss.

    Example:
        >>> minimum(np.array([0.01, 0.1, 1.0]), np.array([3.0, 1.0, 2.0]))
        0.01
    """
    return float(rates[np.argmin(losses)] / 10)


def steep(rates: np.ndarray, losses: np.ndarray) -> float:
    """Learning rate where the loss falls fastest per decade of learning rate.

    Example:
        >>> steep(np.array([0.01, 0.1, 1.0, 10.0]), np.array([3.0, 2.9, 1.0, 2.0]))
        0.1
    """
    return float(rates[np.argmin(np.diff(losses) / np.diff(np.log(rates)))])


def min_grad_lr(rates: np.ndarray, losses: np.ndarray) -> float:
    """Learning rate where the loss falls fastest from step to step (fastai v1's `min_grad_lr`).

    Example:
        >>> min_grad_lr(np.array([0.01, 0.1, 1.0, 10.0]), np.array([3.0, 2.9, 1.0, 2.0]))
        0.1
    """
    return float(rates[np.argmin(np.gradient(losses))])


def descent(rates: np.ndarray, losses: np.ndarray) -> float | None:
    """A seventh of the learning rate at which the loss has fallen by 90 % of its total fall; None if it does not fall.

    The curve is flat around its minimum, so the exact position of the minimum is random; that of the 90 % point is not.
    The factor of seven was chosen by final validation loss on real tasks (docs/lr_range_test.md).

    Example:
        >>> round(descent(np.logspace(-4, 0, 9), np.array([2.0, 2, 2, 1.8, 1.5, 1.15, 1, 1.2, 9])), 6)
        0.004518
    """
    lowest = int(np.argmin(losses))
    before = losses[: lowest + 1]
    fall = before.max() - before[-1]
    if fall <= LEAST_FALL * np.abs(before).max():
        return None
    last_above = int(np.flatnonzero(before >= before[-1] + 0.1 * fall)[-1])
    return float(rates[last_above] / 7)


def _falls(before: np.ndarray, after: np.ndarray, *, is_log: bool) -> bool:
    """Whether the mean falls by more than noise explains, and by more than a small fraction of its height."""
    least = LEAST_FALL if is_log else LEAST_FALL * abs(before.mean())
    degrees = len(before) + len(after) - 2
    variance = (len(before) * before.var() + len(after) * after.var()) / degrees
    chance = STANDARD_ERRORS * np.sqrt(variance / len(before) + variance / len(after))
    return before.mean() - after.mean() > max(chance, least)


RULES: dict[str, Callable[[np.ndarray, np.ndarray], float | None]] = {
    "descent": descent,
    "valley": valley,
    "slide": slide,
    "minimum": minimum,
    "steep": steep,
    "min_grad_lr": min_grad_lr,
}


@dataclass(frozen=True, repr=False)
class LRRange:
    """Result of a learning-rate range test.

    Attributes:
        rates: Learning rate of each step.
        losses: Batch loss of each step.
        smoothed: `losses` (or `valid_losses`, if any) after `smooth`; the input of the rules.
        stopped: Why the test ended, as a sentence.
        valid_losses: Loss on the validation data after each step; None without validation data.

    Example:
        >>> found = kerasdl.lr_find(model, x_train, y_train)
        >>> len(found.rates), found.stopped     # (87, "The loss diverged at step 87.")
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    stopped: str
    valid_losses: np.ndarray | None = None

    def suggestion(self, rule: str = "descent") -> float:
        """Learning rate suggested by `rule`, without the first tenth and the last five of the steps.

        Args:
            rule: "descent" (kerasdl), "valley", "slide", "minimum", "steep" (fastai) or "min_grad_lr" (fastai v1).

        Raises:
            ValueError: Unknown rule.
            BadInput: No suggestion: too few steps, or the loss does not fall.

        Example:
            >>> kerasdl.lr_find(model, x_train, y_train).suggestion("steep")
        """
        if rule not in RULES:
            raise ValueError(f"rule must be one of {list(RULES)}. Received: rule={rule!r}")
        if self.why_none:
            raise BadInput(self.why_none)
        picked = RULES[rule](*self._curve)
        assert picked is not None  # `why_none` covers the case that `descent` finds nothing
        return picked

    @property
    def suggestions(self) -> dict[str, float]:
        """Suggested learning rate by rule; empty if there is none, see `why_none`.

        Example:
            >>> kerasdl.lr_find(model, x_train, y_train).suggestions["valley"]
        """
        return {} if self.why_none else {rule: self.suggestion(rule) for rule in RULES}

    @property
    def rise(self) -> float:
        """Lowest learning rate at which the loss is above its beginning; infinity if there is none.

        For a network that has learned already, whose loss cannot fall much. Compares the mean of every four steps with
        the first third of the test: half as much again, and six standard errors.

        Example:
            >>> kerasdl.lr_find(model, x_train, y_train, stop_factor=float("inf")).rise
        """
        few, read = 4, self._recorded
        start = max(few, len(read) // 3)
        if len(read) < start + few:
            return float("inf")
        begin = read[:start]
        limit = begin.mean() + max(0.5 * abs(begin.mean()), RISE_STANDARD_ERRORS * begin.std() / np.sqrt(few))
        means = np.convolve(read[start:], np.ones(few) / few, "valid")
        above = np.flatnonzero(~(means <= limit))  # also where the loss is not a number
        return float(self.rates[start + above[0]]) if len(above) else float("inf")

    @property
    def why_none(self) -> str:
        """Why this curve has no suggestion, as a sentence; empty if it has one."""
        rates, _ = self._usable
        # `slide` compares points 15 apart; no rule is reliable with fewer points.
        if len(rates) < 17:
            return (
                f"The range test is too short for a suggestion: {self.stopped} Lower start_lr, or raise num_steps. "
                f"Received: {len(rates)} usable points of {len(self.rates)}"
            )
        start, few = self._lowest
        before, after = slice(max(few, start - few)), slice(start, start + few)
        falls = _falls(self._compared[before], self._compared[after], is_log=self._is_positive)
        if not falls or descent(*self._curve) is None:
            mean_before, mean_after = self._read[before].mean(), self._read[after].mean()
            return (
                "The loss does not fall, so no learning rate can be suggested. Plot the curve; lower start_lr or raise "
                "end_lr, use larger batches or validation_data, or check data and labels. "
                f"Received: mean loss {mean_before:.4g} at the beginning, {mean_after:.4g} at the minimum"
            )
        return ""

    def plot(self, marks: Mapping[str, float] | None = None, *, rules: Sequence[str] = ("descent",)) -> Figure:
        """Draw the losses over the learning rates, with the suggestions of `rules` and other learning rates marked.

        Args:
            marks: Learning rates to mark, by name.
            rules: Rules whose suggestions to mark; if they find none, the title says why.

        Returns:
            A figure, for `savefig` or `RunFolder.save_figure`.

        Example:
            >>> found = kerasdl.lr_find(model, x_train, y_train)
            >>> found.plot({"mine": 3e-3}, rules=["descent", "valley"]).savefig("lr_range.png")
        """
        from kerasdl import plots

        suggested = {} if self.why_none else {rule: self.suggestion(rule) for rule in rules}
        figure = plots.lr_range(self.rates, self._recorded, self.smoothed, {**suggested, **(marks or {})})
        if rules and self.why_none:
            figure.axes[0].set_title("No suggestion: " + self.why_none.split(". ")[0].split(": ")[0], fontsize=9)
        return figure

    def __repr__(self) -> str:
        found = "no suggestion" if self.why_none else f"descent {self.suggestion():.2g}"
        between = f", {self.rates[0]:.2g} to {self.rates[-1]:.2g}" if len(self.rates) else ""
        return f"LRRange({len(self.rates)} learning rates{between}: {found})"

    def _repr_png_(self) -> bytes:
        """The plot, which a notebook shows."""
        return self.plot()._repr_png_()

    @property
    def _recorded(self) -> np.ndarray:
        return self.losses if self.valid_losses is None else self.valid_losses

    @property
    def _read(self) -> np.ndarray:
        """The losses that are read, without the last five and those after a loss that is not finite."""
        return self._recorded[: len(self.rates) // 10 + len(self._usable[0])]

    @property
    def _is_positive(self) -> bool:
        return bool(self._read.min() > 0)

    @property
    def _lowest(self) -> tuple[int, int]:
        """First step of the eighth of the test with the lowest mean, but the first eighth, and its number of steps."""
        few = max(2, min(len(self.losses) // 8, len(self._read) // 2))
        return few + int(np.argmin(np.convolve(self._compared, np.ones(few) / few, "valid")[few:])), few

    @property
    def _compared(self) -> np.ndarray:
        """Positive losses on a logarithmic scale: errors of large targets vary with their size, with a heavy tail."""
        return np.log(self._read) if self._is_positive else self._read

    @property
    def _curve(self) -> tuple[np.ndarray, np.ndarray]:
        """Learning rates and losses for the rules: smoothed, or running medians if a few high losses hide the fall."""
        rates, smoothed = self._usable
        start, few = self._lowest
        if self._is_positive and len(self.rates) // 10 + int(np.argmin(smoothed)) < start:
            windows = np.lib.stride_tricks.sliding_window_view(self._read, few)
            # A smoothed curve is late by about as many steps as a window has: each window stands at its end.
            return self.rates[few - 1 :][: len(windows)], np.median(windows, axis=1)
        return rates, smoothed

    @property
    def _usable(self) -> tuple[np.ndarray, np.ndarray]:
        """Learning rates and smoothed losses without the first tenth, the last five and non-finite values."""
        finite = int(np.isfinite(self.smoothed).cumprod().sum())
        usable = slice(len(self.rates) // 10, min(finite, len(self.rates) - 5))
        return self.rates[usable], self.smoothed[usable]
