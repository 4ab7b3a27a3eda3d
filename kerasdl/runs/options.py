"""Options that every recipe has; a recipe's own options are a dataclass that holds these."""

from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Literal

from kerasdl.errors import BadInput
from kerasdl.runs.devices import Precision

Rule = Literal["descent", "valley", "slide", "minimum", "steep", "min_grad_lr"]


@dataclass(frozen=True)
class Options:
    """Options of every recipe.

    Example:
        >>> options = Options(out=Path("runs/pets"), peak_lr=0.01, seed=1)
    """

    out: Path | None = None
    """Run folder, new or empty; by default runs/RECIPE/DATA-DATE-TIME."""
    peak_lr: float | None = None
    """Peak learning rate; by default the suggestion of a range test."""
    lr_rule: Rule = "descent"
    """Rule that reads the range test."""
    weight_decay: float = 0.01
    """Weight decay of AdamW; biases and normalization gains do not decay."""
    precision: Precision = "auto"
    """Dtype policy; auto is mixed precision on GPUs that are faster with it, and float32 on a CPU."""
    seed: int = 0
    """Random seed; the same seed gives the same bits on a CPU, and with --deterministic on a GPU."""
    deterministic: bool = False
    """Deterministic operations on a GPU, slower and without XLA; a CPU needs none."""

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise BadInput(f"seed must be a non-negative integer. Received: seed={self.seed}")
        if self.peak_lr is not None and not 0 < self.peak_lr < inf:
            raise BadInput(f"The peak learning rate must be positive and finite. Received: peak_lr={self.peak_lr}")
        if not 0 <= self.weight_decay < inf:
            raise BadInput(f"Weight decay must be at least 0, and finite. Received: weight_decay={self.weight_decay}")


def check_counts(**counts: int | None) -> None:
    """Raises unless every number is at least 1, or None.

    Raises:
        BadInput: A number below 1.

    Example:
        >>> check_counts(epochs=10, batch_size=64)
    """
    for name, count in counts.items():
        if count is not None and count < 1:
            raise BadInput(f"{name} must be at least 1. Received: {name}={count}")
