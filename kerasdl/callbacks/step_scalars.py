"""StepScalars: loss, learning rate and momentum of every step in TensorBoard."""

import time
import warnings
from pathlib import Path
from typing import Any

import keras
from kerasdl.callbacks.event_file import EventFile
from kerasdl.callbacks.restoring import STEPS_BETWEEN_READINGS, Restoring
from kerasdl.callbacks.step_record import StepRecord, mean_loss
from kerasdl.distribute import workers
from kerasdl.groups import group_names
from kerasdl.optimizers import current_momentum, innermost


class StepScalars(Restoring):
    """Write the loss, learning rate and momentum of every step to TensorBoard, over optimizer steps.

    Keras's TensorBoard callback logs the running mean of the epoch as "batch_loss", counts executions from 0 in every
    fit, and logs the learning rate once per epoch. Here the traced step records all three, exactly and for each step
    with any `steps_per_execution`; they are read and written every 10 steps. If the optimizer has parameter groups
    with learning rates of their own, each has a scalar, such as "learning_rate/stem".

    Args:
        log_dir: Folder of the event file; use another one than Keras's "train" and "validation".

    Attributes:
        history: The same numbers of the last fit, as lists: "step", "loss", "learning_rate", "momentum", and
            "learning_rate/GROUP" of each parameter group. Within an epoch the last few steps are still missing.

    Raises:
        ValueError: The optimizer is a `MultiOptimizer` (when the fit begins).

    Example:
        >>> model.fit(x, y, callbacks=[kerasdl.callbacks.OneCycle(1e-2), kerasdl.callbacks.StepScalars("logs/steps")])
    """

    needs_optimizer = False
    _file: EventFile | None = None
    _record: StepRecord | None = None

    def __init__(self, log_dir: str | Path) -> None:
        super().__init__()
        self.log_dir = str(log_dir)

    @property
    def kept(self) -> tuple[str, ...]:
        """The history, up to now."""
        self._read()
        return ("history",)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self._multipliers = _multipliers(self.model)
        names = ["step", "loss", "learning_rate", "momentum", *self._multipliers]
        self.history: dict[str, list[Any]] = {name: [] for name in names}
        self._close()  # the file of a fit that raised
        self._file = EventFile(self.log_dir)

    def change(self, epoch: int) -> None:
        self._has_momentum = current_momentum(self.model.optimizer) is not None
        self._executed = self.model.steps_per_execution
        self._record = StepRecord(self.model, STEPS_BETWEEN_READINGS + self._executed)
        self._ended: list[float] = []
        self._logged: list[str] = []

    def put_back(self) -> None:
        # Of several workers each would wait for the others, which may have raised nothing.
        if workers() == 1:
            self._read()
        self._record = None

    def before_step(self) -> Any:
        assert self._record is not None  # made when the fit began
        return self._record.before()

    def after_step(self, data: Any, outputs: Any, before: Any) -> None:
        assert self._record is not None
        self._record.after(outputs, before)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._ended.append(time.time())
        self._logged = sorted(logs or {})
        if len(self._ended) * self._executed >= STEPS_BETWEEN_READINGS or batch + 1 == self.params["steps"]:
            self._read()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._read()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_end(logs)
        self._close()

    def _read(self) -> None:
        """Add the steps since the last reading to the history and the file."""
        if self._record is None:
            return
        steps, (ended, self._ended) = self._record.read(), (self._ended, [])
        for number, step in enumerate(steps):
            loss = mean_loss([step]) if step.samples else None
            if loss is None and not self.history["step"]:
                warnings.warn(
                    "The train_step of the model returns no 'loss', so only learning rate and momentum are recorded. "
                    f"Received: {self._logged}",
                    stacklevel=2,
                )
            of_groups = {name: step.learning_rate * multiplier for name, multiplier in self._multipliers.items()}
            momentum = step.momentum if self._has_momentum else None
            values = {"loss": loss, "learning_rate": step.learning_rate, "momentum": momentum, **of_groups}
            for name, value in {"step": step.step, **values}.items():
                self.history[name].append(value)
            scalars = {name: value for name, value in values.items() if value is not None}
            assert self._file is not None  # opened when the fit began
            at = ended[min(number // self._executed, len(ended) - 1)] if ended else None
            self._file.write(step.step, scalars, at=at)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


def _multipliers(model: keras.Model) -> dict[str, float]:
    """What the learning rate of each parameter group is multiplied with, by the name of its scalar."""
    groups = [group for group in getattr(innermost(model.optimizer), "groups", ()) if "lr" in group]
    if all(group["lr"] == 1 for group in groups):
        return {}
    names = group_names(model)
    return {f"learning_rate/{names.get(group['match'], group['match'])}": float(group["lr"]) for group in groups}
