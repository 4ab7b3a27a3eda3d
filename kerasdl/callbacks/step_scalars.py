"""StepScalars: what happens at every step, in TensorBoard."""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from kerasdl.callbacks.batch_loss import BatchLoss
from kerasdl.callbacks.restoring import refuse_what_keras_cannot
from kerasdl.optimizers import current_learning_rate, current_momentum, current_step


class StepScalars(keras.callbacks.Callback):
    """Writes each step's true loss, learning rate and momentum to TensorBoard, on an axis of optimizer steps.

    Keras's own TensorBoard callback logs the epoch's running mean as "batch_loss", counts executions from 0 in every
    fit, and logs the rate once an epoch. Under `steps_per_execution` a point here stands for one execution: the loss
    is its mean (the scalar is then named "loss_mean_of_K_steps"), rate and momentum those of its first step.

    Args:
        log_dir: Folder of the event file; a run of its own beside Keras's "train" and "validation".

    Attributes:
        history: The same numbers of this callback's last fit, as lists: "step", "loss", "learning_rate", "momentum".

    Example:
        >>> model.fit(train, callbacks=[OneCycle(1e-2), StepScalars("logs/steps")])
    """

    def __init__(self, log_dir: str | Path) -> None:
        super().__init__()
        self.log_dir = str(log_dir)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        refuse_what_keras_cannot(self.model)
        self.history: dict[str, list[Any]] = {"step": [], "loss": [], "learning_rate": [], "momentum": []}
        self._writer = tf.summary.create_file_writer(self.log_dir)
        self._loss = BatchLoss(self.model)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        optimizer = self.model.optimizer
        self.history["step"].append(current_step(optimizer))
        self.history["learning_rate"].append(current_learning_rate(optimizer))
        self.history["momentum"].append(current_momentum(optimizer))
        self._loss.begin()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.history["loss"].append(self._loss.end())
        executed = self.model.steps_per_execution
        with self._writer.as_default(step=self.history["step"][-1]):
            tf.summary.scalar("loss" if executed == 1 else f"loss_mean_of_{executed}_steps", self.history["loss"][-1])
            tf.summary.scalar("learning_rate", self.history["learning_rate"][-1])
            if self.history["momentum"][-1] is not None:
                tf.summary.scalar("momentum", self.history["momentum"][-1])

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._writer.close()
