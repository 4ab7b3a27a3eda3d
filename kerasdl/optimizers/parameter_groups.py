"""Parameter groups for stock Keras optimizers: a learning-rate multiplier and a weight decay for whatever matches."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops
from kerasdl.optimizers.own_steps import after

Group = Mapping[str, Any]

# As in every recipe since He et al. (arXiv:1812.01187): what shifts and scales has no need to be small.
_NO_DECAY = re.compile(r"(^|_)(bias|gamma|beta|scale)$")


class ParameterGroups(keras.optimizers.Optimizer):
    """A mixin that gives a stock Keras optimizer parameter groups.

    Learning rate and weight decay of a variable are Python numbers in the traced step, so a step costs one
    multiplication more; nothing is added to the optimizer's variables. Weight decay is decoupled, as in Keras:
    `variable -= learning_rate * multiplier * decay * variable`, before the update.
    """

    def __init__(self, *args: Any, groups: Sequence[Group] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = [dict(group) for group in groups or ()]
        for group in self.groups:
            _check(group)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Creates the optimizer's state and settles every variable's multiplier and decay.

        Args:
            variables: What the optimizer will train.

        Raises:
            ValueError: A group matches no variable.
        """
        if self.built:
            return
        super().build(variables)
        for group in self.groups:
            if not any(_matches(group, variable.path) for variable in variables):
                raise ValueError(
                    f"This parameter group matches no variable: {group['match']!r} is a regular expression for the "
                    f"beginning of any part of a path such as {[variable.path for variable in variables][:3]}. "
                    f"Received: groups={self.groups}"
                )
        self._multipliers = [self._setting("lr", 1.0, variable) for variable in variables]
        self._decays = [self._setting("weight_decay", self._spared(variable), variable) for variable in variables]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Decays the variable, then lets the stock optimizer update it at its group's rate.

        Args:
            gradient: Of the loss, for this variable.
            variable: What to update.
            learning_rate: The optimizer's, before the group's multiplier.
        """
        index = self._get_variable_index(variable)
        if self._multipliers[index] != 1:
            learning_rate = learning_rate * self._multipliers[index]
        decay = self.weight_decay if self._decays[index] is None else self._decays[index]
        if decay:
            with after(gradient):
                self.assign_sub(variable, variable * (ops.cast(learning_rate, variable.dtype) * decay))
        super().update_step(gradient, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        """The stock optimizer's configuration, and the groups."""
        return {**super().get_config(), "groups": [dict(group) for group in self.groups]}

    def _apply_weight_decay(self, variables: Sequence[keras.Variable]) -> None:
        """Nothing: `update_step` decays, for only there a variable's own rate is known."""

    def _setting(self, name: str, default: float | None, variable: keras.Variable) -> float | None:
        for group in reversed(self.groups):
            if name in group and _matches(group, variable.path):
                return float(group[name])
        return default

    def _spared(self, variable: keras.Variable) -> float | None:
        """0 for what does not decay, None for what decays as the optimizer says."""
        spared = _NO_DECAY.search(variable.path.split("/")[-1]) or not self._use_weight_decay(variable)
        return 0.0 if spared else None


def _matches(group: Group, path: str) -> bool:
    return re.search(f"(^|/)(?:{group['match']})", path) is not None


def _check(group: Group) -> None:
    if "match" not in group or not {"lr", "weight_decay"} & set(group) or set(group) - {"match", "lr", "weight_decay"}:
        raise ValueError(
            'A parameter group has "match" and "lr" (a multiplier), "weight_decay" or both, and nothing else. '
            f"Received: {dict(group)}"
        )
    try:
        re.compile(group["match"])
    except re.error as error:
        raise ValueError(f"{group['match']!r} is no regular expression ({error}). Received: {dict(group)}") from error
    for name in ("lr", "weight_decay"):
        value = group.get(name, 0.0)
        if not isinstance(value, int | float) or not value >= 0:
            raise ValueError(f"A group's {name} must be a number, and not negative. Received: {dict(group)}")
