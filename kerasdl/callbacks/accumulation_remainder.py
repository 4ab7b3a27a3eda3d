"""AccumulationRemainder: gradient accumulation that drops no batches."""

from typing import Any

import keras
import numpy as np
from kerasdl.callbacks.restoring import Restoring, in_step_of
from kerasdl.optimizers import current_step, innermost


class AccumulationRemainder(Restoring):
    """Apply the accumulated gradients that are left when a fit ends between two updates.

    Stock Keras carries the remainder from epoch to epoch, but not to an update at the end of the fit: of 10 batches
    with `gradient_accumulation_steps=4` the last two train nothing, and their gradients enter the next fit. This
    callback makes one more update with their mean, before Keras finalizes averaged weights (EMA).

    Raises:
        ValueError: The optimizer does not accumulate gradients (when the fit begins).

    Example:
        >>> model.compile(keras.optimizers.SGD(0.1, gradient_accumulation_steps=4), "mse")
        >>> model.fit(x, y, callbacks=[kerasdl.callbacks.AccumulationRemainder()])
    """

    # A resumed epoch may have no steps left.
    _saved: list[np.ndarray] | None = None

    def change(self, epoch: int) -> None:
        if not innermost(self.model.optimizer).gradient_accumulation_steps:
            raise ValueError(
                "AccumulationRemainder needs an optimizer that accumulates gradients: give the optimizer "
                f"gradient_accumulation_steps. Received: {type(innermost(self.model.optimizer)).__name__}"
            )
        self._optimizer = self.model.optimizer
        finalize = self._optimizer.finalize_variable_values

        def apply_and_finalize(variables: list[keras.Variable]) -> None:
            self.apply()
            finalize(variables)

        # Keras calls this after the last step, however the fit ends, and before it assigns averaged weights.
        self._optimizer.finalize_variable_values = apply_and_finalize

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_train_batch_begin(batch, logs)
        optimizer = innermost(self.model.optimizer)
        self._saved = None
        if self.params["steps"] is None and (current_step(optimizer) + 1) % optimizer.gradient_accumulation_steps == 0:
            # Data of unknown length ends with a step that fails. If it is an update, it resets the accumulators.
            self._saved = [np.array(total) for total in optimizer._accumulated_gradients]

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._saved = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for total, saved in zip(
            innermost(self.model.optimizer)._accumulated_gradients, self._saved or (), strict=False
        ):
            total.assign(saved)

    def put_back(self) -> None:
        del self._optimizer.finalize_variable_values

    def apply(self) -> None:
        """Make the update that is due, if any."""
        optimizer = innermost(self.model.optimizer)
        steps = optimizer.gradient_accumulation_steps
        accumulated = int(keras.ops.convert_to_numpy(optimizer._iterations)) % steps
        if not accumulated:
            return
        with in_step_of(self.model):
            variables = self.model.trainable_variables
        totals = [optimizer._accumulated_gradients[optimizer._get_variable_index(each)] for each in variables]
        gradients = optimizer._clip_gradients([total / accumulated for total in totals])
        optimizer._apply_weight_decay(variables)
        optimizer._backend_update_step(gradients, variables, optimizer.learning_rate)
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        optimizer._backend_reset_gradient_accumulators()
        if optimizer.use_ema:
            optimizer._update_model_variables_moving_average(optimizer._trainable_variables)
        optimizer._iterations.assign_add(steps - accumulated)
