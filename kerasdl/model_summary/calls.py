"""Every call of a layer while a model computes its outputs."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras
from keras.layers import Bidirectional, TimeDistributed
from keras.src import backend
from keras.src.models.functional import Functional
from kerasdl.layers import CarriedState, ChunkedEncoder
from kerasdl.model_summary.multiply_adds import count, rule_of, sizes_of


@dataclass(frozen=True)
class Call:
    """One call of a layer, or of an operation of `keras.ops` between layers.

    Args:
        layer: What was called.
        multiply_adds: Their number for the whole batch; None if it cannot be counted.
        output_shape: Shape of the first output, with the batch.
    """

    layer: Any
    multiply_adds: int | None
    output_shape: tuple[int | None, ...]


def calls(model: keras.Model, inputs: list[keras.KerasTensor]) -> list[Call]:
    """Every call of a layer, from input to output: a shared layer has several.

    Only shapes pass through the model; nothing is computed. Layers of nested and subclassed models, and those inside of
    other layers, are listed one by one.

    Args:
        model: A built model.
        inputs: Shape and dtype of each input of the model.

    Example:
        >>> network = kerasdl.models.mlp((8,), outputs=1, hidden=(4,), normalization="none")
        >>> [call.multiply_adds for call in calls(network, [keras.KerasTensor((1, 8))]) if call.layer.weights]
        [32, 4]
    """
    found: list[Call] = []
    _follow(found, model)(inputs if isinstance(_graph(model), Functional) else inputs[0])
    return found


def _graph(layer: Any) -> Any:
    # A Sequential model has a functional one inside.
    return getattr(layer, "_functional", None) or layer


def _follow(found: list[Call], layer: Any) -> Callable[..., Any]:
    """A function from the shapes of a layer's inputs to those of its outputs, which records the calls."""

    def follow(*args: Any, **kwargs: Any) -> Any:
        if isinstance(graph := _graph(layer), Functional):
            return graph._run_through_graph(args[0], operation_fn=partial(_follow, found))
        if inside := _inside(layer):
            for inner, inputs, times in inside(layer, (*args, *kwargs.values())[0]):
                own: list[Call] = []
                _follow(own, inner)(inputs)
                found.extend(replace(call, multiply_adds=_times(call.multiply_adds, times)) for call in own)
        if _is_composite(layer) and not inside:
            with _recorded(found, layer):
                outputs = backend.compute_output_spec(layer.call, *args, **kwargs)
        else:
            outputs = layer.compute_output_spec(*args, **kwargs)
            if None in sizes_of(outputs) and None not in sizes_of((args, kwargs)):
                # An EinsumDense with output_shape=(None, 7) says no more than it was told.
                outputs = backend.compute_output_spec(layer.call, *args, **kwargs)
        found.append(_call(layer, args, kwargs, outputs))
        return outputs

    return follow


def _call(layer: Any, args: Any, kwargs: Any, outputs: Any) -> Call:
    shape = tuple(getattr(keras.tree.flatten(outputs)[0], "shape", ()))
    given = inspect.signature(type(layer).call).bind(layer, *args, **kwargs).arguments
    given.pop("self", None)
    # The layers inside of a composite one do all the work, unless it has weights of its own.
    is_shell = _is_composite(layer) and not layer._trainable_variables
    return Call(layer, 0 if is_shell else count(layer, given, shape), shape)


def _times(number: int | None, times: int | None) -> int | None:
    return 0 if number == 0 else None if number is None or times is None else number * times


# Layers that hold others: the layers inside of each, with their inputs and how often they are called.

_Inside = Iterable[tuple[Any, Any, int | None]]


def _both_directions(layer: Any, sequences: Any) -> _Inside:
    return [(layer.forward_layer, sequences, 1), (layer.backward_layer, sequences, 1)]


def _each_step(layer: Any, sequences: Any) -> _Inside:
    rows, steps, *sizes = sequences.shape
    return [(layer.layer, keras.KerasTensor((rows, *sizes), sequences.dtype), steps)]


def _as_it_is(layer: Any, inputs: Any) -> _Inside:
    return [(layer.layer, inputs, 1)]


def _in_chunks(layer: Any, tokens: Any) -> _Inside:
    rows, steps = tokens.shape
    if steps is not None:
        chunks = -(-max(0, steps - layer.last) // layer.chunk) if layer.layer.inputs[1:] else 0
        # The chunks before the last tokens are read once without gradients.
        steps = chunks * layer.chunk + min(steps, layer.last)
    states = [keras.KerasTensor((rows, *state.shape[1:]), state.dtype) for state in layer.layer.inputs[1:]]
    return [(layer.layer, [keras.KerasTensor((rows, steps), tokens.dtype), *states], 1)]


_INSIDE: dict[Any, Callable[[Any, Any], _Inside]] = {
    Bidirectional: _both_directions,
    TimeDistributed: _each_step,
    CarriedState: _as_it_is,
    ChunkedEncoder: _in_chunks,
}


def _inside(layer: Any) -> Callable[[Any, Any], _Inside] | None:
    return next((_INSIDE[kind] for kind in type(layer).__mro__ if kind in _INSIDE), None)


# Layers and models of the user's own, whose calls nobody knows before they happen.


def _is_composite(layer: Any) -> bool:
    return rule_of(layer) is None and next(_sublayers(layer), None) is not None


def _sublayers(layer: Any) -> Iterator[Any]:
    if isinstance(layer, keras.Layer):
        yield from layer._flatten_layers(recursive=False, include_self=False)


def _within(layer: Any) -> Iterator[Any]:
    """The layers inside of a layer; those of a layer with a rule of its own are not asked."""
    for each in _sublayers(layer):
        yield each
        if _is_composite(each):
            yield from _within(each)


@contextmanager
def _recorded(found: list[Call], composite: Any) -> Iterator[None]:
    """Return a context in which the layers that a layer is made of record their calls."""
    inside = {id(each): each for each in _within(composite)}.values()

    def recording(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(*args: Any, **kwargs: Any) -> Any:
            outputs = call(*args, **kwargs)
            found.append(_call(layer, args, kwargs, outputs))
            return outputs

        return recorded

    for layer in inside:
        # Past the attribute tracking of Keras.
        layer.__dict__["call"] = recording(layer, layer.call)
    try:
        yield
    finally:
        for layer in inside:
            del layer.__dict__["call"]
