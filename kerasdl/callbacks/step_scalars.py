"""StepScalars: loss, learning rate and momentum of every step in TensorBoard."""

import warnings
from pathlib import Path
from typing import Any

import keras
from kerasdl.callbacks.batch_loss import BatchLoss, read_number
from kerasdl.callbacks.event_file import EventFile
from kerasdl.distribute import check_supported_by_keras
from kerasdl.groups import group_names
from kerasdl.optimizers import current_learning_rate, current_momentum, innermost


class StepScalars(keras.callbacks.Callback):
    """Write the loss, learning rate and momentum of every step to TensorBoard, over optimizer steps.

    Keras's TensorBoard callback logs the running mean of the epoch as "batch_loss", counts executions from 0 in every
    fit, and logs the learning rate once per epoch. With `steps_per_execution` above 1 a point stands for one execution:
    the loss is the mean over its steps (the scalar is then named "loss_mean_of_K_steps"), learning rate and momentum
    are those of its first step. If the optimizer has parameter groups with learning rates of their own, each has a
    scalar, such as "learning_rate/stem".

    Args:
        log_dir: Folder of the event file; use another one than Keras's "train" and "validation".

    Attributes:
        history: The same numbers of the last fit, as lists: "step", "loss", "learning_rate", "momentum", and
            "learning_rate/GROUP" of each parameter group.

    Example:
        >>> model.fit(x, y, callbacks=[kerasdl.callbacks.OneCycle(1e-2), kerasdl.callbacks.StepScalars("logs/steps")])
    """

    _file: EventFile | None = None

    def __init__(self, log_dir: str | Path) -> None:
        super().__init__()
        self.log_dir = str(log_dir)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        check_supported_by_keras(self.model)
        self._multipliers = _multipliers(self.model)
        names = ["step", "loss", "learning_rate", "momentum", *self._multipliers]
        self.history: dict[str, list[Any]] = {name: [] for name in names}
        self.on_train_end()  # closes the file of a fit that raised
        self._file = EventFile(self.log_dir)
        self._loss = BatchLoss(self.model)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        optimizer = self.model.optimizer
        step = int(read_number(innermost(optimizer)._iterations))
        rate, momentum = current_learning_rate(optimizer, step), current_momentum(optimizer, step)
        of_groups = {name: rate * multiplier for name, multiplier in self._multipliers.items()}
        self._began = {"step": step, "learning_rate": rate, "momentum": momentum, **of_groups}
        self._loss.begin()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        loss = self._loss.end(logs) if "loss" in (logs or {}) else None
        if loss is None and not self.history["step"]:
            warnings.warn(
                "The train_step of the model returns no 'loss', so only learning rate and momentum are recorded. "
                f"Received: {sorted(logs or {})}",
                stacklevel=2,
            )
        for name, value in {**self._began, "loss": loss}.items():
            self.history[name].append(value)
        executed = self.model.steps_per_execution
        names = {"loss": "loss" if executed == 1 else f"loss_mean_of_{executed}_steps"}
        last = {names.get(name, name): values[-1] for name, values in self.history.items() if name != "step"}
        scalars = {name: value for name, value in last.items() if value is not None}
        assert self._file is not None  # opened when the fit began
        self._file.write(self.history["step"][-1], scalars)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
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
