"""Snapshot: the complete training state, restored bit for bit."""

import random
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state
from kerasdl.epochs import epochs_now, set_epochs

_GENERATOR = "global_seed_generator"
_FLAGS = ("stop_training", "history", "_initial_epoch")


class Snapshot:
    """Copy of weights, BatchNormalization statistics, optimizer, metrics, random state and pipeline positions.

    The optimizer is built first, so that its slots are included. The order of a `tf.data` shuffle outside kerasdl
    pipelines is not restored.

    Args:
        model: A built, compiled model.

    Example:
        >>> snapshot = Snapshot(model)
        >>> model.fit(x, y)
        >>> snapshot.restore()      # as before the fit
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        if not model.optimizer.built:
            with model.distribute_strategy.scope():
                model.optimizer.build(model.trainable_variables)
        self._values = [(variable, np.array(keras.ops.convert_to_numpy(variable))) for variable in _variables(model)]
        self._recurrent = [(layer, _copy(layer.states)) for layer in _stateful(model)]
        self._flags = {name: getattr(model, name, None) for name in _FLAGS}
        self._random = (random.getstate(), np.random.get_state())  # noqa: NPY002 -- Keras draws from this state
        self._epochs = epochs_now()
        # Seeds random ops without a seed of their own; Keras creates it when the first of them runs.
        self._generator = global_state.get_global_attribute(_GENERATOR)
        self._drawn = np.array(self._generator.state) if self._generator else None

    def restore(self) -> None:
        """Restore everything; state created since (metrics are built at the first step) is reset."""
        for metric in self._model.metrics:
            metric.reset_state()
        for variable, value in self._values:
            variable.assign(value)
        for layer, states in self._recurrent:
            for state, value in zip(layer.states, states, strict=True):
                state.assign(value)
        for name, value in self._flags.items():
            setattr(self._model, name, value)
        random.setstate(self._random[0])
        np.random.set_state(self._random[1])  # noqa: NPY002
        set_epochs(self._epochs)
        global_state.set_global_attribute(_GENERATOR, self._generator)
        if self._generator:
            self._generator.state.assign(self._drawn)


def _variables(model: keras.Model) -> list[Any]:
    optimizers, optimizer = [], model.optimizer
    while optimizer is not None:
        optimizers.append(optimizer)
        optimizer = getattr(optimizer, "inner_optimizer", None)
    found = [*model.variables, *model.metrics_variables]
    found += [variable for optimizer in optimizers for variable in optimizer.variables]
    # Not in `variables`: Nadam's product of momenta if it was built inside a LossScaleOptimizer.
    found += [
        value for optimizer in optimizers for value in vars(optimizer).values() if isinstance(value, keras.Variable)
    ]
    return list({id(variable): variable for variable in found}.values())


def _stateful(model: keras.Model) -> list[keras.layers.Layer]:
    return [
        layer for layer in model._flatten_layers() if getattr(layer, "stateful", False) and hasattr(layer, "states")
    ]


def _copy(states: Any) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(state)) for state in states or ()]
