"""Adam's bias correction by the number of updates of each variable."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras


def after(gradient: Any) -> AbstractContextManager[Any]:
    """Return a context whose TensorFlow graph operations run after the gradient is computed.

    A step that finds no more data has no gradient; without this it would still be counted, and decay the weights.
    """
    graph = getattr(gradient, "graph", None)  # of a symbolic tensor of TensorFlow only
    return graph.control_dependencies([gradient]) if graph is not None else nullcontext()


class OwnSteps(keras.optimizers.Optimizer):
    """Mixin for the Adam family: bias correction uses the number of updates of each variable.

    Stock Keras uses the optimizer's step count for all variables. A layer unfrozen late then has new moments and an old
    count, and its first steps are far too large: 2.2 times after 100 steps, 6.6 times after 5,000. With its own count,
    a variable takes the same first steps whenever it starts to train.
    """

    _own: Any = None

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Create the optimizer's state, including one step count per variable.

        Args:
            variables: The variables to train.
        """
        if self.built:
            return
        super().build(variables)
        self._own_steps = [
            self.add_variable(shape=(), initializer="zeros", dtype="int", name=f"own_steps_{index}")
            for index in range(len(variables))
        ]

    @property
    def iterations(self) -> Any:
        """Number of updates by the optimizer; during the update of a variable, of that variable."""
        return super().iterations if self._own is None else self._own

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update a variable with its own step count, then increment the count.

        Args:
            gradient: Gradient of the loss for this variable.
            variable: The variable to update.
            learning_rate: Learning rate of the update.
        """
        steps = self._own_steps[self._get_variable_index(variable)]
        # Set in __dict__ because Keras tracks variables that are assigned as attributes.
        self.__dict__["_own"] = steps
        try:
            super().update_step(gradient, variable, learning_rate)
        finally:
            self.__dict__["_own"] = None
        with after(gradient):
            self.assign_add(steps, 1)
