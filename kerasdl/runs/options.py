"""Options that every recipe has; a recipe's own options are a dataclass that holds these."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from inspect import signature
from math import inf
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal

from kerasdl.errors import BadInput
from kerasdl.runs.devices import Precision

# Where a run is written, and whether it goes on: this may differ when it does, and says nothing of what the run is.
OF_THE_START = {"out", "resume", "fresh"}
# What TensorFlow counts with 32 bits.
_LARGEST = 2**31 - 1
Rule = Literal["descent", "valley", "slide", "minimum", "steep", "min_grad_lr"]


@dataclass(frozen=True)
class Options:
    """Options of every recipe.

    Example:
        >>> options = Options(out=Path("runs/pets"), peak_lr=0.01, seed=1)
    """

    out: Path | None = None
    """Run folder: new, empty, or of an unfinished run, which then goes on; by default runs/RECIPE/DATA-DATE-TIME."""
    resume: bool = False
    """Insist that the run in --out goes on: an error if there is none, or if it is finished."""
    fresh: bool = False
    """Begin the unfinished run in --out anew: its folder is renamed to OUT-before-1."""
    peak_lr: float | None = None
    """Peak learning rate; by default the suggestion of a range test."""
    lr_rule: Rule = "descent"
    """Rule that reads the range test."""
    weight_decay: float = 0.01
    """Weight decay of AdamW; biases and normalization gains do not decay."""
    precision: Precision = "auto"
    """Dtype policy; auto is mixed precision on a GPU, or a CPU with AMX, that is much faster with it, else float32."""
    seed: int = 0
    """Random seed; the same seed gives the same bits on a CPU, and with --deterministic on a GPU."""
    look: bool = True
    """Look inside: follow activations and gradients while training, and draw what the model gets right and wrong."""
    deterministic: bool = False
    """Deterministic operations on a GPU, slower and without XLA; a CPU needs none."""

    def __post_init__(self) -> None:
        if self.resume and self.fresh:
            raise BadInput("Use resume or fresh, not both. Received: resume=True, fresh=True")
        if (self.resume or self.fresh) and self.out is None:
            raise BadInput("Name the run's folder (--out). Received: resume or fresh, and no out")
        if not 0 <= self.seed < 2**32:
            raise BadInput(f"seed must be from 0 to {2**32 - 1}. Received: seed={self.seed}")
        if self.peak_lr is not None and not 0 < self.peak_lr < inf:
            raise BadInput(f"The peak learning rate must be positive and finite. Received: peak_lr={self.peak_lr}")
        if not 0 <= self.weight_decay < inf:
            raise BadInput(f"Weight decay must be at least 0, and finite. Received: weight_decay={self.weight_decay}")


def check_drop_mult(drop_mult: float, largest: int) -> None:
    """Raises unless the multiplier of dropout rates is from 0 to below the one at which the highest rate is 1.

    Raises:
        BadInput: It is not.

    Example:
        >>> check_drop_mult(0.5, 4)
    """
    if not 0 <= drop_mult < largest:
        raise BadInput(f"drop_mult must be from 0 to below {largest}. Received: drop_mult={drop_mult}")


def check_counts(**counts: int | Sequence[int] | None) -> None:
    """Raises unless every number, or every one of several, is from 1 to the largest of 32 bits, or None.

    Raises:
        BadInput: Another number, or none of several.

    Example:
        >>> check_counts(epochs=10, batch_size=64, units=(32, 16))
    """
    for name, count in counts.items():
        several = count if isinstance(count, Sequence) else [count or int(count is None)]
        if min(several, default=0) < 1:
            raise BadInput(f"{name} must be at least 1. Received: {name}={count}")
        if max(several) > _LARGEST:
            raise BadInput(f"{name} must be at most {_LARGEST}. Received: {name}={count}")


def check_rates(**rates: float) -> None:
    """Raises unless every rate of dropout leaves something.

    Raises:
        BadInput: A rate below 0, or not below 1.

    Example:
        >>> check_rates(dropout=0.5)
    """
    for name, rate in rates.items():
        if not 0 <= rate < 1:
            raise BadInput(f"{name} must be at least 0 and below 1. Received: {name}={rate}")


def check_shares(**shares: Sequence[float]) -> None:
    """Raises unless every one of several shares is between 0 and 1.

    Raises:
        BadInput: One that is not.

    Example:
        >>> check_shares(intervals=(0.8, 0.95))
    """
    for name, several in shares.items():
        if not all(0 < share < 1 for share in several):
            raise BadInput(f"{name} must be between 0 and 1. Received: {name}={several}")


def flattened(config: Any) -> dict[str, Any]:
    """The options of a dataclass and of the dataclasses in it, by name.

    Example:
        >>> flattened(Config(data="pets", run=kerasdl.runs.Options(seed=1)))
        {'data': 'pets', 'out': None, ..., 'seed': 1, 'look': True, 'deterministic': False}
    """
    values: dict[str, Any] = {}
    for each in fields(config):
        value = getattr(config, each.name)
        values |= flattened(value) if is_dataclass(value) else {each.name: value}
    return values


def arguments_for(function: Callable[..., Any], config: Any) -> dict[str, Any]:
    """Those options of a dataclass, and of the dataclasses in it, that a function takes.

    Example:
        >>> arguments_for(kerasdl.lr_find, Config(data="pets"))
        {}
        >>> arguments_for(kerasdl.data.series.from_frame, Config(data="pets", run=kerasdl.runs.Options(seed=1)))
        {'seed': 1}
    """
    return {name: value for name, value in flattened(config).items() if name in signature(function).parameters}


def defaults_of(config: type) -> dict[str, Any]:
    """The defaults of a dataclass of options and of the dataclasses in it, by name.

    Example:
        >>> defaults_of(Config)
        {'data': 'pets', 'out': None, ..., 'seed': 0, 'look': True, 'deterministic': False}
    """
    found: dict[str, Any] = {}
    for each in fields(config):
        value = each.default if each.default_factory is MISSING else each.default_factory()
        found |= flattened(value) if is_dataclass(value) else {each.name: value} if value is not MISSING else {}
    return found


def shareable(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a run without what only its machine knows: of absolute paths the last part.

    Example:
        >>> shareable({"data": "/home/me/pets", "out": "runs/pets", "epochs": 5})
        {'data': 'pets', 'epochs': 5}
    """
    return {name: _without_paths(each) for name, each in config.items() if name not in OF_THE_START}


def _without_paths(value: Any) -> Any:
    if isinstance(value, str):
        kinds = (PurePosixPath, PureWindowsPath)
        return next((kind(value).name for kind in kinds if kind(value).is_absolute()), value)
    if isinstance(value, dict):
        return {name: _without_paths(each) for name, each in value.items()}
    return [_without_paths(each) for each in value] if isinstance(value, list) else value
