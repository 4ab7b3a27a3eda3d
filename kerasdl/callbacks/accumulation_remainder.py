"""AccumulationRemainder: gradient accumulation that drops nothing."""

from contextlib import ExitStack
from typing import Any

import keras
import numpy as np
from kerasdl.callbacks.restoring import Restoring, active
from kerasdl.optimizers import current_step, innermost


class AccumulationRemainder(Restoring):
    """Applies the gradients that are left over when the steps of a fit are no multiple of the accumulation's.

    Stock Keras carries a remainder from epoch to epoch, which is right, but forgets it when the fit ends: of 10
    batches at `gradient_accumulation_steps=4` the last two train nothing, and their gradients enter the next fit. Here
    they make one more update, of their own mean, before Keras settles averaged weights (EMA).

    Raises:
        ValueError: The optimizer does not accumulate (when the fit begins).

    Example:
        >>> model.compile(keras.optimizers.SGD(0.1, gradient_accumulation_steps=4), "mse")
        >>> model.fit(x, y, callbacks=[kerasdl.callbacks.AccumulationRemainder()])
    """

    def change(self, epoch: int) -> None:
        if not innermost(self.model.optimizer).gradient_accumulation_steps:
            raise ValueError(
                "AccumulationRemainder has nothing to do: the optimizer applies every gradient at once. Give it "
                f"gradient_accumulation_steps. Received: {type(innermost(self.model.optimizer)).__name__}"
            )
        self._optimizer = self.model.optimizer
        settle = self._optimizer.finalize_variable_values

        def apply_and_settle(variables: list[keras.Variable]) -> None:
            self.apply()
            settle(variables)

        # The one call that Keras makes after the last step, however the fit ends, and before it averages weights.
        self._optimizer.finalize_variable_values = apply_and_settle

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_train_batch_begin(batch, logs)
        optimizer = innermost(self.model.optimizer)
        self._kept = None
        if self.params["steps"] is None and (current_step(optimizer) + 1) % optimizer.gradient_accumulation_steps == 0:
            # Data of unknown length end in a step that fails; were it an update, it would forget what is gathered.
            self._kept = [np.array(total) for total in optimizer._accumulated_gradients]

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._kept = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for total, kept in zip(innermost(self.model.optimizer)._accumulated_gradients, self._kept or (), strict=False):
            total.assign(kept)

    def put_back(self) -> None:
        del self._optimizer.finalize_variable_values

    def apply(self) -> None:
        """Makes the update that is due; does nothing where none is."""
        optimizer = innermost(self.model.optimizer)
        steps = optimizer.gradient_accumulation_steps
        gathered = int(keras.ops.convert_to_numpy(optimizer._iterations)) % steps
        if not gathered:
            return
        with ExitStack() as stack:
            for callback in active(self.model):
                stack.enter_context(callback.as_in_step())
            variables = self.model.trainable_variables
        totals = [optimizer._accumulated_gradients[optimizer._get_variable_index(each)] for each in variables]
        gradients = optimizer._clip_gradients([total / gathered for total in totals])
        optimizer._apply_weight_decay(variables)
        optimizer._backend_update_step(gradients, variables, optimizer.learning_rate)
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        optimizer._backend_reset_gradient_accumulators()
        if optimizer.use_ema:
            optimizer._update_model_variables_moving_average(optimizer._trainable_variables)
        optimizer._iterations.assign_add(steps - gathered)
