"""Calls of layers inside a model, recorded or changed: a layer's own `call` is replaced for a while."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from functools import partial, wraps
from typing import Any, NamedTuple

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.interpret.gradients import as_graph

# Of the names that an error lists.
MOST_NAMES = 5


def layers_by_path(model: keras.Model) -> dict[str, Any]:
    """The layers of a model by name, and those of models in it by "backbone/layer".

    Example:
        >>> list(layers_by_path(keras.Sequential([keras.layers.Dense(2, name="logits")], name="small")))
        ['logits']
    """
    found = {}
    for layer in model.layers:
        found[layer.name] = layer
        if isinstance(inside := _inside(layer), keras.Model):
            found |= {f"{layer.name}/{name}": each for name, each in layers_by_path(inside).items()}
    return found


def layer_at(model: keras.Model, name: str) -> Any:
    """A layer by its path, or by its name alone if only one layer has it.

    Raises:
        BadInput: There is no such layer, or there are several.

    Example:
        >>> layer_at(keras.Sequential([keras.layers.Dense(2, name="logits")]), "logits").units
        2
    """
    layers = layers_by_path(model)
    paths = [name] if name in layers else [path for path in layers if path.endswith(f"/{name}")]
    if len(paths) == 1:
        return layers[paths[0]]
    near = paths or get_close_matches(name, layers, n=MOST_NAMES, cutoff=0) or ["none"]
    problem = "several layers of this name" if paths else "no such layer"
    raise BadInput(
        f"The model has {problem}: give one of {', '.join(near[:MOST_NAMES])}. "
        f"Received: layer={name!r} of {model.name!r}"
    )


class LayerCall(NamedTuple):
    """One call of a layer.

    Attributes:
        path: Path of the layer, or the name under which it was asked for.
        layer: The layer.
        inputs: Its first argument, or a dict of all if it was called by names.
        outputs: What it returned.

    Example:
        >>> LayerCall("twice", keras.layers.Rescaling(2), np.ones(3), 2 * np.ones(3))
    """

    path: str
    layer: Any
    inputs: Any
    outputs: Any


def layer_calls(model: keras.Model, inputs: Any) -> list[LayerCall]:
    """The calls of all layers that are no models themselves, in their order, for a small batch.

    Example:
        >>> [each.path for each in layer_calls(model, x)][:3]
        ['stage1_dense', 'stage1_activation', 'stage2_dense']
    """
    layers = {
        path: layer for path, layer in layers_by_path(model).items() if not isinstance(_inside(layer), keras.Model)
    }
    calls = []

    def keep(path: str, inputs: Any, outputs: Any) -> Any:
        calls.append(LayerCall(path, layers[path], inputs, outputs))
        return outputs

    with left_as_found(model):
        _watched_call(model, inputs, layers, keep)
    return calls


def recorded_call(
    model: keras.Model, inputs: Any, layers: Mapping[str, Any], change: Callable[[Any], Any] = lambda outputs: outputs
) -> tuple[Any, dict[str, LayerCall]]:
    """Call a model in inference, and keep the calls of some of its layers.

    Args:
        model: The model.
        inputs: A batch.
        layers: Layers by name.
        change: What a layer returns goes through it before the next layer, and before it is kept.

    Returns:
        What the model returns, and the call of each layer.

    Raises:
        BadInput: A layer was not called, or several times.

    Example:
        >>> predicted, calls = recorded_call(model, x, {"logits": model.layers[-1]})
        >>> calls["logits"].outputs is predicted
        True
    """
    calls: dict[str, list[LayerCall]] = {name: [] for name in layers}

    def keep(name: str, inputs: Any, outputs: Any) -> Any:
        calls[name].append(LayerCall(name, layers[name], inputs, change(outputs)))
        return calls[name][-1].outputs

    predicted = _watched_call(model, inputs, layers, keep)
    for name, found in calls.items():
        if len(found) != 1:
            raise BadInput(
                "The model must call the layer exactly once: a layer that it calls several times has no one output. "
                f"Received: layer={name!r}, called {len(found)} times by {model.name!r}"
            )
    return predicted, {name: found[0] for name, found in calls.items()}


def _watched_call(model: keras.Model, inputs: Any, layers: Mapping[str, Any], watch: Callable[..., Any]) -> Any:
    if not model.built:
        # Keras may trace the layers in order to build them, which is no call that counts.
        model(inputs, training=False)
    with watched(layers, watch):
        return model(inputs, training=False)


@contextmanager
def watched(layers: Mapping[str, Any], watch: Callable[[str, Any, Any], Any]) -> Iterator[None]:
    """Within it, each layer returns `watch(name, inputs, outputs)` in place of its outputs.

    Example:
        >>> with watched({"logits": model.layers[-1]}, lambda name, inputs, outputs: 2 * outputs):
        ...     doubled = model(x)
    """

    def watching(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: watch(name, args[0] if args else kwargs, call(*args, **kwargs))

    with ExitStack() as stack:
        for name, layer in layers.items():
            stack.enter_context(_replaced_call(layer, partial(watching, name)))
        yield


@contextmanager
def inference(model: keras.Model) -> Iterator[None]:
    """For calls of a model that leave it as found, and whose recurrent layers are graphs: their loops are slow without.

    Example:
        >>> with inference(model):
        ...     outputs = model(x)
    """
    layers = {id(each): each for each in map(_inside, layers_by_path(model).values())}
    with ExitStack() as stack:
        stack.enter_context(left_as_found(model))
        for layer in layers.values():
            # Within another `inference` they are already.
            if isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional) and "call" not in vars(layer):
                stack.enter_context(_replaced_call(layer, as_graph))
        yield


@contextmanager
def left_as_found(model: keras.Model) -> Iterator[None]:
    """Puts statistics, seeds and the states of recurrent layers back, which some layers move in inference, too.

    Example:
        >>> with left_as_found(model):
        ...     outputs = model(x)
    """
    states = [getattr(layer, "states", None) for layer in layers_by_path(model).values()]
    kept = [each for each in keras.tree.flatten(states) if isinstance(each, keras.Variable)]
    found = [(each, np.array(each)) for each in [*model.non_trainable_variables, *kept]]
    try:
        yield
    finally:
        for variable, value in found:
            if not np.array_equal(np.array(variable), value):
                variable.assign(value)


@contextmanager
def _replaced_call(layer: Any, replace: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Iterator[None]:
    call, own = layer.call, vars(layer).get("call")
    # Past Keras's tracking of attributes.
    vars(layer)["call"] = wraps(call)(replace(call))
    try:
        yield
    finally:
        if own is None:
            del vars(layer)["call"]
        else:
            vars(layer)["call"] = own


def _inside(layer: Any) -> Any:
    # A Bidirectional's `layer` is only one of its two.
    is_wrapper = isinstance(layer, keras.layers.Wrapper) and not isinstance(layer, keras.layers.Bidirectional)
    return layer.layer if is_wrapper else layer
