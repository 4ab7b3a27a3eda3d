"""GroupScalars: gradient norm and update-to-weight ratio of each layer group, in the course of a fit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.losses.loss import unscale_loss_for_distribution
from kerasdl.arguments import known_arguments
from kerasdl.callbacks.event_file import Histogram
from kerasdl.callbacks.probing import Probing, called
from kerasdl.groups import layer_groups

Weights = dict[str, list[tf.Tensor]]


@known_arguments()
class GroupScalars(Probing):
    """Follow the gradient norm of each layer group on one batch, and how far a step of the fit moves its weights.

    The update-to-weight ratio is the norm of the change of all weights of a group in one step, divided by their norm
    before it. As a rule of thumb it is about 1e-3; far below, the group hardly learns, and far above, the learning rate
    is too high for it (Karpathy, notes of CS231n, https://cs231n.github.io/neural-networks-3/#ratio).
    `plots.group_scalars` draws the history. With `steps_per_execution` above 1 the change is that of all steps of one
    execution, divided by their number, so steps that undo each other count less.

    Args:
        data: (inputs, targets), or (inputs, targets, weights), of one batch; or a dataset, whose first batch is taken.
        log_dir: Folder of an event file of its own, with scalars over optimizer steps; None for none.
        groups: As for `groups.layer_groups`.
        every: Number of optimizer steps from one measurement to the next; the first step is always measured.

    Attributes:
        history: Of the last fit, as arrays: "step", and by group "gradient_norm" and "update_ratio". NaN while a group
            is frozen. The gradient is that of the loss with all regularization, before it is clipped.

    Raises:
        ValueError: Arguments out of range (in the constructor); layer groups that cannot be inferred (when the fit
            begins); the loss cannot be computed on the batch (at the first step).

    Example:
        >>> scalars = kerasdl.callbacks.GroupScalars((x[:16], y[:16]), every=2)
        >>> model.fit(x, y, callbacks=[scalars])
        >>> list(scalars.history["update_ratio"])
        ['stage1', 'stage2', 'head']
    """

    def __init__(
        self,
        data: Any,
        log_dir: str | Path | None = None,
        *,
        groups: Sequence[str] | None = None,
        every: int = 100,
    ) -> None:
        super().__init__(data, log_dir, every=every)
        self.groups = groups

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self._layers = layer_groups(self.model, self.groups)

    def begin(self) -> tuple[dict[str, tf.Tensor], Weights]:
        """The gradient norms, and the weights before the step."""
        norms = self.compute(self._gradient_norms, *keras.utils.unpack_x_y_sample_weight(self._batch))
        return norms, {name: _values(self._trained[name]) for name in norms}

    def end(self, measured: tuple[dict[str, tf.Tensor], Weights]) -> tuple[dict[str, float], dict[str, Histogram]]:
        """Add gradient norms and update ratios to the history, and give them to TensorBoard."""
        norms, before = measured
        updates = max(1, self.updates())
        ratios = {name: _ratio(before[name], _values(self._trained[name])) / updates for name in norms}
        scalars: dict[str, float] = {}
        for kind, found in {"gradient_norm": norms, "update_ratio": ratios}.items():
            for group in self._layers:
                self.record(kind, group, np.float32(found.get(group, np.nan)))
            scalars |= {f"{kind}/{group}": float(value) for group, value in found.items()}
        return scalars, {}

    def _gradient_norms(self, inputs: Any, targets: Any, weights: Any) -> dict[str, tf.Tensor]:
        model, self._trained = self.model, _trained(self._layers)
        variables = [variable for group in self._trained.values() for variable in group]
        # Mirrored variables have no gradients here; their values have.
        values = _values(variables)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            with keras.StatelessScope(zip(variables, values, strict=True), collect_losses=True):
                outputs = called(model, inputs)
                loss = model._compute_loss(inputs, targets, outputs, weights, training=True)
                loss = model.optimizer.scale_loss(unscale_loss_for_distribution(loss))
        gradients = iter(tape.gradient(loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO))
        scale = model.optimizer.scale_loss(tf.ones(()))
        return {
            name: _norm([tf.convert_to_tensor(next(gradients)) for _ in group]) / scale
            for name, group in self._trained.items()
        }


def _trained(groups: dict[str, list[keras.layers.Layer]]) -> dict[str, list[keras.Variable]]:
    """The trainable variables of each group that is not frozen; a shared one is of its first group."""
    met: set[int] = set()
    found: dict[str, list[keras.Variable]] = {}
    for name, layers in groups.items():
        for variable in (variable for layer in layers for variable in layer.trainable_variables):
            if id(variable) not in met:
                met.add(id(variable))
                found.setdefault(name, []).append(variable)
    return found


def _values(variables: Sequence[keras.Variable]) -> list[tf.Tensor]:
    """The values now; TensorFlow copies a variable that has been read before it changes it."""
    return [tf.convert_to_tensor(variable.value) for variable in variables]


def _ratio(before: Sequence[tf.Tensor], after: Sequence[tf.Tensor]) -> tf.Tensor:
    return _norm([new - old for new, old in zip(after, before, strict=True)]) / _norm(before)


def _norm(tensors: Sequence[tf.Tensor]) -> tf.Tensor:
    return tf.linalg.global_norm([tf.cast(each, "float32") for each in tensors])
