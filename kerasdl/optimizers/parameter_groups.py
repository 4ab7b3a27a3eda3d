"""Parameter groups for stock Keras optimizers: learning-rate multiplier and weight decay by variable path."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops
from kerasdl.arguments import check_one_rate, known_arguments
from kerasdl.optimizers.own_steps import after

Group = Mapping[str, Any]

# Biases and normalization parameters: no weight decay, as usual since He et al. (arXiv:1812.01187).
_NO_DECAY = re.compile(r"(^|_)(bias|gamma|beta|scale)$")


@known_arguments()
class ParameterGroups(keras.optimizers.Optimizer):
    """Mixin that adds parameter groups to a stock Keras optimizer.

    Multiplier and weight decay of a variable are Python numbers in the traced step, so a group costs one more
    multiplication per step and no optimizer variables. Weight decay is decoupled, as in Keras:
    `variable -= learning_rate * multiplier * decay * variable`, before the update.
    """

    def __init__(self, *args: Any, groups: Sequence[Group] | None = None, **kwargs: Any) -> None:
        check_one_rate("learning_rate", kwargs.get("learning_rate", args[0] if args else None))
        super().__init__(*args, **kwargs)
        self.groups = [dict(group) for group in groups or ()]
        for group in self.groups:
            _check(group)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the optimizer's state, and the multiplier and weight decay of each variable.

        Args:
            variables: The variables to train.

        Raises:
            ValueError: A group matches no variable.
        """
        if self.built:
            return
        super().build(variables)
        for group in self.groups:
            if not any(_matches(group, variable.path) for variable in variables):
                raise ValueError(
                    f"This parameter group matches no variable: {group['match']!r}. It must match the start of any "
                    f"part of a variable path such as {[variable.path for variable in variables][:3]}. "
                    f"Received: groups={self.groups}"
                )
        self._multipliers = [self._setting("lr", 1.0, variable) for variable in variables]
        self._decays = [
            self._setting("weight_decay", self._default_decay(variable), variable) for variable in variables
        ]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Apply weight decay to a variable, then the stock update with the learning rate of its group.

        Args:
            gradient: Gradient of the loss for this variable.
            variable: The variable to update.
            learning_rate: Learning rate before the multiplier of the group.
        """
        index = self._get_variable_index(variable)
        if self._multipliers[index] != 1:
            learning_rate = learning_rate * self._multipliers[index]
        decay = self._own_decay(index) if self._decays[index] is None else self._decays[index]
        if decay:
            with after(gradient):
                self.assign_sub(variable, variable * (ops.cast(learning_rate, variable.dtype) * decay))
        super().update_step(gradient, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        """Configuration of the stock optimizer, and the groups."""
        return {**super().get_config(), "groups": [dict(group) for group in self.groups]}

    def _apply_weight_decay(self, variables: Sequence[keras.Variable]) -> None:
        """Do nothing: `update_step` applies weight decay, because only it knows the learning rate of each variable."""

    def _own_decay(self, index: int) -> float | None:  # noqa: ARG002 -- Muon has two values
        """Weight decay of the optimizer for a variable of which no group sets it."""
        return self.weight_decay

    def _setting(self, name: str, default: float | None, variable: keras.Variable) -> float | None:
        for group in reversed(self.groups):
            if name in group and _matches(group, variable.path):
                return float(group[name])
        return default

    def _default_decay(self, variable: keras.Variable) -> float | None:
        """0 for a variable without weight decay, None for the optimizer's value."""
        excluded = _NO_DECAY.search(variable.path.split("/")[-1]) or not self._use_weight_decay(variable)
        return 0.0 if excluded else None


def _matches(group: Group, path: str) -> bool:
    return re.search(f"(^|/)(?:{group['match']})", path) is not None


def _check(group: Group) -> None:
    if "match" not in group or not {"lr", "weight_decay"} & set(group) or set(group) - {"match", "lr", "weight_decay"}:
        raise ValueError(
            'A parameter group must have "match", and "lr" (a multiplier), "weight_decay" or both; no other keys. '
            f"Received: {dict(group)}"
        )
    try:
        re.compile(group["match"])
    except re.error as error:
        raise ValueError(
            f"{group['match']!r} is not a valid regular expression ({error}). Received: {dict(group)}"
        ) from error
    for name in ("lr", "weight_decay"):
        value = group.get(name, 0.0)
        if not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise ValueError(f"{name} of a group must be a number of at least 0, and finite. Received: {dict(group)}")
