"""Snapshot: the complete training state, restored bit for bit."""

import random
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state
from kerasdl.epochs import epochs_now, set_epochs

_GENERATOR = "global_seed_generator"
_FLAGS = ("stop_training", "history", "_initial_epoch")


class Snapshot:
    """Copy of weights, BatchNormalization statistics, optimizer, metrics, random state and pipeline positions.

    The optimizer is built first, so that its slots are included. A model that is not built yet, and its optimizer, are
    added by `complete` once it is. The order of a `tf.data` shuffle outside kerasdl pipelines is not restored.

    Args:
        model: A compiled model.

    Example:
        >>> snapshot = Snapshot(model)
        >>> model.fit(x, y)
        >>> snapshot.restore()      # as before the fit
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._values: dict[int, tuple[Any, np.ndarray]] = {}
        self._recurrent: dict[int, tuple[keras.layers.Layer, list[np.ndarray]]] = {}
        if is_built(model):
            self.complete()
        self._flags = {name: getattr(model, name, None) for name in _FLAGS}
        self._python_random = random.getstate()
        self._numpy_random = np.random.get_state()  # noqa: NPY002 -- Keras draws from this state
        self._epochs = epochs_now()
        # Seeds random ops without a seed of their own; Keras creates it when the first of them runs.
        self._generator = global_state.get_global_attribute(_GENERATOR)
        self._drawn = np.array(self._generator.state) if self._generator else None

    def complete(self) -> None:
        """Add what the model has created since: its variables, and the slots of its optimizer."""
        if not self._model.optimizer.built:
            with self._model.distribute_strategy.scope():
                self._model.optimizer.build(self._model.trainable_variables)
        for variable in _variables(self._model):
            if id(variable) not in self._values:
                self._values[id(variable)] = variable, np.array(keras.ops.convert_to_numpy(variable))
        for layer in _stateful(self._model):
            if id(layer) not in self._recurrent:
                self._recurrent[id(layer)] = layer, _copy(layer.states)
        # Layers may draw their seeds while they are built.
        self._python_random = random.getstate()

    def restore(self) -> None:
        """Restore everything; state created since (metrics are built at the first step) is reset."""
        for metric in (*self._model.metrics, *self._model._metrics):
            metric.reset_state()
        for variable, value in self._values.values():
            variable.assign(value)
        for layer, states in self._recurrent.values():
            for state, value in zip(layer.states, states, strict=True):
                state.assign(value)
        for name, value in self._flags.items():
            setattr(self._model, name, value)
        random.setstate(self._python_random)
        np.random.set_state(self._numpy_random)  # noqa: NPY002
        set_epochs(self._epochs)
        global_state.set_global_attribute(_GENERATOR, self._generator)
        if self._generator:
            self._generator.state.assign(self._drawn)


def build(model: keras.Model, iterator: Any) -> None:
    """Build a model as its first step would, from shapes and dtypes of the data.

    Args:
        model: A compiled model.
        iterator: The batches of the fit; none is consumed.

    Raises:
        ValueError: The model cannot be built from its data.
    """
    spec = tf.nest.map_structure(lambda each: each if hasattr(each, "shape") else None, iterator.element_spec)
    try:
        model._symbolic_build(data_batch=spec)
    except (RuntimeError, ValueError) as error:
        # A model that trains others in its `train_step` needs no `call`.
        if not all(layer.built for layer in model._flatten_layers(include_self=False)):
            raise ValueError(
                "The model cannot be built from its data: call it on a batch first. "
                f"Received: {model.name!r} ({str(error).splitlines()[0]})"
            ) from error


def has_weights(model: keras.Model) -> bool:
    """Whether the weights of all layers in use exist; a layer that `call` does not use never gets any."""
    return model.built or all(layer.built for layer in model._flatten_layers(include_self=False))


def is_built(model: keras.Model) -> bool:
    """Whether all variables of the model exist."""
    return all(layer.built for layer in model._flatten_layers())


def _variables(model: keras.Model) -> list[Any]:
    optimizers, optimizer = [], model.optimizer
    while optimizer is not None:
        optimizers.append(optimizer)
        optimizer = getattr(optimizer, "inner_optimizer", None)
    found = [*model.variables, *model.metrics_variables]
    # A model with a `train_step` of its own may list other metrics than it has.
    found += [variable for metric in model._metrics for variable in metric.variables]
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
