"""Snapshot: the complete training state, restored bit for bit."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state
from keras.src.models.functional import Functional
from keras.src.random.seed_generator import global_seed_generator
from kerasdl.epochs import epochs_now, set_epochs
from kerasdl.optimizers import innermost

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

    @property
    def arrays(self) -> list[np.ndarray]:
        """All but the metrics: values of variables, then states of recurrent layers; in every process in one order."""
        return [value for _, value in self._of_model()]

    @property
    def names(self) -> list[str]:
        """The path of each of the `arrays`."""
        return [name for name, _ in self._of_model()]

    @property
    def metrics(self) -> list[np.ndarray]:
        """The values of the metrics' variables."""
        return [self.value_of(variable) for variable in metric_variables(self._model)]

    @property
    def random_state(self) -> dict[str, Any]:
        """The state of Python's, NumPy's and Keras's generators of random numbers."""
        return {"python": self._python_random, "numpy": self._numpy_random, "keras": self._drawn}

    def replace(self, arrays: Sequence[np.ndarray], random_state: Mapping[str, Any]) -> None:
        """Replace what `restore` restores by the arrays and random state of another snapshot, of the same shapes."""
        values, metrics = iter(arrays), {id(variable) for variable in metric_variables(self._model)}
        self._values = {
            key: (variable, value if key in metrics else next(values))
            for key, (variable, value) in self._values.items()
        }
        self._recurrent = {
            key: (layer, [next(values) for _ in states]) for key, (layer, states) in self._recurrent.items()
        }
        self._python_random, self._numpy_random = random_state["python"], random_state["numpy"]
        self._drawn = random_state["keras"]
        if self._drawn is not None:
            self._generator = global_seed_generator()

    def value_of(self, variable: keras.Variable) -> np.ndarray:
        """The value of a variable when the snapshot was taken."""
        return self._values[id(variable)][1]

    def non_finite(self) -> str:
        """The path of the first weight that is not finite; empty if all are."""
        for weight in self._model.weights:
            if not np.isfinite(self.value_of(weight).astype("float32", copy=False)).all():
                return weight.path
        return ""

    def restore_weights(self) -> None:
        """Restore the variables of the model and its optimizer, but not its count of steps and its learning rate."""
        optimizer = innermost(self._model.optimizer)
        kept = {id(variable) for variable in metric_variables(self._model)}
        kept |= {id(optimizer._iterations), id(optimizer._learning_rate)}
        for key, (variable, value) in self._values.items():
            if key not in kept:
                variable.assign(value)

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

    def _of_model(self) -> list[tuple[str, np.ndarray]]:
        metrics = {id(variable) for variable in metric_variables(self._model)}
        found = [(variable.path, value) for key, (variable, value) in self._values.items() if key not in metrics]
        return [*found, *((layer.name, each) for layer, states in self._recurrent.values() for each in states)]


def metric_variables(model: keras.Model) -> list[keras.Variable]:
    """The variables of all metrics, also of those that a model with a `train_step` of its own does not list."""
    found = [*model.metrics_variables, *(variable for metric in model._metrics for variable in metric.variables)]
    return list({id(variable): variable for variable in found}.values())


def build(model: keras.Model, iterator: Any) -> None:
    """Build a model as its first step would, from shapes and dtypes of the data.

    Args:
        model: A compiled model.
        iterator: The batches of the fit; none is consumed.

    Raises:
        ValueError: The model cannot be built from its data.
    """
    if model.distribute_strategy.num_replicas_in_sync > 1:
        return  # Keras has built it
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


def build_for_step(model: keras.Model, iterator: Any) -> None:
    """Create what the first step would create while it is traced: TensorFlow traces a step that does so twice.

    These are the slots of the optimizer, and the metrics given to `compile` if the outputs of the model are known
    before it is called, as those of functional and sequential models are.

    Args:
        model: A compiled model.
        iterator: The batches of the fit; none is consumed.
    """
    own = any(
        getattr(type(model), name) is not getattr(keras.Model, name) for name in ("train_step", "compute_metrics")
    )
    if own or model.run_eagerly or model.distribute_strategy.num_replicas_in_sync > 1 or not is_built(model):
        return  # for several replicas Keras has done it
    functional, metrics = getattr(model, "_functional", model), model._compile_metrics
    targets = getattr(iterator, "element_spec", ())[1:2]
    is_known = isinstance(functional, Functional) and all(map(_has_rank, tf.nest.flatten(targets)))
    with model.distribute_strategy.scope():
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        if metrics is not None and not metrics.built and targets and is_known:
            metrics.build(tf.nest.map_structure(_symbolic, targets[0]), functional._outputs_struct)


def _has_rank(spec: Any) -> bool:
    return getattr(spec, "shape", None) is not None and spec.shape.rank is not None


def _symbolic(spec: tf.TensorSpec) -> keras.KerasTensor:
    return keras.KerasTensor(spec.shape, keras.backend.standardize_dtype(spec.dtype))


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
    found = [*model.variables, *metric_variables(model)]
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
